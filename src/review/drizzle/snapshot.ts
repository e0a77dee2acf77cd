import { z } from "zod";
import type { Dialect, ModelStatement } from "../types.ts";
import { renderPostgresql } from "./render-postgresql.ts";
import { renderSqlite } from "./render-sqlite.ts";
import type { DrizzleSchema } from "./schema.ts";
import { wholeOf } from "./snapshot-deltas.ts";
import { entitiesSnapshot, schemaOfEntities } from "./snapshot-entities.ts";
import { schemaOfTables, tablesSnapshot } from "./snapshot-tables.ts";

/**
 * What builds a snapshot of Drizzle Kit in an empty database, with those before it where it tells only what changed; why it is
 * not known for one of a form that is not read, and null for what is no snapshot, or one of another database.
 */
export function statementsOfSnapshot(
  text: string,
  dialect: Dialect,
  before: readonly string[],
): ModelStatement[] | { readonly skipped: string } | null {
  const json = jsonIn(text);
  const marked = marks.safeParse(json);
  if (!marked.success || dialects[marked.data.dialect] !== dialect) return null;
  const whole = isDiff(marked.data) ? wholeOf([...before.map(jsonIn), json]) : null;
  if (whole && "skipped" in whole) return { skipped: notCompared(whole.skipped) };
  const schema = schemaIn(whole ? { ...marked.data, ...whole } : json);
  if (!schema)
    return { skipped: notCompared(`snapshots of version ${marked.data.version} in this form are not read`) };
  return dialect === "sqlite" ? renderSqlite(schema) : renderPostgresql(schema);
}

/** Whether a snapshot tells only what changed since the one before, as those of PostgreSQL do since Drizzle Kit 1.0.0-rc.5. */
export function isPartialSnapshot(text: string): boolean {
  // Most are whole, large, and need not be parsed for this.
  if (!/"type"\s*:\s*"diff"/.test(text)) return false;
  const marked = marks.safeParse(jsonIn(text));
  return marked.success && isDiff(marked.data);
}

/** What every version has. */
const marks = z.object({ version: z.string(), dialect: z.string(), type: z.string().optional() });

function isDiff({ type }: z.output<typeof marks>): boolean {
  return type === "diff";
}

function notCompared(reason: string): string {
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
