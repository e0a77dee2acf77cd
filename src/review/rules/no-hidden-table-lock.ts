import { underLocks } from "../held-locks.ts";
import { isAtLeast, locksOnOld, waiting } from "../locks.ts";
import { defineRule } from "../rule.ts";
import { say } from "../text.ts";
import type { Lock, Operation, Problem, Statement } from "../types.ts";

export default defineRule({
  summary: "Know that triggers, policies and rules lock their table",
  why: "What looks like a note beside the table needs the table for itself: CREATE TRIGGER and DISABLE TRIGGER stop every write, DROP TRIGGER, row level security, policies, rules and REPLICA IDENTITY stop reads as well. The lock is short, but it waits for running queries, and later ones wait behind it until the transaction ends.",
  instead: "Set a short lock_timeout, keep the transaction short, and try again when it fails.",
  // The lock is seen, but short: how long it is waited for depends on the queries that run.
  severity: "info",
  ignoreWhen: "no query of the table runs for long, or lock_timeout is set and the migration is tried again.",
  sources: ["PostgreSQL documentation, section 13.3.1, Table-Level Locks"],
  check: {
    migration(migration, { run, onlyDown }) {
      if (!run || onlyDown) return;
      const said = new Set<string>();
      return underLocks(migration.up, run.up).flatMap(({ statement, run: seen, held }): Problem[] => {
        const what = titleOf(statement);
        if (what === null) return [];
        const lock = locksOnOld(seen, "SHARE ROW EXCLUSIVE").find(
          (one) => !isHeld(one, held) && !said.has(one.relation),
        );
        if (!lock) return [];
        said.add(lock.relation);
        return [
          {
            message: say`${[what]} makes ${[waiting(lock.mode) ?? "every write"]} of ${lock.relation} wait until the transaction ends.`,
            evidence: [say`${[lock.source]}: ${[lock.mode]} lock on ${lock.relation}`],
            at: statement.span,
            object: `${lock.relation} ${what}`,
          },
        ];
      });
    },
  },
});

function isHeld(
  { relation, mode }: Lock,
  held: readonly { readonly table: string; readonly mode: Lock["mode"] }[],
): boolean {
  return held.some((lock) => lock.table === relation && isAtLeast(lock.mode, mode));
}

function titleOf({ operations }: Statement): string | null {
  const titles = operations.map(titleOfOperation);
  return titles.find((title) => title !== null) ?? null;
}

const titles: Readonly<Record<string, string>> = {
  CreateTrigStmt: "CREATE TRIGGER",
  CreatePolicyStmt: "CREATE POLICY",
  AlterPolicyStmt: "ALTER POLICY",
  RuleStmt: "CREATE RULE",
  AT_EnableRowSecurity: "ENABLE ROW LEVEL SECURITY",
  AT_DisableRowSecurity: "DISABLE ROW LEVEL SECURITY",
  AT_ForceRowSecurity: "FORCE ROW LEVEL SECURITY",
  AT_NoForceRowSecurity: "NO FORCE ROW LEVEL SECURITY",
  AT_ReplicaIdentity: "REPLICA IDENTITY",
};

function titleOfOperation(operation: Operation): string | null {
  if (operation.kind === "other") return titles[operation.node] ?? null;
  if (operation.kind === "toggleTrigger") return operation.enabled ? "ENABLE TRIGGER" : "DISABLE TRIGGER";
  if (operation.kind !== "dropObject") return null;
  return ["trigger", "policy", "rule"].includes(operation.object)
    ? `DROP ${operation.object.toUpperCase()}`
    : null;
}
