import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { Engine } from "../../src/sandbox/engine.ts";
import { bundledExtensions } from "../../src/sandbox/extensions.ts";
import { baseImage } from "../../src/sandbox/image.ts";
import { createKeeper, type Keeper } from "../../src/sandbox/keeper.ts";
import { defaultLimits } from "../../src/sandbox/limits.ts";
import { pgliteEngine } from "../../src/sandbox/pglite.ts";
import { refusedFunctions } from "../../src/sandbox/refused.ts";
import { startDatabaseProcess } from "../../src/sandbox/start.ts";
import { testCache } from "./cache.ts";

// Every test starts processes, and a build machine may be busy.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

// A loaded machine must not make these fail: what clocks do is tested with the hostile statements.
const limits = { ...defaultLimits, statement: 30_000, run: 600_000 };

let keeper: Keeper;
let engine: Engine;

beforeAll(async () => {
  keeper = createKeeper({ spares: 0, cacheDirectory: testCache, limits });
  engine = await keeper.lease();
});
afterAll(() => keeper.close());

async function rows(sql: string, from = engine): Promise<readonly (readonly (string | null)[])[]> {
  const { sets, error, lost, status } = await from.exec(sql);
  expect({ error, lost }).toEqual({ error: null, lost: null });
  expect(status).not.toBeNull();
  return sets.at(-1)?.rows ?? [];
}

async function value(sql: string, from = engine): Promise<string | null | undefined> {
  return (await rows(sql, from))[0]?.[0];
}

describe("execAll", () => {
  it("sends queries one after the other until one fails", async () => {
    const results = await engine.execAll([
      { sql: "CREATE TABLE several (i int)" },
      { sql: "BEGIN" },
      { sql: "COPY several FROM STDIN", copyData: "1\n2\n" },
      { sql: "SELECT 1/0" },
      { sql: "COMMIT" },
    ]);
    const [, , copied, failed] = results;
    expect(results).toHaveLength(4);
    expect(copied).toMatchObject({ sets: [{ tag: "COPY 2" }], error: null, status: "transaction" });
    expect(failed).toMatchObject({ error: { code: "22012" }, status: "failed", lost: null });
    expect((await engine.exec("ROLLBACK")).status).toBe("idle");
    expect(await value("SELECT count(*) FROM several")).toBe("0");
  });

  it("does not send what the server would read otherwise", async () => {
    const results = await engine.execAll([{ sql: "SELECT 1" }, { sql: "SELECT '\0'" }, { sql: "SELECT 2" }]);
    expect(results.map(({ error }) => error?.code ?? null)).toEqual([null, "22021"]);
  });

  it("gives each query the time that one has, and loses those after one that takes longer", async () => {
    const own = await keeper.lease();
    const sleep = (seconds: number) => ({ sql: `SELECT pg_sleep(${seconds})`, timeout: 2_000 });
    const quick = await own.execAll([sleep(0.9), sleep(0.9), sleep(0.9)]);
    expect(quick.map(({ error, lost }) => error ?? lost)).toEqual([null, null, null]);
    const slow = await own.execAll([{ sql: "SELECT 1" }, sleep(60), { sql: "SELECT 2" }]);
    expect(slow.map(({ lost }) => lost)).toEqual([null, "it took longer than 2 s and was stopped"]);
    expect((await own.execAll([{ sql: "SELECT 1" }])).map(({ lost }) => lost)).not.toContain(null);
    await own.close();
  });
});

