import { defineRule, type OperationContext } from "../rule.ts";
import { readToken } from "../sql/lexer.ts";
import { storedName } from "../sql/names.ts";
import { runOf } from "../statement-run.ts";
import { say } from "../text.ts";
import type { Problem, Span, Statement } from "../types.ts";

export default defineRule({
  summary: "Keep names within 63 bytes",
  why: "PostgreSQL cuts longer names silently. Tools then look for a name that is not there, and two names that begin alike become one.",
  instead: "Choose a shorter name.",
  // An error where two names were seen to become one, else advice.
  severity: "error",
  explains: ["42P07", "42710", "42701", "42P06", "42723"],
  ignoreWhen: "whatever uses the name cuts it as well.",
  sources: ["PostgreSQL documentation, section 4.1.1, Identifiers and Key Words"],
  check: {
    createTable: ({ at }, context) => collision(at, context),
    createIndex: ({ at }, context) => collision(at, context),
    addConstraint: ({ at }, context) => collision(at, context),
    addColumn: ({ at }, context) => collision(at, context),
    migration({ up, name: migration }, { onlyDown, run }) {
      if (onlyDown) return;
      return up.statements.flatMap((statement): Problem[] => {
        const failed = (run && runOf(run.up.statements, statement.index))?.outcome.kind === "failed";
        const [name] = failed ? [] : longNames(statement);
        if (!name) return [];
        return [
          {
            message: say`PostgreSQL cuts ${name.written} to ${name.stored}.`,
            at: { start: statement.span.start + name.start, end: statement.span.start + name.end },
            object: `${migration} ${name.stored}`,
            severity: "info",
          },
        ];
      });
    },
  },
});

function collision(at: Span, { run, statement }: OperationContext): Problem | undefined {
  const failed = run?.outcome.kind === "failed" ? run.outcome : null;
  const name = failed && longNames(statement).find(({ stored }) => failed.message.includes(`"${stored}"`));
  if (!failed || !name) return;
  return {
    message: say`${name.written} is cut to ${name.stored}, which is taken: this statement fails.`,
    evidence: [say`observed: PostgreSQL answered ${failed.message} (${[failed.code]})`],
    at,
    object: name.stored,
  };
}

interface LongName extends Span {
  readonly written: string;
  readonly stored: string;
}

function longNames({ sql }: Statement): LongName[] {
  const names: LongName[] = [];
  for (let token = readToken(sql, 0, sql.length); token; token = readToken(sql, token.end, sql.length)) {
    const { kind, start, end } = token;
    if ((kind !== "word" && kind !== "quoted") || end - start <= 21) continue;
    const written =
      kind === "word" ? sql.slice(start, end) : sql.slice(start + 1, end - 1).replaceAll('""', '"');
    const stored = storedName(sql.slice(start, end));
    if (new TextEncoder().encode(written).length > new TextEncoder().encode(stored).length)
      names.push({ written, stored, start, end });
  }
  return names;
}
