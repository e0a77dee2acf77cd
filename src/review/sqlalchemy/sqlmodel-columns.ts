import { describe } from "../code/python-run.ts";
import { isNone, type PythonValue, pathOf } from "../code/python-values.ts";
import type { Declared } from "../orm.ts";
import type { Span } from "../types.ts";
import { type Annotation, sqlalchemy, typeByAnnotation } from "./annotations.ts";
import { isColumnCall, lineageOf, type Models, type PythonClassValue, wordOf } from "./classes.ts";
import {
  type Around,
  attributesOf,
  type ClassColumns,
  columnCall,
  columnOf,
  innerColumns,
  isPrimary,
  isRelation,
  type ModelColumn,
} from "./columns.ts";

/** The columns of a SQLModel table: every field of the class and of what it inherits from, bases first. */
export function sqlmodelColumns(value: PythonClassValue, models: Models): ClassColumns {
  const { classes } = lineageOf(value, models);
  const found = new Map<string, ModelColumn | null>();
  const others = new Set<string>();
  const lost: { name: string; at: Span; reason: string }[] = [];
  for (const each of classes.toReversed()) {
    const module = models.moduleOf(each);
    if (!module) continue;
    for (const attribute of attributesOf(each, module, models)) {
      const { name, annotation, at } = attribute;
      if (name.startsWith("_") || name === "model_config" || name === "metadata") continue;
      const given = attribute.value ? models.settle(attribute.value) : null;
      const word = given ? wordOf(given) : null;
      if (word === "Relationship" || (given === null && isRelation(annotation ?? nothing, models))) continue;
      if (
        annotation &&
        /(^|\.)ClassVar$/.test(
          pathOf(annotation.type) ??
            (annotation.type.kind === "subscript" ? (pathOf(annotation.type.object) ?? "") : ""),
        )
      )
        continue;
      if (!annotation) {
        // A mixin's own columns, as SQLAlchemy's declarative classes have them.
        for (const call of given ? innerColumns(given) : [])
          found.set(name, columnOf(name, call, null, { map: [], models, module, at }));
        continue;
      }
      found.set(name, fieldColumn(name, given, annotation, { map: [], models, module, at }));
    }
  }
  const columns = [...found.values()].filter((column) => column !== null);
  return { columns, others, lost };
}

const nothing: Annotation = {
  type: { kind: "constant", value: null },
  keys: [],
  isMapped: false,
  isNullable: false,
  extras: [],
};

/** A field of Pydantic as SQLModel makes a column of it (`get_column_from_field`). */
function fieldColumn(
  name: string,
  given: PythonValue | null,
  annotation: Annotation,
  around: Around,
): ModelColumn {
  const { models, module, at } = around;
  const field =
    given?.kind === "call" && /(^|\.)Field$/.test(wordOf(given) ?? "")
      ? given
      : annotation.extras.map((extra) => models.settle(extra)).find((extra) => wordOf(extra) === "Field");
  const args =
    field?.kind === "call" ? field.args : { positional: [], named: new Map<string, PythonValue>() };
  const of = (key: string) => {
    const value = args.named.get(key);
    return value ? models.settle(value) : undefined;
  };
  const column = of("sa_column");
  if (column && isColumnCall(column) && column.kind === "call") {
    const made = columnOf(name, column, null, around);
    return { ...made, at, source: column };
  }
  const named = new Map<string, PythonValue>();
  for (const key of ["primary_key", "index", "unique"]) {
    const value = of(key);
    if (value) named.set(key, value);
  }
  const isKey = isPrimary(named);
  const fallback = field === undefined ? given : (args.named.get("default") ?? args.positional[0] ?? null);
  const nullable = of("nullable") ?? { kind: "constant", value: !isKey && annotation.isNullable };
  named.set("nullable", nullable);
  const factory = of("default_factory");
  if (factory && !isNone(factory)) named.set("default", factory);
  else if (fallback && !isNone(fallback) && !isEllipsis(fallback)) named.set("default", fallback);
  const items: PythonValue[] = [];
  const target = of("foreign_key");
  if (target && !isNone(target)) {
    const ondelete = of("ondelete");
    items.push({
      kind: "call",
      callee: sqlalchemy("ForeignKey"),
      args: { positional: [target], named: new Map(ondelete ? [["ondelete", ondelete]] : []) },
      at,
    });
  }
  const more = of("sa_column_args");
  if (more?.kind === "sequence") items.push(...more.items.map((item) => models.settle(item)));
  const keywords = of("sa_column_kwargs");
  if (keywords?.kind === "dict")
    for (const [key, value] of keywords.entries) if (key.kind === "string") named.set(key.value, value);
  const said = of("sa_type");
  const type = said ?? fieldType(annotation, args.named, models);
  const own = named.get("name");
  const unsaid: Declared["unsaid"][number][] = [];
  // A time's zone, and whether a field with None for its default is NULL, differ from one version to another.
  if (!said && type && /(^|\.)DateTime$/.test(pathOf(type) ?? "")) unsaid.push("type");
  if (fallback && isNone(fallback) && !annotation.isNullable && !of("nullable")) unsaid.push("nullability");
  return {
    key: name,
    name: own?.kind === "string" ? own.value : name,
    column: columnCall(own?.kind === "string" ? own.value : name, type, items, named),
    source: null,
    module,
    at,
    unsaid,
    problem: problemOf(column, more, type, annotation),
  };
}

function problemOf(
  column: PythonValue | undefined,
  items: PythonValue | undefined,
  type: PythonValue | null,
  annotation: Annotation,
): string | null {
  if (column) return `its column is ${describe(column)}, known only when it runs`;
  if (items && items.kind !== "sequence") return `it depends on ${describe(items)}, known only when it runs`;
  return type === null ? `no type is known for ${describe(annotation.type)}` : null;
}

function isEllipsis(value: PythonValue): boolean {
  return value.kind === "unknown" || (value.kind === "name" && value.path === "builtins.Ellipsis");
}

function fieldType(
  annotation: Annotation,
  named: ReadonlyMap<string, PythonValue>,
  models: Models,
): PythonValue | null {
  const path = pathOf(annotation.type) ?? "";
  const call = (
    word: string,
    args: readonly (readonly [string, PythonValue | undefined])[],
  ): PythonValue => ({
    kind: "call",
    callee: sqlalchemy(word),
    args: {
      positional: [],
      named: new Map(args.flatMap(([key, value]) => (value ? [[key, value] as const] : []))),
    },
    at: { start: 0, end: 0 },
  });
  if (
    /(^|\.)Literal$/.test(annotation.type.kind === "subscript" ? (pathOf(annotation.type.object) ?? "") : "")
  )
    return call("String", [["length", named.get("max_length")]]);
  if (/^ipaddress\.|^pathlib\.Path$|(^|\.)(EmailStr|AnyUrl|HttpUrl)$/.test(path))
    return call("String", [["length", named.get("max_length")]]);
  const type = typeByAnnotation(annotation, [], models);
  const word = type && (pathOf(type) ?? "").split(".").at(-1);
  if (word === "String") return call("String", [["length", named.get("max_length")]]);
  if (word === "Numeric")
    return call("Numeric", [
      ["precision", named.get("max_digits")],
      ["scale", named.get("decimal_places")],
    ]);
  return type;
}
