import type { Framework } from "../framework.ts";
import { canRunTwice } from "../repeatable.ts";
import { defineRule } from "../rule.ts";
import { say } from "../text.ts";
import type { Fix, Script, Span, Statement } from "../types.ts";

export default defineRule({
  summary: "Leave the transaction to the tool that runs the migration",
  why: "The tool has begun a transaction already: BEGIN inside it does nothing, and COMMIT ends the tool's own. What follows, and the tool's note that the migration ran, are then no longer taken back together when something fails.",
  instead: "Take BEGIN and COMMIT out, or tell the tool to run the file without a transaction.",
  // Harm is done only when something fails later.
  severity: "warning",
  ignoreWhen: "the tool is set up to run files without a transaction.",
  sources: ["PostgreSQL documentation, BEGIN and COMMIT, Notes"],
  check: {
    migration({ up, name }, { framework, onlyDown }) {
      if (onlyDown || up.transaction !== "transaction") return;
      const own = up.statements.filter((one) => verbOf(one) !== null);
      const end = own.find((one) => verbOf(one) !== "begin");
      if (!end || isOnlyWayOut(up, end, framework)) return;
      return {
        message: say`${[framework.title]} runs this migration in a transaction, which ends with this ${[(verbOf(end) ?? "").toUpperCase()]}: what comes after it is not taken back with the rest when it fails.`,
        at: end.span,
        object: name,
        fix: fixOf(up, own),
      };
    },
  },
});

function verbOf({ operations }: Statement): "begin" | "commit" | "rollback" | null {
  const [operation] = operations;
  if (operation?.kind !== "transaction" || operation.verb === "savepoint") return null;
  return operation.verb;
}

/**
 * A COMMIT before what can run in no transaction, of a tool that has no other way to leave its own; when something fails, the
 * whole file can run again.
 */
function isOnlyWayOut(up: Script, end: Statement, framework: Framework): boolean {
  const [outside] = up.statements.slice(end.index).filter(isConcurrent);
  return (
    verbOf(end) === "commit" &&
    outside !== undefined &&
    framework.wording === null &&
    framework.leave({ ...up, statements: [outside] }) === null &&
    up.statements.every((one) => canRunTwice(up, one))
  );
}

function isConcurrent({ operations }: Statement): boolean {
  return operations.some((one) => "concurrently" in one && one.concurrently);
}

/** BEGIN first and COMMIT last, around everything else: both can go. */
function fixOf(up: Script, own: readonly Statement[]): Fix | null {
  const [begin, commit] = own;
  const isAround =
    begin === up.statements[0] &&
    commit === up.statements.at(-1) &&
    own.length === 2 &&
    up.statements.length > 2;
  if (!begin || !commit || !isAround || verbOf(commit) !== "commit") return null;
  const edits = [begin, commit].map((one) => ({ path: up.path, ...lineOf(one.span, up), text: "" }));
  const beyond = say`Or tell the tool to run the file without a transaction.`;
  return { title: "Leave the transaction to the tool", edits, followUp: null, beyond };
}

/** The statement with its semicolon, and the rest of its line when nothing else stands on it. */
function lineOf({ start, end }: Span, { text }: Script): Span {
  const after = /^\s*;[^\S\n]*\n?/.exec(text.slice(end));
  return { start, end: end + (after?.[0].length ?? 0) };
}
