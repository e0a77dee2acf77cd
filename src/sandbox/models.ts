import { readScript } from "../review/script.ts";
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
import { EngineLost } from "./engine.ts";
import type { PrismaAnswers } from "./prisma/messages.ts";
import { renderPrisma } from "./prisma/render.ts";
import { schemaOf } from "./schema.ts";
import type { Session } from "./session.ts";

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
export function renderBeside(database: Database): Promise<Rendered> | null {
  const models = renderModels(database);
  const { snapshots } = database;
  if (models === null && snapshots === null) return null;
  const told = snapshots && {
    base: { statements: snapshots.statements.base },
    head: { statements: snapshots.statements.head },
  };
  return Promise.resolve(models).then((rendered) => ({ models: rendered, snapshots: told }));
}

/** Builds each pair that there is. An engine that is lost takes nothing of the first one away. */
export async function buildEach(
  { models, snapshots }: Rendered,
  buildPair: (pair: RenderedModels) => Promise<ModelRun>,
): Promise<Built> {
  const built = models && (await buildPair(models));
  return { models: built, snapshots: snapshots && (await buildPair(snapshots)) };
}

/** null when there are none. */
function renderModels({ models, dialect }: Database): Promise<RenderedModels> | null {
  if (models === null) return null;
  const { statements } = models;
  if (statements === null) return renderByEngine(models, dialect);
  return Promise.resolve({ base: { statements: statements.base }, head: { statements: statements.head } });
}

async function renderByEngine(models: Models, dialect: Dialect): Promise<RenderedModels> {
  const { base, head } = await renderPrisma(models, dialect);
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
 * The schemas that models and snapshots build, read as every other schema is. They are made beside what stands in the database,
 * which is moved out of the way, so that types of its extensions are there. The database is not put back: this is the last that is
 * asked of it.
 */
export function buildBeside(session: Session, rendered: Rendered): Promise<Built> {
  let builds = 0;
  const next = (side: RenderedSide) => {
    builds += 1;
    return build(session, side, builds);
  };
  return buildEach(rendered, async ({ base, head }) => {
    try {
      const built = await next(head);
      if (isSame(base, head)) return { head: built, base: built };
      // What the migrations made is seen by the later ones as well, and not what the first one made.
      return { head: built, base: await next(base) };
    } catch (cause) {
      if (!(cause instanceof EngineLost)) throw cause;
      const lost: ModelSchema = { kind: "not-built", reason: cause.message };
      return { base: lost, head: lost };
    }
  });
}

/** Whether both sides build the same, so that it is built once. */
export function isSame(base: RenderedSide, head: RenderedSide): boolean {
  return base === head || JSON.stringify(base) === JSON.stringify(head);
}

/** What the schemas that stand are called while a model is built. */
const aside = "drydock_aside_";

async function build(session: Session, rendered: RenderedSide, number: number): Promise<ModelSchema> {
  if ("refused" in rendered) return { kind: "not-built", reason: rendered.refused };
  await session.reset();
  const [schemas = []] = await session.ask(userSchemas);
  const moves = schemas.flatMap(([name], i) =>
    name === null || name === undefined
      ? []
      : [`ALTER SCHEMA ${quoted(name)} RENAME TO ${aside}${number}_${i}`],
  );
  const [before = []] = await session.ask(migratedSchemas);
  const migrated = before.length > 0 ? before : schemas.map((_, i) => [`${aside}${number}_${i}`]);
  const path = ["public", ...migrated.map(([name]) => name)].join(", ");
  const moved = await session.run([...moves, "CREATE SCHEMA public", `SET search_path = ${path}`].join("; "));
  if (moved.error) return { kind: "not-built", reason: moved.error.message };
  const refused: { table: string | null; reason: string }[] = [];
  for (const { table, sql } of rendered.statements) {
    const { error } = await session.run(sql);
    if (error) refused.push({ table, reason: error.message });
  }
  return { kind: "built", schema: withoutAside(schemaOf(await readCatalog(session))), refused };
}

const userSchemas = `
SELECT nspname FROM pg_catalog.pg_namespace
WHERE nspname !~ '^pg_' AND nspname NOT IN ('information_schema') AND nspname !~ '^${aside}'
ORDER BY nspname`;

/** What stood before the first side was built, moved out of the way by it. */
const migratedSchemas = `SELECT nspname FROM pg_catalog.pg_namespace WHERE nspname ~ '^${aside}1_' ORDER BY nspname`;

/** Only what the model builds, with names as they are where nothing was moved. */
function withoutAside(schema: Schema): Schema {
  const isOwn = ({ name }: { readonly name: string }) => !name.startsWith(aside);
  const named = (text: string) => text.replaceAll(new RegExp(`\\b${aside}\\w+\\.`, "g"), "");
  return {
    ...schema,
    tables: schema.tables.filter(isOwn).map((table) => ({
      ...table,
      columns: table.columns.map((column) => ({
        ...column,
        type: named(column.type),
        defaultSql: column.defaultSql === null ? null : named(column.defaultSql),
      })),
    })),
    enums: schema.enums.filter(isOwn),
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
