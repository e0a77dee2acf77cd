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

/** A process of Prisma's engine, for the schemas of one review. */
export interface PrismaProcess extends Pick<Isolated<PrismaRequest, PrismaAnswers>, "call" | "lost"> {
  close(): Promise<void>;
}

/** Asks Prisma's own engine, in a process that is started for it, what it was not asked before. Never rejects. */
export async function renderPrisma(
  { base, head }: Models,
  dialect: Dialect,
  start: () => Promise<PrismaProcess>,
): Promise<Rendered> {
  const started: PrismaProcess[] = [];
  const ask = async (request: PrismaRequest): Promise<PrismaAnswers["render"]> => {
    const key = JSON.stringify(request);
    const known = rendered.get(key);
    if (known) return known;
    const engine = started[0] ?? (await start());
    started[0] = engine;
    const answer = await engine.call(request, patience);
    rendered.set(key, answer);
    return answer;
  };
  try {
    return { head: await render(ask, head, dialect), base: await render(ask, base, dialect) };
  } catch (error) {
    const refused = error instanceof Error ? error.message : String(error);
    return { base: { refused }, head: { refused } };
  } finally {
    void started[0]?.close();
  }
}

/** Starts a process behind all walls, for the schemas of one review. */
export async function startPrisma(): Promise<PrismaProcess> {
  const isolated: Isolated<PrismaRequest, PrismaAnswers> = await startProgram(defaultLimits, {
    entry: "prisma/child.js",
    readable: [path.join(prismaDirectory(), "*")],
  });
  return { call: isolated.call, lost: isolated.lost, close: () => isolated.kill("it is done") };
}

/** A process for a review to come, which was asked once before, so that the compiler knows the way. */
export async function startWarmPrisma(): Promise<PrismaProcess> {
  const engine = await startPrisma();
  const externals = { tables: [], enums: [] };
  await engine.call({ kind: "render", files: [typical], dialect: "postgresql", externals }, patience);
  return engine;
}

const typical: ModelFile = {
  path: "schema.prisma",
  text: `datasource db {
  provider = "postgresql"
}

model A {
  id   Int     @id @default(autoincrement())
  name String? @unique
  bs   B[]
}

model B {
  id    String   @id @default(uuid())
  at    DateTime @default(now())
  kind  Kind     @default(x)
  a     A        @relation(fields: [aId], references: [id], onDelete: Cascade)
  aId   Int

  @@index([aId, at])
}

enum Kind {
  x
  y
}
`,
};

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
