import { judge } from "../review/check.ts";
import { type Config, defaultConfig, readConfig } from "../review/config.ts";
import { frameworks } from "../review/frameworks/index.ts";
import { leftOutBy, type PullTraits } from "../review/left-out.ts";
import {
  concernsDatabase,
  likelyHistory,
  noChanges,
  readChangeSet,
  readHistory,
  readNeighbours,
  type Texts,
  wantedFiles,
} from "../review/read.ts";
import { reportOf } from "../review/report/report.ts";
import { unreadableScript } from "../review/script.ts";
import type { Statistics } from "../review/statistics.ts";
import { decodeText } from "../review/text-file.ts";
import type { ChangeSet, Database, DryRun, HistoryEntry, Report, Script, Skipped } from "../review/types.ts";
import { type Proofs, proved } from "../review/verify.ts";
import type { DryRunRequest, Sandbox } from "../sandbox/dry-run.ts";
import { endedSuppressions, readBaseFacts } from "./base-facts.ts";
import { readContracts } from "./contracts.ts";
import { fixesOf } from "./fixes.ts";
import { runBehindNeighbour } from "./neighbours.ts";
import type { Blob, ChangedFile, Source, TreeFile } from "./source.ts";

export const configPath = ".github/drydock.yml";

export interface ReviewOptions {
  readonly signal?: AbortSignal;
  /** Whether fixes are run and offered; they are when left out. */
  readonly offersFixes?: boolean;
  /** Whether models are read; they are when left out. */
  readonly withModels?: boolean;
  /** Where the rules' pages stand; rules are not linked when left out. */
  readonly rulesUrl?: string | null;
  /** What may leave the pull request out; nothing does when left out. */
  readonly traits?: PullTraits;
  /** What is being done, for a person who waits. `of` is 0 where the end is not known. */
  onProgress?(progress: { phase: string; done: number; of: number }): void;
}

/** Reviews what a source holds; the pipeline with its sandbox, or a stand-in. */
export type Review = (source: Source, options: ReviewOptions) => Promise<Report>;

/**
 * Reviews what a pull request, or a branch of a checkout, does to its databases: read, run, judge, report.
 * Everything that could not be read or run is in the report. Rejects only when the source cannot be read or the signal aborts.
 */
export async function reviewChange(
  source: Source,
  sandbox: Sandbox,
  options: ReviewOptions = {},
): Promise<Report> {
  const clock = stopwatch();
  const today = new Date().toISOString().slice(0, 10);
  const changed = await source.changedFiles();
  if (changed.complete && !concernsDatabase(changed.files)) return reportOf(unconcerned(clock.timings()));

  const base = await source.baseFiles();
  const { config, skipped: configSkipped } = await readBaseConfig(
    source,
    base.files,
    historyAhead(changed.files, base.files),
  );
  const leftOut = options.traits ? leftOutBy(config.excludePulls, options.traits) : null;
  if (leftOut !== null) return reportOf({ ...unconcerned(clock.timings()), leftOut });
  const facts = await readBaseFacts(source, base.files, config);
  const { statistics, baseline } = facts;
  const { withModels = true } = options;
  const change = { changed: changed.files, base: base.files, config, withModels };
  const texts = await readWanted(source, change);
  clock.lap("fetch");

  const input = { ...change, texts };
  const read = withSkipped(readChangeSet(input), [
    ...configSkipped,
    ...facts.skipped,
    ...endedSuppressions(config, today, configPath),
    ...(await readHeadConfig(source, changed.files)),
    ...incomplete(changed.complete, "The pull request has more files than could be listed"),
    ...incomplete(base.complete, "The base branch has more files than could be listed"),
  ]);
  clock.lap("read");

  const contracts = await readContracts(source, read, base.files, (database, entries) =>
    readScripts(source, database, entries),
  );
  clock.lap("contracts");

  const runs: DryRun[] = [];
  const proofs: Proofs = { fixes: new Map(), sequences: new Set(), withheld: new Map() };
  const neighbours: Skipped[] = [];
  for (const database of read.databases) {
    options.signal?.throwIfAborted();
    const known = { statistics, baseline, today, contracts };
    const production = { config, statistics };
    const runAs = async (version = same<Database>, part = same<DryRun>) => {
      const again = fixesOf({ changes: read, database, input, ...known, proofs, lap: clock.lap });
      const rerun: DryRunRequest["rerun"] = (run) => {
        const next = again.rerun(part(run));
        return next && { ...next, database: version(next.database) };
      };
      const fixing = options.offersFixes === false ? options : { ...options, rerun };
      const run = await dryRun(source, sandbox, database, version(database), read, production, fixing);
      again.end();
      return part(run);
    };
    const found = await runBehindNeighbour({
      database,
      run: await runAs(),
      find: async () => {
        const all = await readWanted(source, { ...change, withNeighbours: true });
        return readNeighbours({ ...change, texts: all }, database, read.databases);
      },
      read: (entries) => readScripts(source, database, entries),
      rerun: runAs,
    });
    runs.push(found.run);
    neighbours.push(...found.skipped);
  }

  const changes = withSkipped(read, neighbours);
  const judged = { changes, runs, config, statistics, baseline, today, contracts };
  const { findings: found, accepted } = judge(judged);
  const findings = proved(found, proofs);
  clock.lap("check");
  return reportOf({
    changes,
    runs,
    findings,
    accepted,
    timings: clock.timings(),
    concerned: true,
    rulesUrl: options.rulesUrl ?? null,
    postgres: config.postgres,
  });
}

