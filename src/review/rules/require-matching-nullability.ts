import { placesIn } from "../code/places.ts";
import { parsePython } from "../code/python.ts";
import { lastNameOf, takesNone } from "../code/python-optional.ts";
import type { PythonArgument, PythonClass, PythonExpression, PythonStatement } from "../code/python-tree.ts";
import { isSet, settingsOf, tagValueOf } from "../gorm/tags.ts";
import { defineRule } from "../rule.ts";
import { say } from "../text.ts";
import type { CodeFile, Problem } from "../types.ts";

export default defineRule({
  summary: "Let a field and its column say the same of whether a value may be missing",
  why: "Code is checked against the field's type or its validation, rows against the column. Where the two part, either code meets a None that its type denies, or the database refuses what the code let through.",
  instead: "Type the field as one that may be missing, or make its column NOT NULL.",
  // Both are said on the same lines; of a type alone it is not known whether a value is ever missing.
  severity: "warning",
  ignoreWhen: "every row has a value, and the column stays nullable for older ones.",
  sources: [
    "SQLAlchemy documentation, ORM Declarative, Mapped Column: nullability from the annotation",
    "go-playground/validator README.md, omitempty",
  ],
  reads: (path, line) =>
    path.endsWith(".go") ? inTags(line) !== null : path.endsWith(".py") && words.test(line),
  check: {
    code: (file) => (file.path.endsWith(".go") ? ofGo(file) : ofPython(file)),
  },
});

const words = /\bMapped\[|\bnullable\s*=\s*(?:True|False)\b/;

/** A field of a struct whose tags let it be left out, and refuse NULL: GORM writes a nil pointer as NULL. */
function inTags(line: string): string | null {
  const [, field, tag = ""] = /^\s*(\w+)\s+\*[\w.]+\s+`([^`]*)`/.exec(line) ?? [];
  const column = settingsOf(tagValueOf(tag, "gorm"), ";");
  const rules = [tagValueOf(tag, "validate"), tagValueOf(tag, "binding")].flatMap((list) => list.split(","));
  const isFilled = ["DEFAULT", "PRIMARYKEY", "PRIMARY_KEY", "AUTOINCREMENT"].some((name) => column.has(name));
  const isRefused = isSet(column, "NOT NULL", "NOTNULL") && !isFilled && !column.has("-");
  return isRefused && rules.includes("omitempty") && !rules.some((rule) => /^required/.test(rule))
    ? (field ?? null)
    : null;
}

function ofGo({ path, text, added }: CodeFile): Problem[] {
  const lines = text.split("\n");
  return added.flatMap((line): Problem[] => {
    const field = inTags(lines[line - 1] ?? "");
    if (field === null) return [];
    return [
      {
        message: say`${field} may be left out by its validation, and its column refuses NULL: storing it without a value fails in the database.`,
        instead: say`Ask for it with ${"required"}, give the column a default, or let it be NULL.`,
        place: { path, line, endLine: line },
        object: field,
      },
    ];
  });
}

function ofPython({ path, text, added }: CodeFile): Problem[] {
  const module = parsePython(text);
  if (module.kind !== "module") return [];
  const placeOf = placesIn(path, text);
  return classesIn(module.body).flatMap((own) =>
    own.body.flatMap((statement): Problem[] => {
      const place = placeOf(statement.at);
      if (!added.some((line) => place.line <= line && line <= place.endLine)) return [];
      const parted = partedIn(statement, own);
      if (!parted) return [];
      const { field, isOptional } = parted;
      return [
        {
          message: isOptional
            ? say`${field} is typed as one that may be None, and its column refuses NULL: an INSERT without a value fails in the database.`
            : say`${field} is typed as one that is never None, and its column takes NULL: code that trusts the type fails on rows without a value.`,
          instead: isOptional
            ? say`Take None out of the type, or say ${"nullable=True"}.`
            : say`Say ${"| None"} in the type, or ${"nullable=False"}.`,
          place,
          object: `${own.name}.${field}`,
          severity: "info",
        },
      ];
    }),
  );
}

function classesIn(statements: readonly PythonStatement[]): PythonClass[] {
  return statements.flatMap((one) => (one.kind === "class" ? [one, ...classesIn(one.body)] : []));
}

/** A column whose type and whose `nullable` part; null where they do not, or one of them is not said. */
function partedIn(
  statement: PythonStatement,
  { bases }: PythonClass,
): { readonly field: string; readonly isOptional: boolean } | null {
  if (statement.kind !== "assign" || !statement.annotation || statement.value?.kind !== "call") return null;
  const [[target] = []] = statement.targets;
  const { callee, args } = statement.value;
  const word = lastNameOf(callee);
  // Only SQLModel's tables make columns of their fields.
  if (word === "Field" ? !isTrue(argumentIn(bases, "table")) : !/^(?:mapped_column|Column)$/.test(word ?? ""))
    return null;
  const inner = argumentIn(args, "sa_column");
  const said = inner?.kind === "call" ? [...args, ...inner.args] : args;
  const nullable = argumentIn(said, "nullable");
  const isOptional = takesNone(statement.annotation);
  if (target?.kind !== "name" || nullable?.kind !== "constant" || isOptional === null) return null;
  if (nullable.value === isOptional || isTrue(argumentIn(said, "primary_key"))) return null;
  // A default stands in where no value is given.
  return isOptional && defaults.some((name) => isGiven(argumentIn(said, name)))
    ? null
    : { field: target.name, isOptional };
}

const defaults = ["default", "default_factory", "insert_default", "server_default"];

function argumentIn(args: readonly PythonArgument[], name: string): PythonExpression | null {
  return args.find((argument) => argument.name === name)?.value ?? null;
}

function isTrue(value: PythonExpression | null): boolean {
  return value?.kind === "constant" && value.value === true;
}

function isGiven(value: PythonExpression | null): boolean {
  return value !== null && !(value.kind === "constant" && value.value === null);
}
