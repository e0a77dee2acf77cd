import { type Asked, problemsOf } from "./asked.ts";
import { builtModels } from "./built-models.ts";
import { findingOf } from "./finding.ts";
import { modelAdditionsOf } from "./model-additions.ts";
import { modelChangesOf } from "./model-changes.ts";
import { orms } from "./orms/index.ts";
import type { Context } from "./rule.ts";
import { staleSnapshotOf } from "./stale-snapshot.ts";
import type { DryRun, Finding } from "./types.ts";

/** What the rules say of models and snapshots, which are judged by the schema that all migrations leave. */
export function checkModels(asked: readonly Asked[], context: Context, run: DryRun | null): Finding[] {
  if (!run || !context.head) return [];
  return [
    ...checkDrift(asked, context),
    ...checkSnapshot(asked, context, run),
    ...checkModelAdditions(asked, context, run),
    ...checkModelChanges(asked, context, run),
  ];
}

/** What models change whose database follows them without migrations. */
function checkModelChanges(asked: readonly Asked[], context: Context, run: DryRun): Finding[] {
  const { models } = context.database;
  const push = models && orms[models.orm]?.push;
  const base = builtModels(context.database, run, "base");
  if (!push || !base) return [];
  return modelChangesOf(context.database, run).flatMap((change) =>
    asked.flatMap(({ id, rule, override }) =>
      problemsOf(
        rule.check.modelChange?.(change, {
          ...context,
          push,
          before: base.schema,
          rewrites: run.models?.rewrites ?? [],
        }),
      ).map((problem) =>
        findingOf(id, rule, problem, change, `${change.kind} ${change.before} ${change.after}`, override),
      ),
    ),
  );
}

/** What only the models add: a migration that brings it is judged itself. */
function checkModelAdditions(asked: readonly Asked[], context: Context, run: DryRun): Finding[] {
  const found = modelAdditionsOf(context.database, run);
  if (!found) return [];
  const { added, base, head, express } = found;
  return asked.flatMap(({ id, rule, override }) =>
    problemsOf(rule.check.additions?.(added, { ...context, base, head })).flatMap((problem) => {
      const { place } = problem;
      if (!place) return [];
      return [findingOf(id, rule, express(problem, rule), place, "model", override)];
    }),
  );
}

function checkDrift(asked: readonly Asked[], context: Context): Finding[] {
  return context.drift.flatMap((drift) =>
    asked.flatMap(({ id, rule, override }) =>
      problemsOf(rule.check.drift?.(drift, context)).map((problem) =>
        findingOf(id, rule, problem, drift, `${drift.kind} ${drift.model} ${drift.migrations}`, override),
      ),
    ),
  );
}

function checkSnapshot(asked: readonly Asked[], context: Context, run: DryRun): Finding[] {
  const { snapshot } = context.framework;
  const stale = snapshot && staleSnapshotOf(context.database, run, snapshot);
  if (!stale) return [];
  return asked.flatMap(({ id, rule, override }) =>
    problemsOf(rule.check.snapshot?.(stale, snapshot)).map((problem) =>
      findingOf(id, rule, problem, stale, "snapshot", override),
    ),
  );
}
