import { arrange } from "../review/finding.ts";
import { isQueryPath } from "../review/queries.ts";
import { readChangeSet } from "../review/read.ts";
import { reportOf } from "../review/report/report.ts";
import type { Accepted, ChangeSet, Database, DryRun, Finding, Migration, Report } from "../review/types.ts";
import type { Sandbox } from "../sandbox/dry-run.ts";
import { configPath, type ReviewOptions, readBaseConfig, readWanted, reviewChange } from "./review.ts";
import type { ChangedFile, Source, TreeFile } from "./source.ts";

/** What is said of all of a repository. */
export interface WholeReview {
  readonly report: Report;
  /** The findings as each migration's own review has them: fingerprints of a whole report tell equal ones apart. */
  readonly findings: readonly Finding[];
  readonly accepted: readonly Accepted[];
}

/**
 * Reviews every migration of the base side as if it were a pull request of its own on top of those before it: what has been
 * merged long ago is judged as a new one would be. Queries of the application are left out, as they are those of today.
 */
export async function reviewWhole(
  source: Source,
  sandbox: Sandbox,
  options: ReviewOptions = {},
): Promise<WholeReview> {
  const { files } = await source.baseFiles();
  const changes = await wholeChangeSet(source, files);
  const steps = changes.databases.flatMap((database) => database.steps.map((step) => ({ database, step })));
  const reports: Report[] = [];
  for (const [i, { database, step }] of steps.entries()) {
    options.signal?.throwIfAborted();
    options.onProgress?.({ phase: "migrations", done: i, of: steps.length });
    const alone = sourceOf(source, files, changes, { database, step });
    const { signal, rulesUrl = null } = options;
    reports.push(
      await reviewChange(alone, sandbox, {
        ...(signal && { signal }),
        rulesUrl,
        offersFixes: false,
        // They are those of today.
        withModels: false,
      }),
    );
  }
  return {
    report: merged(reports, changes, options),
    findings: reports.flatMap(({ findings }) => findings),
    accepted: reports.flatMap(({ accepted }) => accepted),
  };
}

/** All of the repository as one change of an empty one. */
async function wholeChangeSet(source: Source, files: readonly TreeFile[]): Promise<ChangeSet> {
  const { config } = await readBaseConfig(source, files);
  const isKept = (file: TreeFile) => file.path.startsWith(folderOf(configPath));
  const change = {
    changed: files.filter((file) => !isKept(file)).map(added),
    base: files.filter(isKept),
    config,
    withModels: false,
  };
  return readChangeSet({ ...change, texts: await readWanted(source, change) });
}

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/") + 1);
}

function added({ path, digest }: TreeFile): ChangedFile {
  return { path, previousPath: null, status: "added", digest, patch: null };
}

/** The repository as it was before one migration, which alone is added. */
function sourceOf(
  source: Source,
  files: readonly TreeFile[],
  { databases }: ChangeSet,
  { database, step }: { readonly database: Database; readonly step: Migration },
): Source {
  const migrations = new Set(databases.flatMap(({ steps }) => steps.flatMap(pathsOf)));
  const later = new Set(database.steps.slice(database.steps.indexOf(step)).flatMap(pathsOf));
  const own = new Set(pathsOf(step));
  const base = files.filter(({ path }) => !later.has(path) && (migrations.has(path) || !isQueryPath(path)));
  return {
    repository: source.repository,
    base: source.base,
    head: source.head,
    changedFiles: async () => ({
      files: files.filter(({ path }) => own.has(path)).map(added),
      complete: true,
    }),
    baseFiles: async () => ({ files: base, complete: true }),
    read: (digests) => source.read(digests),
    sharedConfig: (ahead) => source.sharedConfig(ahead),
    // The code is that of today, and had other names when the migration was new.
    search: async () => ({ unknown: "all migrations are reviewed, and the code of their time is not there" }),
    origins: (paths, ahead) => source.origins(paths, ahead),
  };
}

function pathsOf({ up, down }: Migration): string[] {
  return down === null ? [up.path] : [up.path, down.path];
}

/** One report of all: each database with every migration, in order. */
function merged(reports: readonly Report[], whole: ChangeSet, { rulesUrl = null }: ReviewOptions): Report {
  const databases = whole.databases.map((database) => mergedDatabase(database, reports));
  const changes = {
    databases,
    refusals: reports.flatMap((report) => report.changes.refusals),
    queries: [],
    deployed: [],
    code: [],
    suppressions: reports.flatMap((report) => report.changes.suppressions),
    skipped: distinct([...whole.skipped, ...reports.flatMap((report) => report.skipped)]).filter(
      ({ path }) =>
        !isQueryPath(path) ||
        databases.some(({ steps }) => steps.some((step) => pathsOf(step).includes(path))),
    ),
  };
  return reportOf({
    changes,
    runs: databases.flatMap((database) => mergedRun(database, reports) ?? []),
    findings: arrange(reports.flatMap(({ findings }) => findings)),
    accepted: reports.flatMap(({ accepted }) => accepted),
    timings: timingsOf(reports),
    concerned: databases.length > 0,
    rulesUrl,
    receipt: {
      unsized: reports.flatMap(({ receipt }) => receipt.unsized),
      postgres: reports.find(({ receipt }) => receipt.postgres !== null)?.receipt.postgres ?? null,
    },
  });
}

function mergedDatabase(database: Database, reports: readonly Report[]): Database {
  const steps = ofDirectory(database, reports).flatMap(({ own }) =>
    own.steps.filter(({ status }) => status !== "kept").map((step) => ({ ...step, id: step.up.path })),
  );
  return { ...database, history: [], steps };
}

function mergedRun(database: Database, reports: readonly Report[]): DryRun | null {
  const runs = ofDirectory(database, reports).flatMap(({ own, report }) => {
    const run = report.runs.find(({ directory }) => directory === own.directory);
    return run ? [{ own, run }] : [];
  });
  const [first, last] = [runs[0]?.run, runs.at(-1)?.run];
  if (!first || !last) return null;
  const migrations = runs.flatMap(({ own, run }) =>
    run.migrations.flatMap((migration) => {
      const step = own.steps.find(({ id }) => id === migration.migration);
      return step ? [{ ...migration, migration: step.up.path }] : [];
    }),
  );
  return {
    ...last,
    base: first.base,
    history: { ...last.history, migrations: 0, statements: 0, failed: [] },
    standIns: [...new Set(runs.flatMap(({ run }) => run.standIns))],
    migrations,
    queries: [],
    models: null,
    snapshots: null,
    lost: runs.find(({ run }) => run.lost !== null)?.run.lost ?? null,
  };
}

function ofDirectory({ directory }: Database, reports: readonly Report[]) {
  return reports.flatMap((report) =>
    report.changes.databases.filter((own) => own.directory === directory).map((own) => ({ own, report })),
  );
}

function timingsOf(reports: readonly Report[]): Record<string, number> {
  const sum: Record<string, number> = {};
  for (const { timings } of reports)
    for (const [phase, ms] of Object.entries(timings)) sum[phase] = (sum[phase] ?? 0) + ms;
  return sum;
}

function distinct<Value>(values: readonly Value[]): Value[] {
  return [...new Map(values.map((value) => [JSON.stringify(value), value])).values()];
}
