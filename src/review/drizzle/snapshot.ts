import { z } from "zod";
import type { Dialect, ModelStatement } from "../types.ts";
import { renderPostgresql } from "./render-postgresql.ts";
import { renderSqlite } from "./render-sqlite.ts";
import type { DrizzleSchema } from "./schema.ts";
import { entitiesSnapshot, schemaOfEntities } from "./snapshot-entities.ts";
import { schemaOfTables, tablesSnapshot } from "./snapshot-tables.ts";

/**
 * What builds a snapshot of Drizzle Kit in an empty database; why it is not known for one of a form that is not read, and null for
 * what is no snapshot, or one of another database.
 */
export function statementsOfSnapshot(
  text: string,
  dialect: Dialect,
): ModelStatement[] | { readonly skipped: string } | null {
  const json = jsonIn(text);
  const marked = marks.safeParse(json);
  if (!marked.success || dialects[marked.data.dialect] !== dialect) return null;
  const schema = schemaIn(json);
  if (!schema) return { skipped: skippedOf(marked.data) };
  return dialect === "sqlite" ? renderSqlite(schema) : renderPostgresql(schema);
}

/** What every version has. */
const marks = z.object({ version: z.string(), dialect: z.string(), type: z.string().optional() });

function skippedOf({ version, type }: z.output<typeof marks>): string {
  const reason =
    type === "diff"
      ? "it tells only what changed since the one before"
      : `snapshots of version ${version} in this form are not read`;
  return `this snapshot is not compared with the migrations: ${reason}`;
}

function schemaIn(json: unknown): DrizzleSchema | null {
  const byTable = tablesSnapshot.safeParse(json);
  if (byTable.success) return schemaOfTables(byTable.data);
  const listed = entitiesSnapshot.safeParse(json);
  return listed.success ? schemaOfEntities(listed.data) : null;
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

const dialects: Readonly<Record<string, Dialect>> = {
  postgresql: "postgresql",
  postgres: "postgresql",
  sqlite: "sqlite",
};
