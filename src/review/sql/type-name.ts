import type { Node, TypeName } from "@pgsql/types";
import { quoteIdentifier } from "./names.ts";
import { constantOf, stringOf, stringsOf } from "./tree.ts";

/** A type as PostgreSQL prints it, e.g. "character varying(20)", "integer[]", "billing.status" (documentation, table 8.1). */
export function typeText(type: TypeName | undefined): string {
  if (!type) return "";
  const names = stringsOf(type.names);
  const own = names.at(-1) ?? "";
  const schema = names.at(-2);
  const array = (type.arrayBounds ?? []).length > 0 ? "[]" : "";
  const serial = schema === undefined ? serials[own] : undefined;
  const builtIn = schema === undefined || schema === "pg_catalog" ? standard[own] : undefined;
  if (serial !== undefined) return serial + array;
  // Only with quotes is "char" the one-byte type of the catalogs.
  if (own === "char") return `"char"${array}`;
  if (own === "interval" && schema === "pg_catalog") return intervalText(type.typmods ?? []) + array;
  return withModifiers(builtIn ?? userType(schema, own), modifiersOf(own, type.typmods ?? [])) + array;
}

/** Whether it is smallserial, serial or bigserial: an integer with a sequence as its default (section 8.1.4). */
export function isSerial(type: TypeName | undefined): boolean {
  const names = stringsOf(type?.names);
  return names.length === 1 && Object.hasOwn(serials, names[0] ?? "");
}

const serials: Readonly<Record<string, string>> = {
  smallserial: "smallint",
  serial2: "smallint",
  serial: "integer",
  serial4: "integer",
  bigserial: "bigint",
  serial8: "bigint",
};

const standard: Readonly<Record<string, string>> = {
  int2: "smallint",
  int4: "integer",
  int8: "bigint",
  float4: "real",
  float8: "double precision",
  bool: "boolean",
  varchar: "character varying",
  bpchar: "character",
  varbit: "bit varying",
  timestamptz: "timestamp with time zone",
  timestamp: "timestamp without time zone",
  timetz: "time with time zone",
  time: "time without time zone",
};

function userType(schema: string | undefined, own: string): string {
  if (schema === undefined && /^[a-z_][a-z0-9_$]*$/.test(own)) return own;
  if (schema === "pg_catalog") return own;
  return schema === undefined || schema === "public"
    ? quoteIdentifier(own)
    : `${quoteIdentifier(schema)}.${quoteIdentifier(own)}`;
}

function modifiersOf(own: string, typmods: readonly Node[]): string[] {
  const values = typmods.flatMap((node) => constantOf(node) ?? columnName(node) ?? []);
  // numeric(10) is numeric(10,0).
  return own === "numeric" && values.length === 1 ? [...values, "0"] : values;
}

/** geometry(Point, 4326): a bare word is parsed as a column. */
function columnName(node: Node): string | undefined {
  return "ColumnRef" in node ? stringOf(node.ColumnRef.fields?.at(-1)) : undefined;
}

function withModifiers(base: string, modifiers: readonly string[]): string {
  if (modifiers.length === 0) return base === "character" ? "bpchar" : base;
  const list = `(${modifiers.join(",")})`;
  const zone = /^(?:time|timestamp)(?= with)/.exec(base);
  return zone ? `${zone[0]}${list}${base.slice(zone[0].length)}` : `${base}${list}`;
}

const intervalFields: readonly (readonly [bit: number, name: string])[] = [
  [1 << 2, "year"],
  [1 << 1, "month"],
  [1 << 3, "day"],
  [1 << 10, "hour"],
  [1 << 11, "minute"],
  [1 << 12, "second"],
];

/** interval day to second(3): the parser gives the fields as bits, all of them set when none are named. */
function intervalText(typmods: readonly Node[]): string {
  const [mask, precision] = typmods.map((node) => Number(constantOf(node)));
  const digits = precision === undefined ? "" : `(${precision})`;
  if (mask === undefined || mask === 0x7fff) return `interval${digits}`;
  const fields = intervalFields.filter(([bit]) => (mask & bit) !== 0).map(([, name]) => name);
  const range = [...new Set([fields[0], fields.at(-1)])].join(" to ");
  return `interval ${range}${digits}`;
}