describe("exec", () => {
  it("returns every statement's tag, fields and values", async () => {
    const result = await engine.exec(
      "CREATE TABLE a (i int); INSERT INTO a VALUES (1), (2); SELECT i, NULL AS n FROM a",
    );
    expect(result).toMatchObject({
      sets: [
        { tag: "CREATE TABLE", fields: [], rows: [] },
        { tag: "INSERT 0 2", fields: [], rows: [] },
        {
          tag: "SELECT 2",
          fields: ["i", "n"],
          rows: [
            ["1", null],
            ["2", null],
          ],
        },
      ],
      error: null,
      status: "idle",
      lost: null,
      notices: [],
    });
  });

  it("takes text as UTF-8, both ways", async () => {
    expect(await rows(`SELECT 'żółć 漢字 🦆' AS "naïve"`)).toEqual([["żółć 漢字 🦆"]]);
    const { error } = await engine.exec("SELECT '🦆', nothing");
    expect(error).toMatchObject({ code: "42703", position: 13 });
  });

  it("tells an error in full", async () => {
    const { error, status, lost } = await engine.exec(
      `DO $$ BEGIN RAISE EXCEPTION 'no' USING DETAIL = 'd', HINT = 'h', ERRCODE = '22012'; END $$`,
    );
    expect(error).toEqual({
      code: "22012",
      message: "no",
      detail: "d",
      hint: "h",
      position: null,
      where: "PL/pgSQL function inline_code_block line 1 at RAISE",
    });
    expect({ status, lost }).toEqual({ status: "idle", lost: null });
  });

  it("is one implicit transaction, and says in which state it leaves the session", async () => {
    const failed = await engine.exec("CREATE TABLE gone (i int); SELECT 1/0");
    expect(failed).toMatchObject({ error: { code: "22012" }, status: "idle" });
    expect(await value("SELECT to_regclass('gone')")).toBeNull();
    expect((await engine.exec("BEGIN")).status).toBe("transaction");
    expect((await engine.exec("SELECT 1/0")).status).toBe("failed");
    expect((await engine.exec("SELECT 1")).error?.code).toBe("25P02");
    expect((await engine.exec("ROLLBACK")).status).toBe("idle");
  });

  it("keeps the first notices and counts the rest", async () => {
    const { notices } = await engine.exec(
      "DO $$ BEGIN FOR i IN 1..250 LOOP RAISE NOTICE 'n%', i; END LOOP; END $$",
    );
    expect(notices).toHaveLength(101);
    expect(notices[0]).toBe("n1");
    expect(notices[100]).toBe("and 150 more");
  });

  it("has a result for an empty query", async () => {
    expect(await engine.exec("-- nothing")).toMatchObject({
      sets: [{ tag: "" }],
      error: null,
      status: "idle",
    });
  });

  it("answers when several are sent at once, in order", async () => {
    const answers = await Promise.all([1, 2, 3].map((number) => value(`SELECT ${number}`)));
    expect(answers).toEqual(["1", "2", "3"]);
  });

  it("refuses a NUL byte without sending anything", async () => {
    const result = await engine.exec("CREATE TABLE half (i int);\0 SELECT 1");
    expect(result).toMatchObject({ sets: [], error: { code: "22021" }, status: "idle", lost: null });
    expect(await value("SELECT to_regclass('half')")).toBeNull();
  });

  it("takes a statement of 5 MB", async () => {
    expect(await value(`SELECT length('${"x".repeat(5_000_000)}')`)).toBe("5000000");
  });
});

describe("COPY … FROM STDIN", () => {
  it("takes its data", async () => {
    await engine.exec("CREATE TABLE copied (i int, t text)");
    const { sets, error } = await engine.exec("COPY copied FROM STDIN", { copyData: "1\tone\n2\ttwö\n" });
    expect({ tag: sets[0]?.tag, error }).toEqual({ tag: "COPY 2", error: null });
    expect(await rows("SELECT * FROM copied ORDER BY 1")).toEqual([
      ["1", "one"],
      ["2", "twö"],
    ]);
  });

  it("does not wait for data that is not there", async () => {
    const { error, status } = await engine.exec("COPY copied FROM STDIN");
    expect(error).toMatchObject({
      code: "57014",
      message: expect.stringContaining("no data for it was found"),
    });
    expect(status).toBe("idle");
  });

  it("data beside another statement does no harm", async () => {
    const { sets, error } = await engine.exec("SELECT 1", { copyData: "1\n" });
    expect({ rows: sets[0]?.rows, error }).toEqual({ rows: [["1"]], error: null });
  });
});

