import type { Framework, Worded } from "./framework.ts";
import { isVerbatim } from "./script.ts";
import { operationsOf } from "./sql/operations.ts";
import type { Problem, Statement, Text } from "./types.ts";

interface Place extends Pick<Worded, "script" | "settings"> {
  readonly framework: Framework;
  /** null where it is about the migration as a whole. */
  readonly statement: Statement | null;
}

/** A problem whose advice says in the tool's words what it says in SQL. Who writes SQL there is answered in SQL. */
export function inWords(problem: Problem, { framework, script, statement, settings }: Place): Problem {
  const { wording } = framework;
  const written = statement ? [statement] : script.statements;
  if (!wording || written.every((one) => isVerbatim(script, one))) return problem;
  const put = (text: Text): Text =>
    text.map((part) =>
      typeof part === "string" || !isStatement(part.code)
        ? part
        : { code: wording.word(part.code.replace(/;\s*$/, ""), settings) },
    );
  const { instead, fix } = problem;
  return {
    ...problem,
    ...(instead && { instead: put(instead) }),
    ...(fix && { fix: { ...fix, followUp: fix.followUp && put(fix.followUp) } }),
  };
}

/** A whole statement for a migration, not a name or words of one, nor what a person asks the database. */
function isStatement(code: string): boolean {
  if (!statement.test(code)) return false;
  const { operations, skipped } = operationsOf(code, 0);
  return skipped === null && operations.length > 0;
}

const statement =
  /^(?:(?:ALTER|CREATE|DELETE|DO|DROP|GRANT|INSERT|RESET|REVOKE|SET|UPDATE)\s|SELECT\s+setval\()/i;
