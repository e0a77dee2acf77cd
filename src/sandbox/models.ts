import { modelChangesOf } from "../review/model-changes.ts";
import { orms } from "../review/orms/index.ts";
import { readScript } from "../review/script.ts";
import { quoteTable } from "../review/sql/names.ts";
import type {
  Database,
  Dialect,
  ModelRun,
  ModelSchema,
  ModelStatement,
  Models,
  Schema,
} from "../review/types.ts";
import { readCatalog } from "./catalog.ts";
import { aside } from "./catalog-sql.ts";
import { type Checkpoint, EngineLost, type SqlError } from "./engine.ts";
import type { KeyOf, ModelMemory } from "./kept-models.ts";
import type { PrismaAnswers } from "./prisma/messages.ts";
import { type PrismaProcess, renderPrisma } from "./prisma/render.ts";
import { schemaOf } from "./schema.ts";
import type { Session } from "./session.ts";
import { partedOf } from "./shared-models.ts";

/** What builds the models of one side; or why that is not known. */
type RenderedSide = { readonly statements: readonly ModelStatement[] } | { readonly refused: string };

/** What builds the models of both sides, in an empty database. */
export interface RenderedModels {
  readonly base: RenderedSide;
  readonly head: RenderedSide;
}

/** What is built beside the migrated database: the models, and what the tool's own snapshots tell. */
export interface Rendered {
  readonly models: RenderedModels | null;
  readonly snapshots: RenderedModels | null;
}

/** What was built so. */
export interface Built {
  readonly models: ModelRun | null;
  readonly snapshots: ModelRun | null;
}

/** Begins to work out what is to be built, while the database is at other work; null when there is nothing. */
export function renderBeside(
  database: Database,
  startPrisma: () => Promise<PrismaProcess>,
): Promise<Rendered> | null {
  const models = renderModels(database, startPrisma);
  const { snapshots } = database;
  if (models === null && snapshots === null) return null;
  const told = snapshots && {
    base: { statements: snapshots.statements.base },
    head: { statements: snapshots.statements.head },
  };
  return Promise.resolve(models).then((rendered) => ({ models: rendered, snapshots: told }));
}

/**
 * Builds what there is of both sides, the models first: what builds the same is built once. `build` is told what the other side
 * is built of as well. An engine that is lost takes nothing of
 * what was built before it.
 */
export async function buildEach(
  { models, snapshots }: Rendered,
  build: (statements: readonly ModelStatement[], others: readonly ModelStatement[]) => Promise<ModelSchema>,
): Promise<Built> {
  const known = new Map<string, ModelSchema>();
  const buildOnce = async (side: RenderedSide, other: RenderedSide): Promise<ModelSchema> => {
    if ("refused" in side) return { kind: "not-built", reason: side.refused };
    const key = JSON.stringify(side.statements);
    const others = "refused" in other ? [] : other.statements;
    const built = known.get(key) ?? (await build(side.statements, others));
    known.set(key, built);
    return built;
  };
  const buildPair = async ({ base, head }: RenderedModels): Promise<ModelRun> => {
    try {
      return { head: await buildOnce(head, base), base: await buildOnce(base, head), rewrites: [] };
    } catch (cause) {
      if (!(cause instanceof EngineLost)) throw cause;
      const lost: ModelSchema = { kind: "not-built", reason: cause.message };
      return { base: lost, head: lost, rewrites: [] };
    }
  };
  const built = models && (await buildPair(models));
  return { models: built, snapshots: snapshots && (await buildPair(snapshots)) };
}

/** null when there are none. */
function renderModels(
  { models, dialect }: Database,
  startPrisma: () => Promise<PrismaProcess>,
): Promise<RenderedModels> | null {
  if (models === null) return null;
  const { statements } = models;
  if (statements === null) return renderByEngine(models, dialect, startPrisma);
  return Promise.resolve({ base: { statements: statements.base }, head: { statements: statements.head } });
}

async function renderByEngine(
  models: Models,
  dialect: Dialect,
  startPrisma: () => Promise<PrismaProcess>,
): Promise<RenderedModels> {
  const { base, head } = await renderPrisma(models, dialect, startPrisma);
  const rendered = split(head, dialect);
  return { head: rendered, base: base === head ? rendered : split(base, dialect) };
}

function split(rendered: PrismaAnswers["render"], dialect: Dialect): RenderedSide {
  if ("refused" in rendered) return rendered;
  const whole = { start: 0, end: rendered.sql.length };
  const { statements } = readScript("model.sql", rendered.sql, "autocommit", whole, dialect);
  return {
    statements: statements.map(({ sql, operations: [first] }) => ({
      table: first && "table" in first ? first.table : null,
      sql,
    })),
  };
}

/**
 * The schemas that models and snapshots build, read as every other schema is. Each is made beside what the migrations left, which is
 * moved out of the way, so that types of its extensions are there. What is known is not built. The database is not put back:
 * this is the last that is asked of it.
 */