describe("a database", () => {
  it("names its version", () => {
    expect(engine.title).toMatch(/^PostgreSQL 18\.\d+ \(PGlite 0\.5\.16\)$/);
  });

  it("offers every bundled extension and pgvector", async () => {
    const own = await keeper.lease();
    const notInCatalog = ["auto_explain", "passwordcheck", "pg_overexplain", "spi"];
    const wanted = [
      ...bundledExtensions.filter((name) => !notInCatalog.includes(name)),
      "moddatetime",
      "vector",
    ];
    for (const name of wanted) {
      const { error, lost } = await own.exec(`CREATE EXTENSION IF NOT EXISTS "${name}" CASCADE`);
      expect({ name, error, lost }).toEqual({ name, error: null, lost: null });
    }
    expect(await value("SELECT '[1,2]'::vector <-> '[4,6]'::vector", own)).toBe("5");
    expect(await value("SELECT encode(digest('a', 'md5'), 'hex')", own)).toBe(
      "0cc175b9c0f1b6a831c399e269772661",
    );
    await own.close();
  });

  it("answers for one that is not there as a server without it does", async () => {
    expect((await engine.exec("CREATE EXTENSION postgis")).error?.code).toBe("0A000");
    expect((await engine.exec("CREATE EXTENSION file_fdw")).error?.code).toBe("0A000");
  });

  it("sorts text by language, so that LIKE needs the same indexes as in production", async () => {
    expect(await rows("SELECT t FROM (VALUES ('b'), ('A'), ('a'), ('B')) v (t) ORDER BY t")).toEqual([
      ["a"],
      ["A"],
      ["b"],
      ["B"],
    ]);
  });

  it.each(["allow_system_table_mods", "search_path"])(
    "has the setting %s of a fresh server",
    async (name) => {
      const expected: Record<string, string> = {
        allow_system_table_mods: "off",
        search_path: '"$user", public',
      };
      expect(await value(`SHOW ${name}`)).toBe(expected[name]);
    },
  );

  it("has no function that reaches for the server, also in dynamic SQL", async () => {
    const names = refusedFunctions.map((name) => `'${name}'`).join(", ");
    expect(await value(`SELECT count(*) FROM pg_proc WHERE proname IN (${names})`)).toBe("0");
    expect((await engine.exec("SELECT pg_read_file('/etc/passwd')")).error?.code).toBe("42883");
    const dynamic = `DO $$ BEGIN EXECUTE 'SELECT pg_terminate_backend(pg_backend_pid())'; END $$`;
    expect((await engine.exec(dynamic)).error?.code).toBe("42883");
    const large = "SELECT lo_import('/etc/passwd')";
    expect((await engine.exec(large)).error?.code).toBe("42883");
  });
});

describe("restore", () => {
  it("brings the database back 20 times, whatever happened in between", async () => {
    const own = await keeper.lease();
    await own.exec("CREATE TABLE t (i int); INSERT INTO t SELECT generate_series(1, 100)");
    const checkpoint = await own.checkpoint();
    const changes = [
      "DROP TABLE t",
      "BEGIN; DELETE FROM t; SELECT 1/0",
      "INSERT INTO t SELECT 1 FROM generate_series(1, 100000)",
      "BEGIN; CREATE TABLE u AS SELECT repeat('x', 1000) FROM generate_series(1, 10000)",
      "CREATE SCHEMA s; CREATE TYPE e AS ENUM ('a'); CREATE SEQUENCE q; ALTER TABLE t ADD j bigint DEFAULT nextval('q')",
    ];
    for (let round = 0; round < 20; round++) {
      await own.exec(changes[round % changes.length] ?? "");
      await own.restore(checkpoint);
      expect(await value("SELECT count(*) FROM t", own)).toBe("100");
      expect(
        await value("SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace", own),
      ).toBe("1");
    }
    await own.close();
  });

  it("brings back a session in which a library that was loaded since can be used", async () => {
    const own = await keeper.lease();
    const empty = await own.checkpoint();
    await own.exec("CREATE TABLE t (i int)");
    const table = await own.checkpoint();
    for (let round = 0; round < 2; round++) {
      await own.exec("CREATE EXTENSION isn; CREATE EXTENSION cube");
      expect(await value("SELECT cube(1, 2) || isbn('0-393-04002-X')::text", own)).toBe(
        "(1),(2)0-393-04002-X",
      );
      await own.restore(table);
      expect(await value("SELECT to_regclass('t')", own)).toBe("t");
      expect(await value("SELECT to_regtype('cube')", own)).toBeNull();
    }
    await own.restore(empty);
    expect(await value("SELECT to_regclass('t')", own)).toBeNull();
    await own.close();
  });

  it("forgets what it is told to", async () => {
    const own = await keeper.lease();
    const checkpoint = await own.checkpoint();
    await own.forget(checkpoint);
    await expect(own.restore(checkpoint)).rejects.toThrow("a checkpoint could not be brought back");
    expect((await own.exec("SELECT 1")).lost).toBe("a checkpoint could not be brought back");
    await own.close();
  });

  it("makes no checkpoint within a transaction", async () => {
    await engine.exec("BEGIN");
    await expect(engine.checkpoint()).rejects.toThrow("A transaction is open");
    await engine.exec("ROLLBACK");
  });
});

