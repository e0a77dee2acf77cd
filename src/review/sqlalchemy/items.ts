import { type PythonCall, type PythonValue, pathOf } from "../code/python-values.ts";
import type { Dialect } from "../types.ts";
import { type Models, wordOf } from "./classes.ts";
import { metadataOf } from "./metadata.ts";

/** `Index(…).ddl_if(dialect="postgresql")`: what it is for this database; null where it is made for another. */
export function inDialect(item: PythonValue, dialect: Dialect): PythonValue | null {
  if (item.kind !== "call" || item.callee.kind !== "attribute" || item.callee.name !== "ddl_if") return item;
  const { named, positional } = item.args;
  const given = named.get("dialect") ?? positional[0];
  if (!given || named.has("callable_")) return item;
  const names = given.kind === "sequence" ? given.items : [given];
  const isMeant = names.some((each) => each.kind === "string" && each.value === dialect);
  return isMeant ? item.callee.object : null;
}

/** `sequence.next_value()`, the sequence with the schema that its metadata gives it. */
export function readySequence(value: PythonValue, models: Models): PythonValue {
  if (value.kind !== "call" || value.callee.kind !== "attribute" || value.callee.name !== "next_value")
    return value;
  const object = models.settle(value.callee.object);
  if (object.kind !== "call" || wordOf(object) !== "Sequence") return value;
  const { named } = object.args;
  const metadata = named.get("metadata");
  const schema = metadata && metadataOf(metadata, models)?.call?.args.named.get("schema");
  const own = schema && !named.has("schema") ? new Map([...named, ["schema", schema]]) : named;
  return {
    ...value,
    callee: { ...value.callee, object: { ...object, args: { ...object.args, named: own } } },
  };
}

/** Names of the columns that a constraint or an index is on. */
export function columnsIn({ args }: PythonCall, word: string | null): string[] {
  if (word === "CheckConstraint" || word === "ExcludeConstraint") return [];
  if (word === "ForeignKeyConstraint") {
    const [own] = args.positional;
    return own?.kind === "sequence"
      ? own.items.flatMap((each) => (each.kind === "string" ? [each.value] : []))
      : [];
  }
  return args.positional.slice(word === "Index" ? 1 : 0).flatMap(columnNames);
}

function columnNames(value: PythonValue): string[] {
  if (value.kind === "string") return [value.value];
  if (value.kind === "call" && pathOf(value.callee) === "sqlalchemy.column") {
    const [name] = value.args.positional;
    return name?.kind === "string" ? [name.value] : [];
  }
  return [];
}
