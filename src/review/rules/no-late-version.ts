import { lateIn, timeIn } from "../framework.ts";
import { fileNameOf } from "../paths.ts";
import { defineRule, type MigrationContext } from "../rule.ts";
import { say } from "../text.ts";
import type { Habits, Migration, Problem, Span, Text } from "../types.ts";
import { compareVersions } from "../versions.ts";

export default defineRule({
  summary: "Number a migration above all that the base branch has",
  why: "Databases that have run the base branch's last migration are beyond this version: depending on the tool it is skipped there without a word, or stops the deploy; only new databases get it.",
  instead: "Give the migration a version above the last one of the base branch.",
  // Certain where the tool is known to skip it.
  severity: "error",
  dialects: ["postgresql", "sqlite"],
  ignoreWhen: "the tool is set up to run migrations out of order.",
  sources: [
    "golang-migrate documentation, GETTING_STARTED.md and FAQ.md",
    "goose documentation, Hybrid Versioning",
    "Flyway documentation, Out Of Order",
  ],
  check: {
    migration(migration, context) {
      const late = lateIn(migration.settings, context.database.habits);
      if (migration.status !== "added") return;
      if (migration.time !== null) return earlierProblem(migration, migration.time, context);
      if (late === "run" || !isNumbered(migration.version)) return;
      const { orderOf } = context.framework;
      const last = lastOnBase(context);
      if (!last || compareVersions(orderOf(migration.version), orderOf(last.version)) >= 0) return;
      const severity = severities[late];
      return {
        message: say`${migration.name} has version ${migration.version}, below ${last.version}, which the base branch already has: ${effectOf(late, context.framework)}.`,
        evidence: [say`on the base branch: ${last.path}`],
        instead: say`Give it a version above ${last.version}${nextOf(last.version)}.`,
        object: migration.name,
        severity,
        at: beginning(migration),
      };
    },
  },
});

/** A tool that goes by times knows no versions: it runs what is later than the last that ran, and nothing else. */
function earlierProblem(
  migration: Migration,
  time: number,
  { database, framework }: MigrationContext,
): Problem | undefined {
  const { name } = migration;
  const old = [
    ...database.history.map(({ path, settings }) => ({ path, time: timeIn(settings) })),
    ...database.steps
      .filter(({ status }) => status !== "added")
      .map((step) => ({ path: step.up.path, time: step.time })),
  ];
  const last = old.reduce<Timed | null>(
    (latest, one) =>
      one.time !== null && one.time > (latest?.time ?? 0) ? { ...one, time: one.time } : latest,
    null,
  );
  if (!last || time > last.time) return;
  return {
    message: say`${name} has a time that is not later than that of ${nameOf(last.path)}, which the base branch already has: ${[framework.title]} goes on from the last time that ran, and never runs it there.`,
    evidence: [say`on the base branch: ${last.path}`],
    instead: say`Generate it again, on top of the base branch.`,
    object: name,
    severity: severities.skipped,
    at: beginning(migration),
  };
}

function beginning({ up }: Migration): Span {
  const start = up.statements[0]?.span.start ?? 0;
  return { start, end: start };
}

interface Timed {
  readonly path: string;
  readonly time: number;
}

function nameOf(path: string): string {
  return fileNameOf(path).replace(/\.sql$/, "");
}

/** A tool that refuses it has a switch to run it all the same, which no file need show. */
const severities = { skipped: "error", refused: "warning", unknown: "info" } as const;

function effectOf(late: Habits["late"], framework: MigrationContext["framework"]): Text {
  switch (late) {
    case "skipped":
      return say`${[framework.title]} goes on from the last version that ran, and never runs it there`;
    case "refused":
      return say`${[framework.title]} stops with an error where that one has run`;
    default:
      return say`many tools never run it where that one has run`;
  }
}

interface Numbered {
  readonly version: string;
  readonly path: string;
}

/** The greatest version that the base side has, with its file. */
function lastOnBase({ database, framework }: MigrationContext): Numbered | undefined {
  const old = database.steps
    .filter(({ status }) => status !== "added")
    .map(({ version, up }: Migration): Numbered => ({ version, path: up.path }));
  return [...database.history, ...old]
    .filter(({ version }) => isNumbered(version))
    .toSorted((a, b) => compareVersions(framework.orderOf(a.version), framework.orderOf(b.version)))
    .at(-1);
}

function isNumbered(version: string): boolean {
  return /^\d/.test(version);
}

/** The next number where versions are counted; dates are for the author to choose. */
function nextOf(version: string): Text {
  if (!/^\d{1,7}$/.test(version)) return [];
  return say`, e.g. ${String(Number(version) + 1).padStart(version.length, "0")}`;
}
