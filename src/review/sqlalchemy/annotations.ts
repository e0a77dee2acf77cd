import { parsePython } from "../code/python.ts";
import type { LoadedModule } from "../code/python-modules.ts";
import type { PythonExpression } from "../code/python-tree.ts";
import {
  calleeOf,
  isNone,
  type PythonCall,
  type PythonValue,
  pathOf,
  type Scope,
  stringOf,
} from "../code/python-values.ts";
import { isEnum, lineageOf, type Models, type PythonClassValue } from "./classes.ts";

/** What the type behind a colon says of a column. */
export interface Annotation {
  /** The type as it is written, without `Mapped[…]`, `Optional[…]` and `| None`. */
  readonly type: PythonValue;
  /** What was written around it, nearest to the attribute first: keys of a `type_annotation_map`. */
  readonly keys: readonly PythonValue[];
  readonly isMapped: boolean;
  readonly isNullable: boolean;
  /** What `Annotated[…]` brings along. */
  readonly extras: readonly PythonValue[];
}

/** Reads the type of an attribute. */
export function readAnnotation(
  expression: PythonExpression,
  scope: Scope,
  module: LoadedModule,
  models: Models,
): Annotation {
  const read = (text: string): PythonValue | null => {
    const parsed = parsePython(`${text.trim()}\n`);
    const [only] = parsed.kind === "module" ? parsed.body : [];
    return only?.kind === "expression" ? module.run.evaluate(only.value, scope) : null;
  };
  return unwrap(module.run.evaluate(expression, scope), read, models);
}

function unwrap(value: PythonValue, read: (text: string) => PythonValue | null, models: Models): Annotation {
  let at = value;
  let isMapped = false;
  let isNullable = false;
  const extras: PythonValue[] = [];
  const keys: PythonValue[] = [];
  for (let step = 0; step < 20; step += 1) {
    at = models.settle(at);
    if (at.kind === "string") {
      const parsed = read(at.value);
      if (!parsed) break;
      at = parsed;
      continue;
    }
    if (at.kind === "subscript") {
      const word = (pathOf(models.settle(at.object)) ?? "").split(".").at(-1) ?? "";
      const items = at.index.kind === "sequence" ? at.index.items : [at.index];
      if (/^(Mapped|MappedColumn|DynamicMapped|WriteOnlyMapped|Named|Column)$/.test(word)) {
        // `Column[…]` counts in the `TypedColumns` of a `Table` alone.
        if (word !== "Column") isMapped = true;
        at = at.index;
        continue;
      }
      if (word === "Final" || word === "ClassVar") break;
      const filled = genericAlias(models.settle(at.object), at.index, models);
      if (filled) {
        at = filled;
        continue;
      }
      if (word === "Optional") {
        isNullable = true;
        keys.push(at);
        at = at.index;
        continue;
      }
      if (word === "Annotated") {
        const [first, ...rest] = items;
        keys.push(at);
        extras.push(...rest);
        if (!first) break;
        at = first;
        continue;
      }
      if (word === "Union") {
        const others = items.filter((item) => !isNone(item));
        if (others.length < items.length) isNullable = true;
        const [only] = others;
        if (others.length !== 1 || !only) break;
        keys.push(at);
        at = only;
        continue;
      }
    }
    if (at.kind === "operation" && at.operator === "|" && at.left) {
      const parts = partsOf(at);
      const others = parts.filter((part) => !isNone(part));
      if (others.length < parts.length) isNullable = true;
      const [only] = others;
      keys.push(at);
      if (others.length !== 1 || !only) break;
      at = only;
      continue;
    }
    if (at.kind === "call" && calleeOf(at) === "NewType" && at.args.positional[1]) {
      keys.push(at);
      at = at.args.positional[1];
      continue;
    }
    break;
  }
  return { type: at, keys, isMapped, isNullable, extras };
}

/** `PrimaryKey[int]`, where `PrimaryKey` is `Annotated[T, …]` of a type variable. */
function genericAlias(alias: PythonValue, index: PythonValue, models: Models): PythonValue | null {
  if (alias.kind !== "subscript" || !/(^|\.)Annotated$/.test(pathOf(models.settle(alias.object)) ?? ""))
    return null;
  const items = alias.index.kind === "sequence" ? alias.index.items : [alias.index];
  const [first, ...rest] = items;
  if (first === undefined || calleeOf(models.settle(first)) !== "TypeVar") return null;
  return { ...alias, index: { kind: "sequence", type: "tuple", items: [index, ...rest] } };
}

function partsOf(value: PythonValue): PythonValue[] {
  if (value.kind !== "operation" || value.operator !== "|" || !value.left) return [value];
  return [...partsOf(value.left), ...partsOf(value.right)];
}

/** What SQLAlchemy takes for a Python type where nothing else is said ("Mapped Column Derives the Datatype and Nullability"). */
const usual: Readonly<Record<string, string>> = {
  "builtins.bool": "Boolean",
  "builtins.bytes": "LargeBinary",
  "datetime.date": "Date",
  "datetime.datetime": "DateTime",
  "datetime.time": "Time",
  "datetime.timedelta": "Interval",
  "decimal.Decimal": "Numeric",
  "builtins.float": "Float",
  "builtins.int": "Integer",
  "builtins.str": "String",
  "uuid.UUID": "Uuid",
};

