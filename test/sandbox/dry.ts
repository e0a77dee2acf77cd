import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { nothingBrought } from "../../src/review/framework.ts";
import { readScript } from "../../src/review/script.ts";
import type { Statistics } from "../../src/review/statistics.ts";
import type {
  Database,
  Dialect,
  DryRun,
  Migration,
  MigrationRun,
  Script,
  TransactionMode,
} from "../../src/review/types.ts";
import {
  createSandbox,
  type DryRunRequest,
  type Sandbox,
  type SandboxOptions,
} from "../../src/sandbox/dry-run.ts";
import { createBatch } from "../batch.ts";

export interface Step {
  readonly up: string;
  readonly down?: string;
  readonly status?: Migration["status"];
  readonly together?: boolean;
}

export interface Case {
  readonly history?: readonly string[];
  readonly steps?: readonly Step[];
  readonly mode?: TransactionMode;
  readonly dialect?: Dialect;
  readonly scope?: string;
  readonly queries?: DryRunRequest["queries"];
  readonly rows?: DryRunRequest["rows"];
  readonly statistics?: Statistics;
  readonly signal?: AbortSignal;
  readonly onProgress?: DryRunRequest["onProgress"];
  /** Other versions of the change, and what is seen of them. */
  readonly versions?: readonly ((steps: readonly Migration[]) => readonly Migration[])[];
  readonly isStepByStep?: boolean;
  /** Of other versions: steps that are compared as one, by migration. */
  readonly levels?: DryRunRequest["levels"];
  saw?(run: DryRun): void;
}

/** Dry runs of plain SQL texts, all in one process: fast, and only for texts that do no harm to the next. */
export function createSharedDry() {
  return dryOf(createBatch(), "");
}

/** Dry runs of plain SQL texts in a sandbox with a cache of its own. */
export function createDry(options: SandboxOptions = {}) {
  const cacheDirectory = mkdtempSync(path.join(os.tmpdir(), "drydock-"));
  return dryOf(createSandbox({ spares: 1, cacheDirectory, ...options }), cacheDirectory);
}

function dryOf(sandbox: Pick<Sandbox, "dryRun" | "close">, cacheDirectory: string) {
  let loads = 0;
  return {
    cacheDirectory,
    /** How many times a history was asked for. */
    loads: () => loads,
    async run({
      history = [],
      steps = [],
      mode = "implicit",
      dialect = "postgresql",
      ...rest
    }: Case): Promise<DryRun> {
      const { scope = "test", queries = [], rows = {}, statistics = null, signal, onProgress } = rest;
      const database = databaseOf({
        directory: "migrations",
        dialect,
        history: history.map((sql, i) => ({ path: fileOf(i, "up"), sql })),
        steps: steps.map((step, i) => migrationOf(step, i + history.length, mode)),
      });
      const { versions, isStepByStep = false, levels, saw } = rest;
      const left = [...(versions ?? [])];
      return sandbox.dryRun({
        database,
        scope,
        async loadHistory() {
          loads += 1;
          return history.map((sql, i) => readScript(fileOf(i, "up"), sql, mode));
        },
        queries,
        rows,
        statistics,
        isStepByStep,
        ...(signal && { signal }),
        ...(onProgress && { onProgress }),
        ...(versions && {
          rerun(run: DryRun) {
            saw?.(run);
            const next = left.shift();
            return next
              ? { database: { ...database, steps: next(database.steps) }, ...(levels && { levels }) }
              : null;
          },
        }),
      });
    },
    async close() {
      await sandbox.close();
      if (cacheDirectory) rmSync(cacheDirectory, { recursive: true, force: true });
    },
  };
}

export type Dry = ReturnType<typeof createDry>;

/** A database of golang-migrate with nothing beside its migrations. */
export function databaseOf({
  history,
  ...rest
}: Pick<Database, "directory" | "dialect" | "steps"> & {
  readonly history: readonly { readonly path: string; readonly sql: string }[];
}): Database {
  return {
    ...rest,
    framework: "golang-migrate",
    habits: { late: "skipped", duplicates: "refused", checksums: false, together: false },
    brought: nothingBrought,
    takenBack: [],
    models: null,
    snapshots: null,
    history: history.map(({ path: file, sql }, i) => ({
      path: file,
      version: String(i),
      digest: sql,
      settings: {},
    })),
  };
}

/** The only migration of a run. */
export function only(run: DryRun): MigrationRun {
  const [migration] = run.migrations;
  if (!migration || run.migrations.length > 1) throw new Error("not one migration");
  return migration;
}

/** "ran", or what became of each statement instead. */
export function outcomesOf(script: MigrationRun["up"] | undefined | null): string[] {
  return (script?.statements ?? []).map(({ outcome }) => {
    if (outcome.kind === "failed") return `${outcome.code} ${outcome.message}`;
    return outcome.kind === "not-evaluated" ? `not evaluated: ${outcome.reason}` : outcome.kind;
  });
}

/** E.g. "index orders_user_id_idx extra". */
export function differences(list: readonly { kind: string; identity: string; change: string }[]): string[] {
  return list.map(({ kind, identity, change }) => `${kind} ${identity} ${change}`);
}

function migrationOf(
  { up, down, status = "added", together = false }: Step,
  i: number,
  mode: TransactionMode,
): Migration {
  const script = (sql: string, direction: string): Script => readScript(fileOf(i, direction), sql, mode);
  return {
    id: `migrations/${i}`,
    version: String(i),
    name: `step ${i}`,
    up: script(up, "up"),
    down: down === undefined ? null : script(down, "down"),
    together,
    time: null,
    settings: {},
    downWaived: null,
    downPath: null,
    status,
    changed: status === "kept" ? [] : ["up", ...(down === undefined ? [] : (["down"] as const))],
    unchanged: [],
    former: null,
  };
}

function fileOf(i: number, direction: string): string {
  return `migrations/${i}.${direction}.sql`;
}
