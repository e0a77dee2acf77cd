import { readScript } from "../review/script.ts";
import type { ModelRun, ModelSchema, Models, Schema } from "../review/types.ts";
import { readCatalog } from "./catalog.ts";
import { EngineLost } from "./engine.ts";
import type { PrismaAnswers } from "./prisma/messages.ts";
import { type Rendered, renderPrisma } from "./prisma/render.ts";
import { schemaOf } from "./schema.ts";
import type { Session } from "./session.ts";

/** Begins to work out what the models build, while the database is at other work; null when there are none. */
export function renderModels(models: Models | null): Promise<Rendered> | null {
  return models === null ? null : renderPrisma(models);
}

/**
 * The schemas that models build, read as every other schema is. They are made beside what stands in the database, which is
 * moved out of the way, so that types of its extensions are there. The database is not put back: this is the last that is
 * asked of it.
 */
export async function buildModels(session: Session, rendered: Rendered): Promise<ModelRun> {
  try {
    const head = await build(session, rendered.head, "head");
    if (rendered.base === rendered.head) return { head, base: head };
    return { head, base: await build(session, rendered.base, "base") };
  } catch (cause) {
    if (!(cause instanceof EngineLost)) throw cause;
    const lost: ModelSchema = { kind: "not-built", reason: cause.message };
    return { base: lost, head: lost };
  }
}

/** What the schemas that stand are called while a model is built. */
const aside = "drydock_aside_";

async function build(
  session: Session,
  rendered: PrismaAnswers["render"],
  side: string,
): Promise<ModelSchema> {
  if ("refused" in rendered) return { kind: "not-built", reason: rendered.refused };
  await session.reset();
  const [schemas = []] = await session.ask(userSchemas);
  const moves = schemas.flatMap(([name], i) =>
    name === null || name === undefined
      ? []
      : [`ALTER SCHEMA ${quoted(name)} RENAME TO ${aside}${side}_${i}`],
  );
  const path = ["public", ...schemas.map((_, i) => `${aside}${side}_${i}`)].join(", ");
  const moved = await session.run([...moves, "CREATE SCHEMA public", `SET search_path = ${path}`].join("; "));
  if (moved.error) return { kind: "not-built", reason: moved.error.message };
  const whole = { start: 0, end: rendered.sql.length };
  for (const { sql } of readScript("model.sql", rendered.sql, "autocommit", whole).statements) {
    const { error } = await session.run(sql);
    // An index that cannot be made here is one that is not compared.
    if (error && !/^CREATE (?:UNIQUE )?INDEX/.test(sql)) return { kind: "not-built", reason: error.message };
  }
  return { kind: "built", schema: withoutAside(schemaOf(await readCatalog(session))) };
}

const userSchemas = `
SELECT nspname FROM pg_catalog.pg_namespace
WHERE nspname !~ '^pg_' AND nspname NOT IN ('information_schema') AND nspname !~ '^${aside}'
ORDER BY nspname`;

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
