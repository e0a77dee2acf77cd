import { calleeOf, isNone, type PythonCall, type PythonValue } from "../code/python-values.ts";
import type { Context } from "./context.ts";
import { literal, stringIn, type TableRef, tableSql } from "./names.ts";
import { isFalse, isTrue, numberIn, typeOf } from "./types.ts";

type Words = readonly (PythonValue | undefined)[];

/** Words of a sequence or an identity, in the order of SQLAlchemy's compiler (sqlalchemy/sql/compiler.py, get_identity_options). */
function optionsSql(named: ReadonlyMap<string, PythonValue>, positional: Words): string {
  const [start, increment, minvalue, maxvalue, nominvalue, nomaxvalue, cycle] = positional;
  const options = [
    [named.get("increment") ?? increment, "INCREMENT BY"],
    [named.get("start") ?? start, "START WITH"],
    [named.get("minvalue") ?? minvalue, "MINVALUE"],
    [named.get("maxvalue") ?? maxvalue, "MAXVALUE"],
  ] as const;
  const cycles = named.get("cycle") ?? cycle;
  const cache = numberIn(named.get("cache"));
  return [
    ...options.flatMap(([value, word]) => {
      const number = numberIn(value);
      return number === null ? [] : [`${word} ${number}`];
    }),
    ...(isTrue(named.get("nominvalue") ?? nominvalue) ? ["NO MINVALUE"] : []),
    ...(isTrue(named.get("nomaxvalue") ?? nomaxvalue) ? ["NO MAXVALUE"] : []),
    ...(cache === null ? [] : [`CACHE ${cache}`]),
    ...(isTrue(cycles) ? ["CYCLE"] : []),
    ...(isFalse(cycles) ? ["NO CYCLE"] : []),
  ].join(" ");
}

/** `sa.Identity(…)` (PostgreSQL documentation, CREATE TABLE). */
export function identitySql({ args }: PythonCall): string {
  const { named, positional } = args;
  const always = isTrue(named.get("always") ?? positional[0]);
  const options = optionsSql(named, positional.slice(2));
  return `GENERATED ${always ? "ALWAYS" : "BY DEFAULT"} AS IDENTITY${options === "" ? "" : ` (${options})`}`;
}

/** The name of `Sequence("order_ids", schema="shop")`, or of the schema that its metadata has. */
export function sequenceRef({ args }: PythonCall, schema: string | null): TableRef {
  const given = args.named.get("schema");
  return {
    name: stringIn(args.named.get("name") ?? args.positional[0], "a sequence's name"),
    schema: given && !isNone(given) ? stringIn(given, "a schema") : schema,
  };
}

/** CREATE SEQUENCE for a `Sequence`. */
export function createSequenceSql(call: PythonCall, schema: string | null, context: Context): string {
  const { named, positional } = call.args;
  const type = named.get("data_type");
  const options = optionsSql(named, positional.slice(1));
  return [
    `CREATE SEQUENCE ${tableSql(sequenceRef(call, schema))}`,
    ...(type && !isNone(type) ? [`AS ${typeOf(type, context).sql}`] : []),
    ...(options === "" ? [] : [options]),
  ].join(" ");
}

/** `CreateSequence(Sequence("order_ids"))`, or what drops it; null for anything else. */
export function sequenceChangeSql(value: PythonValue, context: Context): string | null {
  const verb = calleeOf(value);
  if (value.kind !== "call" || (verb !== "CreateSequence" && verb !== "DropSequence")) return null;
  const { positional, named } = value.args;
  const sequence = positional[0] ?? named.get("element");
  if (sequence?.kind !== "call" || calleeOf(sequence) !== "Sequence") return null;
  const sql =
    verb === "CreateSequence"
      ? createSequenceSql(sequence, null, context)
      : `DROP SEQUENCE ${tableSql(sequenceRef(sequence, null))}`;
  const word = verb === "CreateSequence" ? "IF NOT EXISTS" : "IF EXISTS";
  const isChecked = isTrue(named.get(word.toLowerCase().replaceAll(" ", "_")));
  return isChecked ? sql.replace(" SEQUENCE ", ` SEQUENCE ${word} `) : sql;
}

/** `sequence.next_value()` */
export function nextValueSql(sequence: PythonCall): string {
  return `nextval(${literal(tableSql(sequenceRef(sequence, null)))})`;
}
