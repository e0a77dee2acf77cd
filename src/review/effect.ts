import { lockModes } from "./locks.ts";
import { runOf } from "./statement-run.ts";
import type {
  Effect,
  Lock,
  Migration,
  MigrationRun,
  Script,
  Span,
  Statement,
  StatementRun,
} from "./types.ts";

/** A statement of a change with what became of it. */
export interface Seen {
  readonly statement: Statement;
  readonly run: StatementRun | null;
}

/** The statements of a file that touch one of the spans, each with its run in the direction that the file is for. */
export function statementsAt(
  path: string,
  spans: readonly Span[],
  steps: readonly Migration[],
  runs: readonly MigrationRun[],
): readonly Seen[] {
  return steps.flatMap((step) => {
    const run = runs.find(({ migration }) => migration === step.id);
    const sides = [
      { script: step.up, seen: run?.up },
      { script: step.down, seen: run?.roundTrip?.down },
    ];
    return sides.flatMap(({ script, seen }) => {
      if (script?.path !== path) return [];
      return touched(script, spans).map((statement) => ({
        statement,
        run: (seen && runOf(seen.statements, statement.index)) ?? null,
      }));
    });
  });
}

/** What several statements did together to tables that are older than the pull request. */
export function effectOf(seen: readonly Seen[]): Effect {
  const runs = seen.flatMap(({ run }) => (run ? [run] : []));
  const failure = runs.map(({ outcome }) => outcome).find((outcome) => outcome.kind === "failed");
  return {
    locks: strongestLocks(runs.flatMap(({ locks }) => locks)),
    rewrites: unique(
      runs.flatMap(({ rewrites }) =>
        rewrites.filter(({ kind, isNew }) => kind === "table" && !isNew).map(({ relation }) => relation),
      ),
    ),
    scans: unique(
      runs.flatMap(({ scans }) => scans.filter(({ isNew }) => !isNew).map(({ relation }) => relation)),
    ),
    failure: failure?.kind === "failed" ? failure.message : null,
  };
}

function touched({ statements }: Script, spans: readonly Span[]): readonly Statement[] {
  return statements.filter(({ span }) =>
    spans.some(({ start, end }) => start <= span.end && end >= span.start),
  );
}

function strongestLocks(locks: readonly Lock[]): Effect["locks"] {
  const old = locks.filter(({ kind, isNew }) => kind === "table" && !isNew);
  return unique(old.map(({ relation }) => relation)).flatMap((relation) => {
    const [strongest] = old
      .filter((lock) => lock.relation === relation)
      .toSorted((a, b) => lockModes.indexOf(b.mode) - lockModes.indexOf(a.mode));
    return strongest ? [{ relation, mode: strongest.mode, source: strongest.source }] : [];
  });
}

function unique(names: readonly string[]): readonly string[] {
  return [...new Set(names)];
}