/** A short history comes along with the first files: it is replayed unless a migrated base is cached, and then it is small. */
function historyAhead(changed: readonly ChangedFile[], base: readonly TreeFile[]): readonly string[] {
  let bytes = 0;
  const small = likelyHistory(changed, base).filter(({ size }) => {
    bytes += size ?? mostAhead;
    return bytes <= mostAhead;
  });
  return small.map(({ digest }) => digest);
}

/** Bytes of the history that are read ahead. */
const mostAhead = 512 * 1024;

/** Reads what is wanted, until what was read makes nothing more wanted. */
export async function readWanted(
  source: Source,
  change: Omit<Parameters<typeof wantedFiles>[0], "texts">,
): Promise<Texts> {
  const texts = new Map<string, Uint8Array | { missing: string }>();
  for (let round = 0; round < mostRounds; round += 1) {
    const wanted = new Set(wantedFiles({ ...change, texts }).map(({ digest }) => digest));
    if (wanted.size === 0) break;
    for (const [digest, blob] of bytesOf(await source.read([...wanted]))) texts.set(digest, blob);
  }
  return texts;
}

/** A tool's files lead to one another, but not far: its configuration, its journal, its migrations; models by what they import. */
const mostRounds = 12;

/** Runs a version of a database's migrations. */
async function dryRun(
  source: Source,
  sandbox: Sandbox,
  database: Database,
  version: Database,
  changes: ChangeSet,
  { config, statistics }: { readonly config: Config; readonly statistics: Statistics | null },
  options: ReviewOptions & Pick<DryRunRequest, "rerun">,
): Promise<DryRun> {
  return sandbox.dryRun({
    database: version,
    scope: source.repository,
    loadHistory: () => loadHistory(source, version),
    ...queriesOf(changes, database),
    rows: config.rows,
    statistics,
    ...(options.onProgress && { onProgress: options.onProgress }),
    ...(options.signal && { signal: options.signal }),
    ...(options.rerun && { rerun: options.rerun }),
  });
}

/** Annotated queries are planned on the first PostgreSQL database: the comment does not say which one is meant. */
function queriesOf(changes: ChangeSet, database: Database) {
  const home = changes.databases.find(({ dialect, models }) => dialect === "postgresql" && !models?.isPushed);
  if (home !== database) return { queries: [] };
  return {
    queries: changes.queries.map(({ sql, baseSql }, index) => ({ index, sql, baseSql })),
    deployed: changes.deployed.map(({ sql }) => sql),
  };
}

function loadHistory(source: Source, database: Database): Promise<readonly Script[]> {
  return readScripts(source, database, database.history);
}

/** Migrations of a history, in the order that they are given in. */
async function readScripts(
  source: Source,
  database: Database,
  entries: readonly HistoryEntry[],
): Promise<readonly Script[]> {
  const framework = frameworks[database.framework];
  if (!framework) throw new Error(`no framework is called ${database.framework}`);
  const blobs = await source.read([...new Set(entries.map((entry) => entry.digest))]);
  const bytes = bytesOf(blobs);
  return entries.map((entry) => {
    const content = bytes.get(entry.digest) ?? { missing: "it was not found" };
    const script = readHistory(entry, framework, content, database.dialect);
    // So that the replay reports it.
    return "statements" in script ? script : unreadableScript(script.path, script.reason, "autocommit");
  });
}

