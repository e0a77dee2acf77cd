import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { Engine } from "../../src/sandbox/engine.ts";
import { baseImage } from "../../src/sandbox/image.ts";
import { createKeeper, type Keeper, type KeeperOptions } from "../../src/sandbox/keeper.ts";
import { createLull } from "../../src/sandbox/lull.ts";
import { testCache } from "./cache.ts";

// Every test starts processes, and a build machine may be busy.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

const keepers: Keeper[] = [];
afterEach(async () => {
  await Promise.all(keepers.splice(0).map((keeper) => keeper.close()));
});

function keep(options: KeeperOptions = {}): Keeper {
  const keeper = createKeeper({ spares: 0, cacheDirectory: testCache, ...options });
  keepers.push(keeper);
  return keeper;
}

async function value(engine: Engine, sql: string): Promise<string | null | undefined> {
  return (await engine.exec(sql)).sets.at(-1)?.rows[0]?.[0];
}

describe("a lease", () => {
  it("is a database of its own, and nothing of it is left", async () => {
    const keeper = keep();
    const first = await keeper.lease();
    await first.exec("CREATE TABLE mine (i int)");
    const second = await keeper.lease();
    expect(await value(second, "SELECT to_regclass('mine')")).toBeNull();
    await first.close();
    expect((await first.exec("SELECT 1")).lost).toBe("the engine was closed");
    expect(await value(second, "SELECT 1")).toBe("1");
  });

  it("takes a warm spare, which has nothing of its warming up left, and another is made ready", async () => {
    const keeper = keep({ spares: 1 });
    await keeper.ready();
    const before = processes(process.pid);
    expect(before).toHaveLength(1);
    const engine = await keeper.lease();
    expect(processes(process.pid)).toEqual(before);
    expect(await value(engine, "SELECT count(*) FROM pg_class WHERE relname LIKE 'warm%'")).toBe("0");
    await engine.close();
    await keeper.ready();
    const after = processes(process.pid);
    expect(after).toHaveLength(1);
    expect(after).not.toEqual(before);
  });

  it("of an image makes the next spare start from it, by its key", async () => {
    const source = await keep().lease();
    await source.exec("CREATE TABLE kept AS SELECT 1 AS i");
    const image = (await source.dump()) ?? new Uint8Array();
    const keeper = keep({ spares: 1 });
    await keeper.ready();
    const first = await keeper.lease({ image, imageKey: "a" });
    expect(await value(first, "SELECT i FROM kept")).toBe("1");
    await first.close();
    await keeper.ready();
    const spare = processes(process.pid);
    const second = await keeper.lease({ image, imageKey: "a" });
    expect(await value(second, "SELECT i FROM kept")).toBe("1");
    expect(processes(process.pid)).toEqual(spare);
    await second.close();
    await keeper.ready();
    const third = await keeper.lease();
    expect(await value(third, "SELECT to_regclass('kept')")).toBeNull();
  });

  it("leaves a spare of each of the last bases, and no more than are wanted", async () => {
    const image = await baseImage(testCache);
    const keeper = keep({ spares: 2 });
    await keeper.ready();
    const [empty] = processes(process.pid);
    keeper.prefer({ image, imageKey: "a" });
    await keeper.ready();
    const second = processes(process.pid).filter((pid) => pid !== empty);
    keeper.prefer({ image, imageKey: "b" });
    await keeper.ready();
    await expect.poll(() => processes(process.pid).length).toBe(2);
    const third = processes(process.pid).filter((pid) => !second.includes(pid));
    await (await keeper.lease({ image, imageKey: "a" })).close();
    expect(second.filter(isRunning)).toEqual([]);
    await (await keeper.lease({ image, imageKey: "b" })).close();
    expect(third.filter(isRunning)).toEqual([]);
  });

  it("gives up a spare whose image is gone, and has another", async () => {
    const keeper = keep({ spares: 2 });
    await keeper.ready();
    await (await keeper.lease()).close();
    keeper.prefer({ image: path.join(os.tmpdir(), "no-such-image.tar"), imageKey: "gone" });
    await expect(keeper.ready()).rejects.toThrow();
    await keeper.ready();
    expect(processes(process.pid)).toHaveLength(1);
  });

  it("starts the next spare when nobody waits any more", async () => {
    const lull = createLull();
    const keeper = keep({ spares: 1, lull });
    await keeper.ready();
    const end = lull.busy();
    await (await keeper.lease()).close();
    await sleep(400);
    expect(processes(process.pid)).toEqual([]);
    end();
    await expect.poll(() => processes(process.pid).length, { timeout: 10_000 }).toBe(1);
  });

  it("takes an image from a file", async () => {
    const engine = await keep().lease({ image: await baseImage(testCache), imageKey: "file" });
    expect(await value(engine, "SELECT 1")).toBe("1");
  });

  it("of something that is no image says so", async () => {
    const image = new TextEncoder().encode("no archive");
    await expect(keep().lease({ image })).rejects.toThrow("The sandbox's database could not be started");
  });

  it("from a closed keeper is refused, and closing ends every process", async () => {
    const keeper = keep({ spares: 1 });
    const engine = await keeper.lease();
    await keeper.close();
    expect(processes(process.pid)).toEqual([]);
    expect((await engine.exec("SELECT 1")).lost).toBe("the engine was closed");
    await expect(keeper.lease()).rejects.toThrow("The keeper is closed");
  });
});

