import { innerType } from "../alembic/own-types.ts";
import { unreadable } from "../alembic/unreadable.ts";
import { membersOf } from "../code/python-evaluate.ts";
import { describe, type Run } from "../code/python-run.ts";
import {
  type CallArguments,
  isNone,
  type PythonCall,
  type PythonValue,
  stringOf,
} from "../code/python-values.ts";
import { isEnum, lineageOf, type Models, memberOf, type PythonClassValue, wordOf } from "./classes.ts";

/** A type with what it leans on in the project followed one step; null when it is SQLAlchemy's own as it stands. */
export function followType(value: PythonValue, models: Models, supers: CallArguments[]): PythonValue | null {
  const settled = models.settle(value);
  if (settled !== value) return settled;
  if (settled.kind === "string") return null;
  if (settled.kind === "subscript") return models.settle(settled.object);
  if (settled.kind === "call") {
    const { callee, args } = settled;
    // `MutableDict.as_mutable(JSON)` changes nothing of what is stored.
    if (callee.kind === "attribute" && callee.name === "as_mutable") return args.positional[0] ?? null;
    if (callee.kind === "attribute" && callee.name === "evaluates_none") return callee.object;
    const own = models.settle(callee);
    if (own !== callee) return { ...settled, callee: own };
    if (/^(Enum|ENUM)$/.test(wordOf(settled) ?? "")) return enumOf(settled, models);
  }
  const type = settled.kind === "call" ? settled.callee : settled;
  if (type.kind !== "class") return null;
  const run = models.moduleOf(type)?.run;
  if (!run) return null;
  if (isEnum(type, models))
    return unreadable(`${type.definition.name} is an enumeration, and no type of a column`);
  return classType(settled, type, run, models, supers);
}

function classType(
  value: PythonValue,
  type: PythonClassValue,
  run: Run,
  models: Models,
  supers: CallArguments[],
): PythonValue {
  const name = type.definition.name;
  if (new RegExp(`@compiles\\(\\s*${name}\\b`).test(models.moduleOf(type)?.text ?? ""))
    return unreadable(`a function says what the type ${name} is called`);
  const made = memberOf(type, "__init__", models);
  let args: CallArguments = value.kind === "call" ? value.args : { positional: [], named: new Map() };
  if (made?.kind === "function") {
    const text = models.moduleOf(type)?.text ?? "";
    const { start, end } = made.definition.at;
    if (/self\.impl\s*=/.test(text.slice(start, end)))
      return unreadable(`the type ${name} chooses what it stores when it is made`);
    supers.length = 0;
    run.callOwn(made, { ...args, positional: [value, ...args.positional] }, made.definition.at);
    args = supers[0] ?? { positional: [], named: new Map() };
  }
  const spec = memberOf(type, "get_col_spec", models);
  if (spec?.kind === "function") {
    const given = models.call(spec, [value], run);
    if (given.kind !== "string") return unreadable(`the type ${name} says what it stores only when it runs`);
    return given;
  }
  const members = new Map(
    ["load_dialect_impl", "impl"].flatMap((word) => {
      const found = memberOf(type, word, models);
      return found ? [[word, found] as const] : [];
    }),
  );
  const asked: PythonCall = {
    kind: "call",
    callee: { ...type, members: { names: members, parent: type.scope } },
    args,
    at: type.definition.at,
  };
  const inner = innerType(asked, run);
  if (inner) return models.settle(inner);
  const base = lineageOf(type, models).outside.find(
    (each) => !/TypeDecorator|UserDefinedType|^builtins|^typing/.test(describe(each)),
  );
  return base ? { ...asked, callee: base } : unreadable(`what the type ${name} stores could not be read`);
}

/** `Enum(Status, values_callable=…)` with its labels written out; null when they are already. */
function enumOf(call: PythonCall, models: Models): PythonCall | null {
  const { positional, named } = call.args;
  const [first] = positional.map((each) => models.settle(each));
  const metadata = named.get("metadata");
  if (first?.kind !== "class" && !metadata)
    return first === positional[0] ? null : withEnum(call, first ? [first] : [], named);
  const others = new Map(
    [...named].filter(
      ([key]) =>
        !/^(values_callable|metadata|validate_strings|omit_aliases|create_constraint_name)$/.test(key),
    ),
  );
  if (first?.kind !== "class") return withEnum(call, positional, others);
  const given = named.get("values_callable");
  const labels = given && !isNone(given) ? valuesOf(first, models.settle(given), models) : namesOf(first);
  if (!named.has("name") || isNone(named.get("name")))
    others.set("name", stringOf(first.definition.name.toLowerCase()));
  return withEnum(call, labels.map(stringOf), others);
}

function withEnum(
  call: PythonCall,
  positional: readonly PythonValue[],
  named: ReadonlyMap<string, PythonValue>,
): PythonCall {
  return { ...call, args: { positional, named } };
}

function namesOf(type: PythonClassValue): string[] {
  return membersOf(type).map(([name]) => name);
}

/** What a callable makes of the members: mostly their values. */
function valuesOf(type: PythonClassValue, callable: PythonValue, models: Models): string[] {
  const run = models.moduleOf(type)?.run;
  const given = run && models.call(callable, [type], run);
  const items = given?.kind === "sequence" ? given.items : null;
  if (!items) return unreadable(`the labels of ${type.definition.name} are known only when it runs`);
  return items.map((item) => {
    if (item.kind === "string") return item.value;
    // `auto()` of a StrEnum is the name in lower case; of others it is a number.
    const member = membersOf(type).find(([, value]) => value === item)?.[0];
    const isText = lineageOf(type, models).outside.some((base) => /StrEnum$/.test(describe(base)));
    if (member !== undefined && isText && wordOf(item) === "auto") return member.toLowerCase();
    return unreadable(`a label of ${type.definition.name} is known only when it runs`);
  });
}