/**
 * The configuration that counts: that of the base side, so that a pull request cannot disarm its own review. The blobs `ahead`
 * will be read soon.
 */
export async function readBaseConfig(
  source: Source,
  base: readonly TreeFile[],
  ahead: readonly string[] = [],
): Promise<{ config: Config; skipped: Skipped[] }> {
  const file = base.find((candidate) => candidate.path === configPath);
  const shared = await source.sharedConfig([...(file ? [file.digest] : []), ...ahead]);
  const own = file ? ((await source.read([file.digest])).get(file.digest) ?? notFound) : null;
  return configOf({ own, shared });
}

const notFound = { missing: "it was not found" } as const;

/** The configuration of a repository, and what the organisation says where that says nothing; null where there is none. */
export function configOf(texts: { readonly own: Blob | null; readonly shared: Blob | null }): {
  config: Config;
  skipped: Skipped[];
} {
  const shared = readSharedConfig(texts.shared);
  if (!texts.own) return shared;
  const { config, skipped } = readConfigBlob(texts.own, shared.config);
  return { config, skipped: [...shared.skipped, ...skipped] };
}

/** What the organisation says for all its repositories. */
function readSharedConfig(blob: Blob | null): { config: Config; skipped: Skipped[] } {
  if (!blob) return { config: defaultConfig, skipped: [] };
  const { config, skipped } = readConfigBlob(blob);
  const where = "the organisation's repository .github: ";
  return {
    config,
    skipped: skipped.map((one) => ({
      ...one,
      line: null,
      reason: `${where}${one.line === null ? "" : `line ${one.line}: `}${one.reason}`,
    })),
  };
}

/** What is to be said in comments; the usual, without asking, where there is nothing to say. */
export async function commentSettings(source: Source, report: Report): Promise<Config["comments"]> {
  if (report.findings.length === 0) return defaultConfig.comments;
  const { config } = await readBaseConfig(source, (await source.baseFiles()).files);
  return config.comments;
}

/** The head side's configuration does not count until it is merged; it is only checked for mistakes. */
async function readHeadConfig(
  source: Source,
  changed: readonly { path: string; digest: string | null }[],
): Promise<Skipped[]> {
  const file = changed.find((candidate) => candidate.path === configPath);
  if (!file?.digest) return [];
  const { skipped } = readConfigBlob((await source.read([file.digest])).get(file.digest));
  const later = "this version counts once it is merged; the base branch's was used here";
  return [...skipped, { path: configPath, line: null, reason: later, matters: false }];
}

function readConfigBlob(
  blob: Blob | undefined,
  under = defaultConfig,
): { config: Config; skipped: Skipped[] } {
  const text =
    blob && "bytes" in blob ? decodeText(blob.bytes) : { skipped: blob?.missing ?? "it was not found" };
  if ("skipped" in text) return { config: under, skipped: [configProblem(null, text.skipped)] };
  const { config, problems } = readConfig(text.text, configPath, under);
  return { config, skipped: problems.map(({ line, message }) => configProblem(line, message)) };
}

function configProblem(line: number | null, reason: string): Skipped {
  return { path: configPath, line, reason, matters: true };
}

function bytesOf(blobs: ReadonlyMap<string, Blob>): ReadonlyMap<string, Uint8Array | { missing: string }> {
  return new Map([...blobs].map(([digest, blob]) => [digest, "bytes" in blob ? blob.bytes : blob]));
}

function withSkipped(changes: ChangeSet, skipped: readonly Skipped[]): ChangeSet {
  return { ...changes, skipped: [...changes.skipped, ...skipped] };
}

function incomplete(complete: boolean, reason: string): Skipped[] {
  return complete ? [] : [{ path: "", line: null, reason, matters: true }];
}

/** The review of a pull request that concerns no database. */
export function unconcerned(timings: Readonly<Record<string, number>> = {}) {
  return { changes: noChanges, runs: [], findings: [], timings, concerned: false };
}

function same<Value>(value: Value): Value {
  return value;
}

function stopwatch() {
  const timings: Record<string, number> = {};
  let last = performance.now();
  return {
    lap(phase: string) {
      const now = performance.now();
      timings[phase] = (timings[phase] ?? 0) + now - last;
      last = now;
    },
    timings: () => ({ ...timings }),
  };
}
