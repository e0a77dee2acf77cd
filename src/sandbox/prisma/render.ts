import path from "node:path";
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

/** Asks Prisma's own engine, in a process of its own. Never rejects. */
export async function renderPrisma({ base, head }: Models, dialect: Dialect): Promise<Rendered> {
  let isolated: Isolated<PrismaRequest, PrismaAnswers> | null = null;
  try {
    isolated = await startProgram<PrismaRequest, PrismaAnswers>(defaultLimits, {
      entry: "prisma/child.js",
      readable: [path.join(prismaDirectory(), "*")],
    });
    const headSql = await render(isolated, head, dialect);
    return { head: headSql, base: isSame(base, head) ? headSql : await render(isolated, base, dialect) };
  } catch (error) {
    const refused = error instanceof Error ? error.message : String(error);
    return { base: { refused }, head: { refused } };
  } finally {
    await isolated?.kill("it is done");
  }
}

async function render(
  isolated: Isolated<PrismaRequest, PrismaAnswers>,
  files: readonly ModelFile[],
  dialect: Dialect,
): Promise<PrismaAnswers["render"]> {
  const schema = files.filter(({ path: name }) => name.endsWith(".prisma"));
  if (schema.length === 0) return { sql: "" };
  const externals = externalsIn(files) ?? { tables: [], enums: [] };
  const size = schema.reduce((sum, { text }) => sum + text.length, 0);
  if (size > mostText) return { refused: "it is larger than what is read" };
  if (dialectOf(schema) !== dialect) return { refused: `its datasource is not for ${titles[dialect]}` };
  const request = { kind: "render", files: databaseParts(schema), dialect, externals } as const;
  const answer = await isolated.call(request, patience);
  return "sql" in answer ? { sql: withoutKeysTo(externals.tables, answer.sql) } : answer;
}

const titles: Readonly<Record<Dialect, string>> = { postgresql: "PostgreSQL", sqlite: "SQLite" };

function isSame(some: readonly ModelFile[], others: readonly ModelFile[]): boolean {
  return JSON.stringify(some) === JSON.stringify(others);
}
