import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { canary } from "../../src/sandbox/canary.ts";
import type { Checkpoint, Engine, ExecResult } from "../../src/sandbox/engine.ts";
import { baseImage } from "../../src/sandbox/image.ts";
import { createKeeper, type Keeper } from "../../src/sandbox/keeper.ts";
import { defaultLimits } from "../../src/sandbox/limits.ts";
import { startDatabaseProcess } from "../../src/sandbox/start.ts";
import { commandLine, findWalls } from "../../src/sandbox/walls.ts";
import { testCache } from "./cache.ts";

// Every test starts processes, and a build machine may be busy.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

/** Milliseconds that a hostile statement gets. */
const clock = 1_500;

let keeper: Keeper;
let standing: { readonly engine: Engine; readonly empty: Checkpoint } | null = null;
beforeAll(() => {
  keeper = createKeeper({ spares: 0, cacheDirectory: testCache, limits: { run: 600_000 } });
});
afterAll(() => keeper.close());

/** Runs hostile statements in an empty database; the last one's result and whether the engine still answers. */
async function attack(...statements: readonly string[]): Promise<ExecResult & { readonly alive: boolean }> {
  const { engine, empty } = standing ?? (await leaseStanding());
  standing = null;
  let last: ExecResult | undefined;
  for (const statement of statements) last = await engine.exec(statement, { timeout: clock });
  if (!last) throw new Error("There was nothing to run");
  const alive = await canary(engine.exec, last.status ?? "idle");
  if (alive) {
    await engine.restore(empty);
    standing = { engine, empty };
  } else {
    await engine.close();
  }
  return { ...last, alive };
}

async function leaseStanding(): Promise<{ readonly engine: Engine; readonly empty: Checkpoint }> {
  const engine = await keeper.lease();
  return { engine, empty: await engine.checkpoint() };
}

/** What must never happen: it reads as if the statement ran. */
function looksFine({ error, lost, status }: ExecResult): boolean {
  return error === null && lost === null && status !== null;
}

const deepJson = `SELECT ('${"[".repeat(100_000)}${"]".repeat(100_000)}')::jsonb`;
const recursive =
  "CREATE FUNCTION f(int) RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN f($1 + 1); END'; SELECT f(1)";
const tooLong = "it took longer than 1.5 s and was stopped";

describe("a statement that does not end is stopped, and said to be", () => {
  it.each([
    ["a sleep", "SELECT pg_sleep(3600)"],
    ["a loop", "DO $$ BEGIN LOOP PERFORM 1; END LOOP; END $$"],
    ["a cross join", "SELECT count(*) FROM pg_class a, pg_class b, pg_class c, pg_class d"],
    ["a sleep that switches the server's own clock off", "SET statement_timeout = 0; SELECT pg_sleep(3600)"],
  ])("%s", async (_, sql) => {
    const result = await attack(sql);
    expect(result).toMatchObject({ sets: [], error: null, status: null, lost: tooLong, alive: false });
  });
});

describe("a bomb", () => {
  it.each([
    ["a table of a trillion rows", "CREATE TABLE b AS SELECT generate_series(1, 1000000000000)"],
    ["a count to a trillion", "SELECT count(*) FROM generate_series(1, 1000000000000)"],
    [
      "five gigabytes in a table",
      "CREATE TABLE b AS SELECT repeat('x', 1000) FROM generate_series(1, 5000000)",
    ],
    [
      "a sort of much",
      "SET work_mem = '2047MB'; SELECT count(*) FROM (SELECT g FROM generate_series(1, 100000000) g ORDER BY g DESC) x",
    ],
    ["two gigabytes of answer", "SELECT repeat('x', 1000) FROM generate_series(1, 2000000)"],
    [
      "notices without end",
      "DO $$ BEGIN FOR i IN 1..2000000000 LOOP RAISE NOTICE 'n %', i; END LOOP; END $$",
    ],
  ])("%s has a clear end", async (_, sql) => {
    const result = await attack(sql);
    expect(looksFine(result)).toBe(false);
    if (result.error) expect(["53100", "53200", "54000"]).toContain(result.error.code);
    else expect(result.lost).toMatch(/was stopped$|larger than what one query may send$/);
  });

  it("of a gigabyte in a string is an SQL error", async () => {
    const result = await attack("SELECT length(repeat('x', 1000000000))");
    expect(result).toMatchObject({ error: { code: "53200" }, status: "idle", lost: null, alive: true });
  });

  it("that outgrows its process is stopped for it", async () => {
    const size = 100 * 1024 * 1024;
    const small = createKeeper({ spares: 0, cacheDirectory: testCache, limits: { resident: size } });
    await expect(small.lease()).rejects.toMatchObject({
      message: "The sandbox's database could not be started",
      cause: { message: "it used more memory than 100 MiB and was stopped" },
    });
    await small.close();
  });
});

