import { check } from "../review/check.ts";
import type { Config } from "../review/config.ts";
import type { Contract } from "../review/contracts.ts";
import { altered, type ChangedFiles } from "../review/edited.ts";
import { readChangeSet } from "../review/read.ts";
import type { Statistics } from "../review/statistics.ts";
import type { ChangeSet, Database, DryRun } from "../review/types.ts";
import { type Attempt, type Proofs, verification } from "../review/verify.ts";
import type { DryRunRequest } from "../sandbox/dry-run.ts";

/** Milliseconds after which no further version of the change is run: what was not run is not offered. */
const budget = 10_000;

interface FixRequest {
  readonly changes: ChangeSet;
  readonly database: Database;
  /** What the change was read from. */
  readonly input: ChangedFiles & { readonly config: Config };
  /** What is known of production. */
  readonly statistics: Statistics | null;
  readonly baseline: ReadonlySet<string>;
  readonly contracts: readonly Contract[];
  /** As YYYY-MM-DD. */
  readonly today: string;
  readonly proofs: Proofs;
  lap(phase: string): void;
}

/**
 * Has the sandbox run what the findings of a database offer, while its engine still stands: the first run is judged, then
 * one version of the change after the other is run. Nothing is run when there is nothing to offer.
 */
export function fixesOf({ changes, database, input, proofs, lap, ...known }: FixRequest) {
  const { config } = input;
  const judge = (version: ChangeSet, run: DryRun, only?: ReadonlySet<string>) =>
    check({
      changes: {
        ...version,
        databases: version.databases.filter(({ directory }) => directory === run.directory),
      },
      runs: [run],
      config,
      ...known,
      ...(only && { only }),
    });
  const models = new Set(database.models?.head.map(({ path }) => path));
  let work: Generator<Attempt, void, DryRun> | null = null;
  let phase = "run";
  let started = 0;

  const rerun: NonNullable<DryRunRequest["rerun"]> = (run) => {
    lap(phase);
    phase = "fixes";
    if (!work) {
      started = performance.now();
      const findings = judge(changes, run);
      const reread = (alteration: Parameters<typeof altered>[1]) => {
        const files = altered(input, alteration);
        // Another version of the migrations is not compared with models.
        const withModels = alteration.edits.some(({ path }) => models.has(path));
        return files && readChangeSet({ ...files, withModels });
      };
      work = verification({ database, run, findings, proofs, reread, check: judge });
      return requestOf(work.next());
    }
    const next = work.next(run);
    return performance.now() - started > budget ? null : requestOf(next);
  };
  return { rerun, end: () => lap(phase) };
}

/** A sequence is run release by release: what running code sends is for those who release it. */
function requestOf({ value }: IteratorResult<Attempt, void>) {
  if (!value) return null;
  const { kind, database, levels } = value;
  if (kind === "fixes") return { database };
  return { database, queries: [], deployed: [], ...(levels && { levels }) };
}