describe("the base image", () => {
  it("is built once, by however many want it, and made again when it is damaged", async () => {
    const directory = mkdtempSync(path.join(os.tmpdir(), "drydock-cache-"));
    try {
      const files = await Promise.all([baseImage(directory), baseImage(directory)]);
      expect(new Set(files).size).toBe(1);
      expect(readdirSync(directory)).toHaveLength(1);
      const file = files[0];
      writeFileSync(file, readFileSync(file).subarray(0, 100_000));
      const engine = await keep({ cacheDirectory: directory }).lease();
      expect(await value(engine, "SELECT 1")).toBe("1");
      expect(readdirSync(directory)).toHaveLength(1);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});

describe.runIf(process.platform === "linux")("nothing is left running", () => {
  const busy = `await engine.exec("SELECT pg_sleep(3600)", { timeout: 600000 })`;
  const waiting = `setInterval(() => {}, 1000)`;

  it.each([
    ["SIGTERM", "waits", waiting],
    ["SIGKILL", "waits", waiting],
    ["SIGTERM", "is busy", busy],
    ["SIGKILL", "is busy", busy],
  ] as const)("after %s while an engine %s", async (signal, _, work) => {
    const { parent, children } = await startParent(work);
    if (work === busy) await sleep(300);
    parent.kill(signal);
    await expect.poll(() => children.filter(isRunning), { timeout: 10_000 }).toEqual([]);
  });

  it("when the parent simply ends, which spares do not keep it from", async () => {
    const { parent, children } = await startParent("");
    const code = await new Promise((resolve) => parent.once("exit", resolve));
    expect(code).toBe(0);
    await expect.poll(() => children.filter(isRunning), { timeout: 10_000 }).toEqual([]);
  });
});

/** A process with a keeper and a leased engine, and the process ids of its databases. */
async function startParent(work: string): Promise<{ parent: ChildProcess; children: readonly number[] }> {
  const keeper = path.resolve(import.meta.dirname, "../../dist/sandbox/keeper.js");
  const script = `
    import { createKeeper } from ${JSON.stringify(keeper)};
    const keeper = createKeeper({ spares: 0, cacheDirectory: ${JSON.stringify(testCache)} });
    const engine = await keeper.lease();
    process.send("leased");
    await new Promise((resolve) => process.once("message", resolve));
    process.disconnect();
    ${work}`;
  const args = ["--input-type=module", "--eval", script];
  const parent = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "inherit", "ipc"] });
  await new Promise((resolve, reject) => {
    parent.once("message", resolve);
    parent.once("exit", reject);
  });
  const children = processes(parent.pid ?? 0);
  expect(children).toHaveLength(1);
  parent.send("go on");
  return { parent, children };
}

/** Process ids of the databases that a process has started and that are running. */
function processes(parent: number): readonly number[] {
  return readdirSync("/proc")
    .map(Number)
    .filter((pid) => pid > 0 && parentOf(pid) === parent && isRunning(pid) && isDatabase(pid));
}

function isDatabase(pid: number): boolean {
  return readProcess(pid, "cmdline").includes("child.js");
}

function parentOf(pid: number): number {
  return Number(/^PPid:\s+(\d+)/m.exec(readProcess(pid, "status"))?.[1] ?? 0);
}

function isRunning(pid: number): boolean {
  const state = /^State:\s+(\w)/m.exec(readProcess(pid, "status"))?.[1];
  return state !== undefined && state !== "Z" && state !== "X";
}

function readProcess(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return "";
  }
}
