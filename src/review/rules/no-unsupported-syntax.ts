import { bareName } from "../advice.ts";
import { defineRule, type MigrationContext } from "../rule.ts";
import { featuresBeyond } from "../sql/features.ts";
import { say } from "../text.ts";
import { isInTransaction } from "../transaction.ts";
import type { Migration, OperationOf, Problem, Script, Statement, Text } from "../types.ts";
import { since } from "../versions-of-postgres.ts";

export default defineRule({
  summary: "Use only what your PostgreSQL knows",
  why: "The sandbox runs a newer PostgreSQL than yours: what came after your version works here and fails in production, in the middle of a deploy.",
  instead:
    "Write it as your version knows it, or raise postgres: in .github/drydock.yml when production is newer.",
  // Certain by PostgreSQL's documentation, for the version that the configuration states.
  severity: "error",
  ignoreWhen: "only newer servers run this migration.",
  sources: [
    "PostgreSQL documentation, appendix E, Release Notes",
    "PostgreSQL documentation, ALTER TYPE, Notes",
  ],
  versions: "Speaks where postgres: in .github/drydock.yml states a version before 18.",
  check: {
    migration(migration, context) {
      const up = context.onlyDown ? [] : problemsOf(migration.up, "up", context);
      const down = migration.down ? problemsOf(migration.down, "down", context) : [];
      return [...up, ...down];
    },
    addConstraint({ table, constraint, at }, { postgres, before }) {
      const { kind, notValid, name } = constraint;
      if (kind !== "foreign-key" || !notValid || postgres >= since.notValidOnPartitioned) return;
      if (before?.tables.find((known) => known.name === table)?.kind !== "partitioned") return;
      return {
        message: say`PostgreSQL ${postgres} takes no foreign key with NOT VALID on a partitioned table, as ${table} is: this fails.`,
        instead: say`Add the foreign key to each partition as NOT VALID, validate them, then add it to ${table}.`,
        at,
        object: name === null ? table : `${table}.${name}`,
      };
    },
    addEnumValue(operation, { postgres, script, statement, migration }) {
      if (postgres >= since.enumValueInTransaction || !isInTransaction(script, statement)) return;
      if (isMadeHere(operation, migration, statement)) return;
      return {
        message: say`PostgreSQL ${postgres} adds no value to an enum inside a transaction: adding ${operation.value} to ${operation.type} fails.`,
        instead: say`Put ALTER TYPE … ADD VALUE in a migration of its own that runs outside a transaction.`,
        at: operation.at,
        object: `${operation.type} ${operation.value}`,
      };
    },
  },
});

function problemsOf(script: Script, side: "up" | "down", context: MigrationContext): Problem[] {
  const { postgres } = context;
  const own = ownFunctions(context);
  return script.statements.flatMap((statement) => {
    const beyond = featuresBeyond(postgres, statement.sql).filter(
      (feature) => feature.function === undefined || own?.has(feature.function) === false,
    );
    return beyond.map(({ name, since: first, instead }) => ({
      message: say`PostgreSQL ${postgres} does not know ${[name]}, which came with PostgreSQL ${first}: this fails.`,
      instead: advice(instead, postgres),
      at: statement.span,
      side,
      object: name,
    }));
  });
}

/** Functions that migrations make, by name alone; null when not all of them are known. */
function ownFunctions({ base, head, historyComplete }: MigrationContext): ReadonlySet<string> | null {
  if (!base || !head || !historyComplete) return null;
  return new Set(
    [...base.functions, ...head.functions].map(({ name }) => bareName(name.slice(0, name.indexOf("(")))),
  );
}

function advice(instead: string | null, postgres: number): Text {
  const newer = `If production runs a newer version than ${postgres}, state it as postgres: in .github/drydock.yml.`;
  return [instead === null ? newer : `${instead} ${newer}`];
}

/** An enum that the same transaction creates takes values there in every version. */
function isMadeHere({ type }: OperationOf<"addEnumValue">, { up }: Migration, { index }: Statement): boolean {
  return up.statements
    .slice(0, index)
    .some(({ operations }) => operations.some((one) => one.kind === "createType" && one.name === type));
}