/** Pairs of a `type_annotation_map`, nearest base first. */
export type TypeMap = readonly (readonly [PythonValue, PythonValue])[];

/** The type of a column by its annotation; null when it is none that is known. */
export function typeByAnnotation(
  { type, keys }: Annotation,
  map: TypeMap,
  models: Models,
): PythonValue | null {
  const mapped = [...keys, type].flatMap((key) =>
    map.filter(([one]) => isSameType(one, key, models)).slice(0, 1),
  )[0];
  if (mapped) return ofWhat(mapped[1], type, models);
  if (type.kind === "subscript" && (pathOf(type.object) ?? "").endsWith("Literal"))
    return literalType(type.index);
  if (type.kind === "class") {
    if (isEnum(type, models)) return enumType(type, map, models);
    for (const each of lineageOf(type, models).classes) {
      const own = map.find(([one]) => isSameType(one, each, models));
      if (own) return own[1];
    }
    return (
      lineageOf(type, models)
        .outside.map((base) => byPath(base, map, models))
        .find((found) => found !== null) ?? null
    );
  }
  return byPath(type, map, models);
}

/** `Enum(enum.Enum)` beside one type in a `type_annotation_map` stands for that type's own. */
function ofWhat(given: PythonValue, type: PythonValue, models: Models): PythonValue {
  if (given.kind !== "call" || calleeOf(given) !== "Enum" || type.kind !== "class") return given;
  const [first] = given.args.positional;
  return first && isAnyEnum(first, models) ? enumCall([type], given.args.named) : given;
}

function isAnyEnum(value: PythonValue, models: Models): boolean {
  return /(^|\.)(Str|Int)?Enum$/.test(pathOf(models.settle(value)) ?? "");
}

function byPath(type: PythonValue, map: TypeMap, models: Models): PythonValue | null {
  const own = map.find(([one]) => isSameType(one, type, models));
  if (own) return own[1];
  const word = usual[pathOf(type) ?? ""];
  return word === undefined ? null : sqlalchemy(word);
}

/** A name of SQLAlchemy. */
export function sqlalchemy(word: string): PythonValue {
  return { kind: "name", path: `sqlalchemy.${word}` };
}

function enumType(type: PythonClassValue, map: TypeMap, models: Models): PythonValue {
  const general = map.find(([one]) => isAnyEnum(one, models))?.[1];
  const named = general?.kind === "call" ? general.args.named : new Map<string, PythonValue>();
  return enumCall([type], named);
}

function enumCall(positional: readonly PythonValue[], named: ReadonlyMap<string, PythonValue>): PythonCall {
  return { kind: "call", callee: sqlalchemy("Enum"), args: { positional, named }, at: { start: 0, end: 0 } };
}

/** `Literal["a", "b"]` is a text with room for the longest. */
function literalType(index: PythonValue): PythonValue {
  const items = index.kind === "sequence" ? index.items : [index];
  return enumCall(items, new Map([["native_enum", { kind: "constant", value: false }]]));
}

/** Whether two types are written alike. */
function isSameType(a: PythonValue, b: PythonValue, models: Models): boolean {
  const [one, other] = [models.settle(a), models.settle(b)];
  if (one === other) return true;
  if (one.kind === "class" && other.kind === "class") return one.definition === other.definition;
  const path = pathOf(one);
  if (path !== null) return path === pathOf(other);
  const parts = unionParts(one, models);
  if (parts) {
    const others = unionParts(other, models) ?? [];
    const isIn = (list: readonly PythonValue[]) => (part: PythonValue) =>
      list.some((each) => isSameType(each, part, models));
    return parts.length === others.length && parts.every(isIn(others)) && others.every(isIn(parts));
  }
  if (one.kind === "subscript" && other.kind === "subscript")
    return isSameType(one.object, other.object, models) && isSameType(one.index, other.index, models);
  if (one.kind === "sequence" && other.kind === "sequence")
    return (
      one.items.length === other.items.length &&
      one.items.every((item, i) => isSameType(item, other.items[i] ?? stringOf(""), models))
    );
  return one.kind === other.kind && "value" in one && "value" in other && one.value === other.value;
}

/** The types of `A | B | None`, `Union[A, B]` and `Optional[A]` but for None; null for what is none of them. */
function unionParts(value: PythonValue, models: Models): readonly PythonValue[] | null {
  if (value.kind === "operation" && value.operator === "|")
    return partsOf(value).filter((part) => !isNone(part));
  if (value.kind !== "subscript") return null;
  if (!/(^|\.)(Union|Optional)$/.test(pathOf(models.settle(value.object)) ?? "")) return null;
  const items = value.index.kind === "sequence" ? value.index.items : [value.index];
  return items.filter((part) => !isNone(part));
}
