import { lastPart, namesMadeBy } from "../review/made.ts";
import type { Script, TableName } from "../review/types.ts";
import type { Catalog } from "./catalog.ts";
import type { SqlError } from "./engine.ts";

interface Place {
  readonly script: Script;
  /** What was there before the script. */
  readonly catalog: Catalog;
  /** Tables that the change creates. */
  readonly own: ReadonlySet<TableName>;
}

/** A schema, or what is in one, that is not there (documentation, appendix A). */
const missing = new Set(["3F000", "42P01", "42704"]);

/**
 * Why a statement that misses a schema says nothing: nobody makes it, and the statement names in it a table that is there without
 * one. A setting of the connection, which no migration tells (search_path, Flyway's schemas, node-pg-migrate's --schema), puts it
 * there in production. Null when that is not so.
 */
export function homeSchemaOf({ code, message }: SqlError, sql: string, place: Place): string | null {
  const schema =
    /^schema "([^"]+)"/.exec(message)?.[1] ?? /^(?:relation|type) "([^".]+)\./.exec(message)?.[1];
  if (!missing.has(code) || schema === undefined || isMade(schema, place)) return null;
  const named = [...sql.matchAll(/"?([\w$]+)"?\s*\.\s*"?([\w$]+)"?/g)];
  const isHome = named.some(
    ([, home = "", table = ""]) => home.toLowerCase() === schema && isThere(table, place),
  );
  return isHome
    ? `it needs the schema ${schema}, into which a setting of the connection seems to put what is made without one (${message})`
    : null;
}

function isMade(schema: string, { catalog, script }: Place): boolean {
  return catalog.has(`schema ${schema}`) || namesMadeBy([script]).includes(schema);
}

function isThere(table: string, { catalog, own }: Place): boolean {
  const name = lastPart(table);
  return own.has(name) || catalog.has(`table ${name}`);
}
