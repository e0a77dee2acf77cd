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

  it("tells which tables' files are no longer what they were", async () => {
    await engine.exec("CREATE TABLE still (n int); INSERT INTO still SELECT generate_series(1, 10)");
    await engine.exec("CREATE TABLE written (n int); INSERT INTO written SELECT generate_series(1, 10)");
    await engine.exec("SELECT * FROM still, written");
    const checkpoint = await engine.checkpoint();
    const fileOf = async (table: string) => {
      const { sets } = await engine.exec(`SELECT pg_relation_filepath('${table}')`);
      return sets[0]?.rows[0]?.[0] ?? "";
    };
    await engine.exec("UPDATE written SET n = n + 1 WHERE n = 3; CREATE TABLE made (n int)");
    const changed = new Map(
      (await engine.changedFiles(checkpoint))?.map(({ path, blocks }) => [path, blocks]),
    );
    expect(changed.get(await fileOf("written"))).toEqual([[0, 1]]);
    expect(changed.get(await fileOf("made"))).toBeNull();
    expect(changed.has(await fileOf("still"))).toBe(false);
    const gone = await fileOf("still");
    await engine.exec("DROP TABLE still");
    expect(await engine.changedFiles(checkpoint)).toContainEqual({ path: gone, blocks: null });
    await engine.restore(checkpoint);
    expect(await engine.changedFiles(checkpoint)).toEqual([]);
  });

  it("tells blocks that a later checkpoint had, and that going back behind it took away", async () => {
    await engine.exec("CREATE TABLE blocks (n int, t text)");
    await engine.exec("INSERT INTO blocks SELECT n, repeat('x', 1000) FROM generate_series(1, 40) n");
    const path = (await engine.exec("SELECT pg_relation_filepath('blocks')")).sets[0]?.rows[0]?.[0];
    // Whoever reads rows first writes down that they are valid.
    await count("blocks");
    const first = await engine.checkpoint();
    await engine.exec("DELETE FROM blocks WHERE ctid = '(0,1)'");
    const second = await engine.checkpoint();
    await engine.restore(first);
    await engine.exec("DELETE FROM blocks WHERE ctid = '(2,1)'");
    const ofTable = async (checkpoint: typeof first) =>
      (await engine.changedFiles(checkpoint))?.find((file) => file.path === path)?.blocks;
    expect(await ofTable(first)).toEqual([[2, 3]]);
    expect(await ofTable(second)).toEqual([
      [0, 1],
      [2, 3],
    ]);
  });

  it("can be taken again and again, each of them a whole", async () => {
    await engine.exec("CREATE TABLE counted (n int)");
    const checkpoints = [];
    for (let n = 0; n < 4; n++) {
      checkpoints.push(await engine.checkpoint());
      await engine.exec("INSERT INTO counted SELECT generate_series(1, 1000)");
    }
    for (const n of [2, 0, 3, 1]) {
      const checkpoint = checkpoints[n];
      if (checkpoint) await engine.restore(checkpoint);
      expect(await count("counted")).toBe(String(n * 1000));
    }
  });
});
