import type { Node, TypeName } from "@pgsql/types";
import { quoteIdentifier } from "./names.ts";

/** Short and internal names of types, as format_type() prints them (documentation, table 8.1). */
const standard: Readonly<Record<string, string>> = {
  int: "integer",
  int2: "smallint",
  int4: "integer",
  int8: "bigint",
  float4: "real",
  float8: "double precision",
  bool: "boolean",
  varchar: "character varying",
  bpchar: "character",
  char: "character",
  decimal: "numeric",
  varbit: "bit varying",
  timestamptz: "timestamp with time zone",
  timestamp: "timestamp without time zone",
  timetz: "time with time zone",
  time: "time without time zone",
};

/** The type as PostgreSQL prints it, e.g. "character varying(20)", "integer[]", "billing.status". */
export function typeText(type: TypeName | undefined): string {
  if (!type) return "";
  const names = (type.names ?? []).flatMap((node) => stringOf(node) ?? []);
  const schema = names.length > 1 ? names.at(-2) : undefined;
  const own = names.at(-1) ?? "";
  const builtIn = schema === undefined || schema === "pg_catalog";
  const base = (builtIn ? standard[own] : undefined) ?? (builtIn ? own : `${quoteIdentifier(schema)}.${own}`);
  return `${withModifiers(base, type)}${"[]".repeat(type.arrayBounds?.length ?? 0)}`;
}

/** The text of a String node. */
export function stringOf(node: Node | undefined): string | undefined {
  return node && "String" in node ? (node.String.sval ?? "") : undefined;
}

function withModifiers(base: string, type: TypeName): string {
  const numbers = (type.typmods ?? []).flatMap((node) =>
    "A_Const" in node && node.A_Const.ival ? [node.A_Const.ival.ival ?? 0] : [],
  );
  if (numbers.length === 0 || base === "interval") return base;
  const list = `(${numbers.join(",")})`;
  const space = base.indexOf(" with");
  return space > 0 && base.startsWith("time")
    ? `${base.slice(0, space)}${list}${base.slice(space)}`
    : `${base}${list}`;
}