describe("depth", () => {
  it("of calls is an SQL error", async () => {
    const result = await attack(recursive);
    expect(result).toMatchObject({ error: { code: "54001" }, status: "idle", lost: null, alive: true });
  });

  it.each([
    ["of JSON", deepJson],
    ["of brackets", `SELECT ${"(".repeat(20_000)}1${")".repeat(20_000)}`],
    ["of calls, with the limit raised", `SET max_stack_depth = '100MB'; ${recursive}`],
  ])("%s never looks like success", async (_, sql) => {
    const result = await attack(sql);
    expect(looksFine(result)).toBe(false);
    // A failed statement that is said to have failed, or an engine that is said to be lost.
    expect(result.error === null ? result.lost : result.alive || result.lost).toBeTruthy();
  });
});

describe("reaching outside", () => {
  it("COPY TO PROGRAM never looks like success, and nothing after it does", async () => {
    const proof = path.join(os.tmpdir(), `drydock-proof-${randomUUID()}`);
    const result = await attack(`COPY (SELECT 1) TO PROGRAM 'touch ${proof}'`, "SELECT 1");
    expect(looksFine(result)).toBe(false);
    expect(result.alive).toBe(false);
    expect(existsSync(proof)).toBe(false);
  });

  it("COPY FROM a file of the host finds nothing", async () => {
    const result = await attack("CREATE TABLE s (t text); COPY s FROM '/etc/passwd'");
    expect(result).toMatchObject({ error: { code: "58P01" }, status: "idle", lost: null, alive: true });
  });

  it("COPY TO a file leaves nothing on the host", async () => {
    const proof = path.join(os.tmpdir(), `drydock-proof-${randomUUID()}`);
    await attack(`COPY (SELECT 1) TO '${proof}'`);
    expect(existsSync(proof)).toBe(false);
  });

  it.each(["pg_read_file('/etc/passwd')", "pg_ls_dir('/')", "lo_import('/etc/passwd')", "pg_stat_file('/')"])(
    "%s is not there",
    async (call) => {
      const result = await attack(`SELECT ${call}`);
      expect(result).toMatchObject({ error: { code: "42883" }, status: "idle", lost: null, alive: true });
    },
  );

  it("CREATE SUBSCRIPTION fails, and libraries can be loaded after it and after going back", async () => {
    const engine = await keeper.lease();
    const checkpoint = await engine.checkpoint();
    const sql = "CREATE SUBSCRIPTION s CONNECTION 'host=127.0.0.1 dbname=x' PUBLICATION p";
    const first = await engine.exec(sql);
    expect(first).toMatchObject({ sets: [], error: { code: "58P01" }, lost: null });
    expect((await engine.exec("CREATE EXTENSION hstore; SELECT 'a=>1'::hstore")).error).toBeNull();
    await engine.restore(checkpoint);
    expect((await engine.exec("CREATE EXTENSION hstore; SELECT 'a=>1'::hstore")).error).toBeNull();
    await engine.close();
  });
});

describe("harm to the database itself", () => {
  it.each([
    ["emptying pg_proc and pg_type", ["DELETE FROM pg_proc", "DELETE FROM pg_type", "SELECT now()"]],
    ["emptying pg_class", ["DELETE FROM pg_class", "CREATE TABLE t (i int)"]],
    [
      "calling a function by the wrong type",
      [
        "CREATE FUNCTION wrong(int) RETURNS text LANGUAGE internal STRICT AS 'textout'",
        "SELECT wrong(2147483647)",
      ],
    ],
  ])("%s never looks like success", async (_, statements) => {
    const result = await attack(...statements);
    expect(looksFine(result)).toBe(false);
  });

  it("is undone by going back", async () => {
    const engine = await keeper.lease();
    const checkpoint = await engine.checkpoint();
    await engine.exec("DELETE FROM pg_attrdef; DELETE FROM pg_depend; DELETE FROM pg_opclass");
    await engine.restore(checkpoint);
    const { sets, error } = await engine.exec(
      "CREATE TABLE t (i int PRIMARY KEY); SELECT count(*) > 0 FROM pg_depend",
    );
    expect({ rows: sets[1]?.rows, error }).toEqual({ rows: [["t"]], error: null });
    await engine.close();
  });
});

describe("while one engine hangs", () => {
  it("another goes on working", async () => {
    const [hanging, working] = [await keeper.lease(), await keeper.lease()];
    const sleep = hanging.exec("SELECT pg_sleep(3600)", { timeout: clock });
    let over = false;
    void sleep.then(() => {
      over = true;
    });
    const answers: (string | null | undefined)[] = [];
    for (let number = 0; number < 20; number++) {
      answers.push((await working.exec(`SELECT ${number}`)).sets[0]?.rows[0]?.[0]);
    }
    expect(over).toBe(false);
    expect(answers).toEqual(Array.from({ length: 20 }, (_, number) => String(number)));
    expect((await sleep).lost).toBe(tooLong);
    expect((await working.exec("SELECT 1")).lost).toBeNull();
    await Promise.all([hanging.close(), working.close()]);
  });
});

