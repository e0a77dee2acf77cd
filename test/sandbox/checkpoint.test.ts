import { mkdtempSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Engine } from "../../src/sandbox/engine.ts";
import { createKeeper, type Keeper } from "../../src/sandbox/keeper.ts";

let keeper: Keeper;
let engine: Engine;

beforeAll(async () => {
  keeper = createKeeper({ spares: 0, cacheDirectory: mkdtempSync(path.join(os.tmpdir(), "drydock-")) });
  engine = await keeper.lease();
});
afterAll(() => keeper.close());

async function count(table: string): Promise<string | null | undefined> {
  const { sets } = await engine.exec(`SELECT count(*) FROM ${table}`);
  return sets[0]?.rows[0]?.[0];
}

describe("a checkpoint", () => {
  it.each([
    ["rewritten", "ALTER TABLE full_one ALTER COLUMN n TYPE bigint"],
    ["emptied", "TRUNCATE full_one"],
    ["dropped, and its file removed", "DROP TABLE full_one; CHECKPOINT"],
  ])("brings back the rows of a small table that was %s", async (_, change) => {
    await engine.exec("CREATE TABLE full_one (n int); INSERT INTO full_one SELECT generate_series(1, 10)");
    const checkpoint = await engine.checkpoint();
    await engine.exec(change);
    await engine.restore(checkpoint);
    expect(await count("full_one")).toBe("10");
    await engine.exec("DROP TABLE full_one");
  });

  it("makes a table empty again that was empty", async () => {
    await engine.exec("CREATE TABLE empty_one (n int)");
    const checkpoint = await engine.checkpoint();
    await engine.exec("INSERT INTO empty_one SELECT generate_series(1, 10)");
    await engine.exec("CHECKPOINT");
    await engine.restore(checkpoint);
    const { sets } = await engine.exec("SELECT pg_relation_size('empty_one')");
    expect(sets[0]?.rows[0]?.[0]).toBe("0");
    expect(await count("empty_one")).toBe("0");
  });
});
