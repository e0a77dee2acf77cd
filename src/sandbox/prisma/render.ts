import path from "node:path";
import { LRUCache } from "lru-cache";
import { externalsIn, withoutKeysTo } from "../../review/prisma/external.ts";
import { databaseParts, dialectOf } from "../../review/prisma/sources.ts";
import type { Dialect, ModelFile, Models } from "../../review/types.ts";
import { type Isolated, startProgram } from "../isolated.ts";
import { defaultLimits } from "../limits.ts";
import { prismaDirectory } from "./engine.ts";
import type { PrismaAnswers, PrismaRequest } from "./messages.ts";

/** What the models of both sides build in an empty database, as SQL; or why that is not known. */
export interface Rendered {
  readonly base: PrismaAnswers["render"];
  readonly head: PrismaAnswers["render"];
}

/** Characters of a schema beyond which it is not read; the largest known ones have a tenth of it. */
const mostText = 1024 * 1024;
/** Milliseconds for one schema; the largest known ones take a fiftieth of it. */
const patience = 15_000;

/** What the engine said of schemas: a repository's base side comes again with each of its pull requests. */
const rendered = new LRUCache<string, PrismaAnswers["render"]>({
  maxSize: 8 * mostText,
  sizeCalculation: (answer, key) => key.length + JSON.stringify(answer).length,
});

/** Asks Prisma's own engine, in a process of its own, what it was not asked before. Never rejects. */
export async function renderPrisma({ base, head }: Models, dialect: Dialect): Promise<Rendered> {
  const started: Isolated<PrismaRequest, PrismaAnswers>[] = [];
  const ask = async (request: PrismaRequest): Promise<PrismaAnswers["render"]> => {
    const key = JSON.stringify(request);
    const known = rendered.get(key);
    if (known) return known;
    const isolated = started[0] ?? (await startEngine());
    started[0] = isolated;
    const answer = await isolated.call(request, patience);
    rendered.set(key, answer);
    return answer;
  };
  try {
    return { head: await render(ask, head, dialect), base: await render(ask, base, dialect) };
  } catch (error) {
    const refused = error instanceof Error ? error.message : String(error);
    return { base: { refused }, head: { refused } };
  } finally {
    await started[0]?.kill("it is done");
  }
}

function startEngine(): Promise<Isolated<PrismaRequest, PrismaAnswers>> {
  return startProgram(defaultLimits, {
    entry: "prisma/child.js",
    readable: [path.join(prismaDirectory(), "*")],
  });
}

async function render(
  ask: (request: PrismaRequest) => Promise<PrismaAnswers["render"]>,
  files: readonly ModelFile[],
  dialect: Dialect,
): Promise<PrismaAnswers["render"]> {
  const schema = files.filter(({ path: name }) => name.endsWith(".prisma"));
  if (schema.length === 0) return { sql: "" };
  const externals = externalsIn(files) ?? { tables: [], enums: [] };
  const size = schema.reduce((sum, { text }) => sum + text.length, 0);
  if (size > mostText) return { refused: "it is larger than what is read" };
  if (dialectOf(schema) !== dialect) return { refused: `its datasource is not for ${titles[dialect]}` };
  const answer = await ask({ kind: "render", files: databaseParts(schema), dialect, externals });
  return "sql" in answer ? { sql: withoutKeysTo(externals.tables, answer.sql) } : answer;
}

const titles: Readonly<Record<Dialect, string>> = { postgresql: "PostgreSQL", sqlite: "SQLite" };