describe("a lost engine", () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await keeper.lease();
    await engine.exec("SELECT pg_sleep(3600)", { timeout: 100 });
  });
  afterAll(() => engine.close());

  it("answers lost to everything, and never runs anything again", async () => {
    const lost = "it took longer than 100 ms and was stopped";
    expect(await engine.exec("SELECT 1")).toMatchObject({ sets: [], error: null, status: null, lost });
    const lostError = { name: "EngineLost", message: lost };
    await expect(engine.checkpoint()).rejects.toMatchObject(lostError);
    await expect(engine.restore({ id: 0 })).rejects.toMatchObject(lostError);
    await expect(engine.dump()).rejects.toMatchObject(lostError);
    await expect(engine.pretendSizes({})).rejects.toMatchObject(lostError);
  });

  it("says so when its run as a whole took too long", async () => {
    const short = createKeeper({ spares: 0, cacheDirectory: testCache, limits: { run: 1_000 } });
    const own = await short.lease();
    const { lost } = await own.exec("SELECT pg_sleep(3600)", { timeout: 60_000 });
    expect(lost).toBe("the run took longer than 1 s and was stopped");
    await short.close();
  });

  it("says so when its process was ended by something else", async () => {
    const image = await baseImage(testCache);
    const { isolated } = await startDatabaseProcess(image, defaultLimits, { warm: false, snapshots: true });
    const answer = isolated.call({ kind: "exec", sql: "SELECT pg_sleep(3600)", copyData: null }, 60_000);
    process.kill(isolated.pid, "SIGKILL");
    await expect(answer).rejects.toThrow("the system ended the database process");
  });
});

const onLinux = describe.runIf(process.platform === "linux");

onLinux("the walls", () => {
  let directory: string;
  let server: Server;
  let port: number;
  let connections = 0;
  beforeAll(async () => {
    directory = mkdtempSync(path.join(os.tmpdir(), "drydock-walls-"));
    server = createServer((socket) => {
      connections++;
      socket.destroy();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    port = typeof address === "object" && address ? address.port : 0;
  });
  afterAll(() => {
    server.close();
    rmSync(directory, { recursive: true });
  });

  /** What code in such a process comes to, by attempt. */
  async function probe(): Promise<Record<string, string>> {
    const entry = path.join(directory, "probe.mjs");
    writeFileSync(entry, probeText(port, path.join(directory, "written")));
    const walls = await findWalls();
    const { file, args } = commandLine(walls, { entry, readable: [entry], processorSeconds: 60 });
    const child = spawn(file, args, { env: {}, cwd: "/", stdio: ["ignore", "ignore", "inherit", "ipc"] });
    return new Promise((resolve, reject) => {
      child.once("message", (message) => resolve(message as Record<string, string>));
      child.once("exit", (code) => reject(new Error(`The probe ended with ${code}`)));
    });
  }

  it("keep code from files, processes, threads, addons and made-up code", async () => {
    const attempts = await probe();
    expect(attempts).toMatchObject({
      read: "ERR_ACCESS_DENIED",
      write: "ERR_ACCESS_DENIED",
      process: "ERR_ACCESS_DENIED",
      thread: "ERR_ACCESS_DENIED",
      code: "EvalError",
      environment: "",
    });
    expect(existsSync(path.join(directory, "written"))).toBe(false);
  });

  it("keep code from the network where the system can", async () => {
    const { network } = await findWalls();
    const before = connections;
    const { network: attempt } = await probe();
    if (network === null) expect(attempt).toBe("connected");
    else expect({ attempt, connections }).toEqual({ attempt: "ENETUNREACH", connections: before });
  });

  it("stand around the real process: nothing is in its environment", async () => {
    const image = await baseImage(testCache);
    const { isolated } = await startDatabaseProcess(image, defaultLimits, { warm: false, snapshots: true });
    const environment = readFileSync(`/proc/${isolated.pid}/environ`, "utf8");
    const names = environment
      .split("\0")
      .filter(Boolean)
      .map((entry) => entry.split("=")[0]);
    await isolated.kill("the test is over");
    expect(
      names.filter(
        (name) =>
          !["NODE_CHANNEL_FD", "NODE_CHANNEL_SERIALIZATION_MODE", "PWD", "OLDPWD", "SHLVL", "_"].includes(
            name ?? "",
          ),
      ),
    ).toEqual([]);
  });
});

function probeText(port: number, target: string): string {
  return `
import fs from "node:fs"; import net from "node:net"; import { spawn } from "node:child_process"; import { Worker } from "node:worker_threads";
const codeOf = (attempt) => { try { attempt(); return "done"; } catch (error) { return error.code ?? error.name; } };
const attempts = {
  read: codeOf(() => fs.readFileSync("/etc/passwd")),
  write: codeOf(() => fs.writeFileSync(${JSON.stringify(target)}, "x")),
  process: codeOf(() => spawn("/bin/true")),
  thread: codeOf(() => new Worker("1", { eval: true })),
  code: codeOf(() => new Function("return 1")()),
  environment: Object.keys(process.env).filter((name) => !["PWD", "OLDPWD", "SHLVL", "_"].includes(name)).join(),
};
const socket = net.connect(${port}, "127.0.0.1");
const tell = (network) => { process.send({ ...attempts, network }); process.disconnect(); socket.destroy(); };
socket.once("connect", () => tell("connected")).once("error", (error) => tell(error.code));
`;
}