describe("snapshots of memory", () => {
  it("work with the pinned version", async () => {
    const image = await baseImage(testCache);
    const started = await startDatabaseProcess(image, limits, { warm: true, snapshots: true });
    expect(started.checkpoints).toBe("memory");
    await started.isolated.kill("the test is over");
  });

  it("are made of the database as it starts, before anything runs in it", async () => {
    const own = await keeper.lease();
    await own.exec("CREATE TABLE late (a int); CREATE ROLE late_role");
    if (own.start) await own.restore(own.start);
    expect(await value("SELECT to_regclass('late') IS NULL AND to_regrole('late_role') IS NULL", own)).toBe(
      "t",
    );
    expect(own.start && (await own.changedFiles(own.start))).toEqual([]);
    await own.close();
  });

  it("are done without where they do not: slow, and right", async () => {
    const image = await baseImage(testCache);
    const started = await startDatabaseProcess(image, limits, {
      warm: false,
      snapshots: false,
    });
    expect(started).toMatchObject({ checkpoints: "archive", start: null });
    const own = pgliteEngine(started, limits, () => {});
    await own.exec("CREATE TABLE t AS SELECT 1 AS i");
    const checkpoint = await own.checkpoint();
    for (const change of ["DROP TABLE t", "BEGIN; UPDATE t SET i = 2", "SELECT 1/0"]) {
      await own.exec(change);
      await own.restore(checkpoint);
      expect(await value("SELECT i FROM t", own)).toBe("1");
    }
    await own.close();
  });
});

describe("dump", () => {
  it("is an image from which another engine starts with the same data", async () => {
    const first = await keeper.lease();
    await first.exec("CREATE EXTENSION pgcrypto; CREATE TABLE kept AS SELECT 'x'::text AS t");
    const image = (await first.dump()) ?? new Uint8Array();
    await first.close();
    const second = await keeper.lease({ image, imageKey: "kept" });
    expect(await value("SELECT t FROM kept", second)).toBe("x");
    const checkpoint = await second.checkpoint();
    expect(await value("SELECT length(digest(t, 'sha256')) FROM kept", second)).toBe("32");
    await second.restore(checkpoint);
    expect(await value("SELECT length(digest(t, 'sha256')) FROM kept", second)).toBe("32");
    await second.close();
  });
});

