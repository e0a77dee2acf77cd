import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { cacheDirectory } from "../../src/sandbox/cache-directory.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(path.join(os.tmpdir(), "drydock-directory-"));
});
afterEach(() => rmSync(root, { recursive: true }));

const inRoot = (...names: readonly string[]) => path.join(root, ...names);

it("is what was asked for, made if need be, for nobody else to read", () => {
  const asked = inRoot("a", "b");
  expect(cacheDirectory(asked, { DRYDOCK_CACHE: inRoot("c") })).toBe(asked);
  expect(statSync(asked).mode & 0o777).toBe(0o700);
});

it("is the first that the environment names", () => {
  const all = { DRYDOCK_CACHE: inRoot("c"), XDG_CACHE_HOME: inRoot("x"), HOME: inRoot("h") };
  expect(cacheDirectory(undefined, all)).toBe(inRoot("c"));
  expect(cacheDirectory(undefined, { ...all, DRYDOCK_CACHE: "" })).toBe(inRoot("x", "drydock"));
  expect(cacheDirectory(undefined, { HOME: inRoot("h") })).toBe(inRoot("h", ".cache", "drydock"));
});

it("is the next when one cannot be written", () => {
  writeFileSync(inRoot("file"), "");
  const environment = { DRYDOCK_CACHE: inRoot("file", "c"), XDG_CACHE_HOME: inRoot("x") };
  expect(cacheDirectory(undefined, environment)).toBe(inRoot("x", "drydock"));
  expect(path.dirname(cacheDirectory(undefined, {}))).toBe(os.tmpdir());
});

it("is none that others could have written to, unless it was named for this", () => {
  const open = inRoot("x", "drydock");
  mkdirSync(open, { recursive: true });
  chmodSync(open, 0o777);
  const environment = { XDG_CACHE_HOME: inRoot("x"), HOME: inRoot("h") };
  expect(cacheDirectory(undefined, environment)).toBe(inRoot("h", ".cache", "drydock"));
  expect(cacheDirectory(undefined, { DRYDOCK_CACHE: open })).toBe(open);
});
