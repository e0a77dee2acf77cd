import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { readScript } from "../../src/review/script.ts";
import type {
  DryRun,
  Migration,
  MigrationRun,
  Script,
  ScriptRun,
  TransactionMode,
} from "../../src/review/types.ts";
import { createSandbox, type DryRunRequest, type SandboxOptions } from "../../src/sandbox/dry-run.ts";
import { databaseOf } from "./dry.ts";

export interface SqliteStep {
  readonly up: string;
  readonly down?: string;
  readonly status?: Migration["status"];
}

export interface SqliteCase {
  readonly history?: readonly string[];
  readonly steps?: readonly SqliteStep[];
  readonly mode?: TransactionMode;
  readonly queries?: DryRunRequest["queries"];
  readonly signal?: AbortSignal;
  /** Other versions of the change. */
  readonly versions?: readonly (readonly SqliteStep[])[];
  saw?(run: DryRun): void;
}

/** Dry runs of plain SQL texts for SQLite, in a sandbox with a cache of its own. */
export function createSqliteDry(options: SandboxOptions = {}) {
  const cacheDirectory = mkdtempSync(path.join(os.tmpdir(), "drydock-"));
  const sandbox = createSandbox({ spares: 0, cacheDirectory, ...options });
  let loads = 0;
  return {
    cacheDirectory,
    loads: () => loads,
    async run({
      history = [],
      steps = [],
      mode = "transaction",
      queries = [],
      signal,
      versions,
      saw,
    }: SqliteCase): Promise<DryRun> {
      const left = [...(versions ?? [])];
      const version = (all: readonly SqliteStep[]) =>
        databaseOf({
          directory: "migrations/sqlite",
          dialect: "sqlite",
          history: history.map((sql, i) => ({ path: fileOf(i, "up"), sql })),
          steps: all.map((step, i) => migrationOf(step, i + history.length, mode)),
        });
      return sandbox.dryRun({
        database: version(steps),
        scope: "test",
        async loadHistory() {
          loads += 1;
          return history.map((sql, i) => scriptOf(sql, fileOf(i, "up"), mode));
        },
        queries,
        rows: {},
        ...(signal && { signal }),
        ...(versions && {
          rerun(run: DryRun) {
            saw?.(run);
            const next = left.shift();
            return next ? { database: version(next) } : null;
          },
        }),
      });
    },
    async close() {
      await sandbox.close();
      rmSync(cacheDirectory, { recursive: true, force: true });
    },
  };
}

/** The run of the only step. */
export function only({ migrations, lost }: DryRun): MigrationRun {
  const [run] = migrations;
  if (!run || migrations.length > 1 || lost !== null)
    throw new Error(`not one step: ${lost ?? migrations.length}`);
  return run;
}

/** "ran", or the kind and the reason or message, statement by statement. */
export function outcomes({ statements }: ScriptRun): string[] {
  return statements.map(({ outcome }) => {
    if (outcome.kind === "failed") return `failed: ${outcome.message}`;
    return outcome.kind === "not-evaluated" ? `not evaluated: ${outcome.reason}` : outcome.kind;
  });
}

function scriptOf(sql: string, file: string, mode: TransactionMode): Script {
  return readScript(file, sql, mode, undefined, "sqlite");
}

function migrationOf(
  { up, down, status = "added" }: SqliteStep,
  i: number,
  mode: TransactionMode,
): Migration {
  return {
    id: `migrations/sqlite/${i}`,
    version: String(i),
    name: `${i}_step`,
    up: scriptOf(up, fileOf(i, "up"), mode),
    down: down === undefined ? null : scriptOf(down, fileOf(i, "down"), mode),
    together: false,
    time: null,
    settings: {},
    downWaived: null,
    downPath: null,
    status,
    changed: ["up", "down"],
    unchanged: [],
    former: null,
  };
}

function fileOf(i: number, direction: string): string {
  return `migrations/sqlite/${i}_step.${direction}.sql`;
}