describe("tables without a log", () => {
  const setUp = `CREATE UNLOGGED TABLE fleeting (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, words text);
    INSERT INTO fleeting (words) SELECT 'word ' || i FROM generate_series(1, 500) i;
    CREATE INDEX fleeting_words ON fleeting USING gin (to_tsvector('simple', words))`;
  const rows = `SET enable_seqscan = off; SELECT count(*) || ' ' || (SELECT count(*) FROM fleeting
    WHERE to_tsvector('simple', words) @@ 'word' ) || ' ' || nextval('fleeting_id_seq') FROM fleeting`;

  it("are in a dump, which leaves the database as it is", async () => {
    const first = await keeper.lease();
    await first.exec(setUp);
    const image = (await first.dump()) ?? new Uint8Array();
    expect(await value(rows, first)).toBe("500 500 501");
    expect(await value("SELECT count(*) FROM pg_database", first)).toBe("1");
    await first.close();
    const second = await keeper.lease({ image, imageKey: "fleeting" });
    expect(await value(rows, second)).toBe("500 500 501");
    const works = [
      "DELETE FROM fleeting WHERE id > 100; VACUUM fleeting; REINDEX TABLE fleeting; CLUSTER fleeting USING fleeting_pkey",
      "TRUNCATE fleeting; INSERT INTO fleeting (words) VALUES ('word'); ALTER TABLE fleeting SET LOGGED",
      "ALTER TABLE fleeting SET UNLOGGED; DROP TABLE fleeting; CHECKPOINT",
    ];
    for (const work of works.join(";").split(";")) expect((await second.exec(work)).error).toBeNull();
    await second.close();
  });

  it("come back with a checkpoint also where a library was loaded since", async () => {
    const engine = await keeper.lease();
    await engine.exec(setUp);
    const image = (await engine.dump()) ?? new Uint8Array();
    await engine.close();
    const second = await keeper.lease({ image, imageKey: "fleeting" });
    await second.exec("SET ROLE pg_monitor; RESET ROLE; DELETE FROM fleeting WHERE id > 100");
    const checkpoint = await second.checkpoint();
    expect((await second.exec("CREATE EXTENSION cube; DROP TABLE fleeting")).error).toBeNull();
    await second.restore(checkpoint);
    expect(await value(rows, second)).toBe("100 100 501");
    await second.close();
  });
});

describe("pretended sizes", () => {
  const plan = "EXPLAIN SELECT * FROM sized WHERE other = 1";

  it.each([2_000, 200_000])(
    "of %i blocks are what the planner sees, until they are given up",
    async (blocks) => {
      await engine.exec("DROP TABLE IF EXISTS sized; CREATE TABLE sized (id bigint PRIMARY KEY, other int)");
      const path = await value("SELECT pg_relation_filepath('sized')");
      const before = await rows(plan);
      const stop = await engine.pretendSizes({ [String(path)]: blocks });
      const pretended = (await rows(plan)).flat().join("\n");
      expect(Number(/cost=[\d.]+\.\.([\d.]+)/.exec(pretended)?.[1])).toBeGreaterThan(blocks);
      await stop();
      expect(await rows(plan)).toEqual(before);
      expect(await value("SELECT pg_relation_size('sized')")).toBe("0");
      expect((await engine.exec("INSERT INTO sized VALUES (1, 1)")).error).toBeNull();
      expect(await value("SELECT pg_relation_size('sized')")).toBe("8192");
    },
  );

  it("of a relation that is not there change nothing", async () => {
    const path = String(await value("SELECT pg_relation_filepath('sized')"));
    const before = await rows(plan);
    await expect(engine.pretendSizes({ [path]: 1_000, "base/5/1": 10 })).rejects.toThrow();
    expect(await rows(plan)).toEqual(before);
  });
});

describe("the limits", () => {
  it("of memory and files are SQL errors, after which the database works on", async () => {
    const mebibyte = 1024 * 1024;
    const small = createKeeper({
      spares: 0,
      cacheDirectory: testCache,
      limits: { ...limits, memory: 192 * mebibyte, files: 16 * mebibyte },
    });
    const own = await small.lease();
    expect((await own.exec("SELECT length(repeat('x', 300000000))")).error?.code).toBe("53200");
    const large = "CREATE TABLE large AS SELECT repeat('x', 1000) FROM generate_series(1, 50000)";
    expect((await own.exec(large)).error?.code).toBe("53100");
    expect(await value("SELECT 1", own)).toBe("1");
    await small.close();
  });
});