export async function buildBeside(
  session: Session,
  rendered: Rendered,
  database: Database,
  { memory, keyOf }: { readonly memory: ModelMemory; readonly keyOf: KeyOf },
): Promise<Built> {
  let migrated: Checkpoint | null = null;
  let half: { readonly key: string; readonly path: string; readonly checkpoint: Checkpoint } | null = null;
  const buildAnew = async (
    statements: readonly ModelStatement[],
    others: readonly ModelStatement[],
  ): Promise<ModelSchema> => {
    const { shared, own } = partedOf(statements, others);
    const key = JSON.stringify(shared);
    if (half?.key === key) {
      await session.restore(half.checkpoint);
      await session.ask(half.path);
      return build(session, own);
    }
    if (migrated) await session.restore(migrated);
    else await session.reset();
    migrated ??= await session.checkpoint();
    const { path, error } = await clear(session);
    if (error) return { kind: "not-built", reason: error.message };
    const isParted = shared.length > 0 && own.length > 0;
    if (isParted && (await runTogether(session, shared))) {
      half = { key, path, checkpoint: await session.checkpoint() };
      return build(session, own);
    }
    return build(session, statements);
  };
  // Where the database is asked afterwards, it has to hold what the base side's build.
  const isKept = !database.models?.isPushed;
  const knownOf = (statements: readonly ModelStatement[]) => {
    const key = isKept ? keyOf(statements) : null;
    return { key, schema: key === null ? null : (memory.get(key) ?? null) };
  };
  const built = await buildEach(rendered, async (statements, others) => {
    const { key, schema: known } = knownOf(statements);
    if (known) return known;
    const isAlone = others.length === 0 || knownOf(others).schema !== null;
    const schema = await buildAnew(statements, isAlone ? [] : others);
    if (key !== null && schema.kind === "built") memory.set(key, schema);
    return schema;
  });
  const { models } = built;
  if (models?.base.kind !== "built" || models.head.kind !== "built") return built;
  return { ...built, models: { ...models, rewrites: await rewritesOf(session, database, models) } };
}

/**
 * What of the new types of columns makes PostgreSQL write their tables anew, where what brings the models sends a statement for it:
 * each is sent to what the base side's models built, which was built last.
 */
async function rewritesOf(session: Session, database: Database, models: ModelRun): Promise<string[]> {
  const push = database.models && orms[database.models.orm]?.push;
  if (!push || database.dialect !== "postgresql") return [];
  const rewrites: string[] = [];
  for (const change of modelChangesOf(database, { models })) {
    const sql = change.kind === "type" && !push.leavesOut(change) ? push.retype(change) : null;
    if (sql === null) continue;
    const before = await fileOf(session, change.table);
    const { error } = await session.run(sql);
    if (!error && (await fileOf(session, change.table)) !== before) rewrites.push(change.object);
  }
  return rewrites;
}

/** The file that holds a table's rows: another one after a rewrite. */
async function fileOf(session: Session, table: string): Promise<string | null> {
  const name = quoteTable(table).replaceAll("'", "''");
  const [rows = []] = await session.ask(
    `SELECT pg_catalog.pg_relation_filenode('${name}'::pg_catalog.regclass)`,
  );
  return rows[0]?.[0] ?? null;
}

/** Moves what is there out of the way, behind what is made from now on. Answers how names are looked up then, and why not. */
async function clear(session: Session): Promise<{ readonly path: string; readonly error: SqlError | null }> {
  const [schemas = []] = await session.ask(userSchemas);
  const names = schemas.flatMap(([name]) => (name === null || name === undefined ? [] : [name]));
  const moves = names.map((name, i) => `ALTER SCHEMA ${quoted(name)} RENAME TO ${aside}${i}`);
  const path = `SET search_path = ${["public", ...names.map((_, i) => `${aside}${i}`)].join(", ")}`;
  const { error } = await session.run([...moves, "CREATE SCHEMA public", path].join("; "));
  return { path, error };
}

async function build(session: Session, statements: readonly ModelStatement[]): Promise<ModelSchema> {
  const refused = await runAll(session, statements);
  return { kind: "built", schema: withoutAside(schemaOf(await readCatalog(session))), refused };
}

type Refused = Extract<ModelSchema, { kind: "built" }>["refused"];

/** All at once, in one transaction; where that fails, one by one, so that only what is refused is missing. */
async function runAll(session: Session, statements: readonly ModelStatement[]): Promise<Refused> {
  if (statements.length === 0 || (await runTogether(session, statements))) return [];
  const refused: { table: string | null; reason: string }[] = [];
  for (const { table, sql } of statements) {
    const { error } = await session.run(sql);
    if (error) refused.push({ table, reason: error.message });
  }
  return refused;
}

/** Whether all ran in one transaction; nothing of them is left where they did not. */
async function runTogether(session: Session, statements: readonly ModelStatement[]): Promise<boolean> {
  const { error, status } = await session.run(statements.map(({ sql }) => sql).join(";\n"));
  if (!error && status === "idle") return true;
  if (status !== "idle") await session.ask("ROLLBACK");
  return false;
}

const userSchemas = `
SELECT nspname FROM pg_catalog.pg_namespace
WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' ORDER BY nspname`;

/** Only what models tell, with names as they are where nothing was moved. */
function withoutAside(schema: Schema): Schema {
  const named = (text: string) => text.replaceAll(new RegExp(`\\b${aside}\\w+\\.`, "g"), "");
  return {
    ...schema,
    tables: schema.tables.map((table) => ({
      ...table,
      columns: table.columns.map((column) => ({
        ...column,
        type: named(column.type),
        defaultSql: column.defaultSql === null ? null : named(column.defaultSql),
      })),
    })),
    views: [],
    functions: [],
    triggers: [],
    sequences: [],
    roles: [],
  };
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
