import type { Operation } from "../types.ts";
import { meaningOf } from "./meaning.ts";
import { storedName, tableName } from "./names.ts";
import { isTooDeep, tooDeep } from "./nesting.ts";
import { parseSql } from "./parser.ts";
import { refusalOf, refusals } from "./refused.ts";
import { placeOf, type Source, sourceOf } from "./source.ts";

/** Longer statements are run but not read: parsing them would stall everything else. UTF-16 units. */
const longest = 256 * 1024;

export interface StatementMeaning {
  readonly operations: readonly Operation[];
  /** Why it could not be read; null when it was. */
  readonly skipped: string | null;
  /** Why it is never run; null when it may be. */
  readonly refused: string | null;
}

/**
 * What one statement does to the schema, read by the parser of PostgreSQL 18 itself. `at` spans are shifted by `offset`, the
 * statement's place in its file. Never throws: what the parser refuses comes back as `skipped`, in PostgreSQL's words.
 */
export function operationsOf(sql: string, offset: number): StatementMeaning {
  if (sql.includes("\0")) return { operations: [], skipped: null, refused: refusals.nul };
  if (sql.length > longest) return large(sql, offset);
  const source = sourceOf(sql, offset);
  if (isTooDeep(source.tokens)) return unread(tooDeep);
  const parsed = parseSql(sql);
  if ("error" in parsed) return unread(parsed.error);
  const nodes = (parsed.tree.stmts ?? []).flatMap(({ stmt }) => (stmt ? [stmt] : []));
  return {
    operations: nodes.flatMap((node) => meaningOf(node, source)),
    skipped: null,
    refused: nodes.map((node) => refusalOf(node, sql)).find((refusal) => refusal !== null) ?? null,
  };
}

/** A statement too large to be parsed: a plain load of rows is known by its first words, anything else is not read. */
function large(sql: string, offset: number): StatementMeaning {
  const source = sourceOf(sql.slice(0, 1000), offset);
  const table = loadedTable(source);
  if (table === null) return unread("it is larger than 256 kB");
  const at = placeOf(source, { start: 0, end: sql.length });
  return {
    operations: [{ kind: "write", verb: "insert", table, sets: [], filtered: true, at }],
    skipped: null,
    refused: null,
  };
}

/** The table of INSERT INTO or COPY. */
function loadedTable({ sql, tokens }: Source): string | null {
  const [first, second] = tokens;
  const start = first?.text === "insert" && second?.text === "into" ? 2 : 1;
  if (start === 1 && first?.text !== "copy") return null;
  const nameAt = (i: number) => {
    const token = tokens[i];
    return token?.kind === "word" || token?.kind === "quoted"
      ? storedName(sql.slice(token.start, token.end))
      : null;
  };
  const name = nameAt(start);
  const member = tokens[start + 1]?.text === "." ? nameAt(start + 2) : null;
  if (name === null) return null;
  return member === null ? tableName(undefined, name) : tableName(name, member);
}

function unread(skipped: string): StatementMeaning {
  return { operations: [], skipped, refused: null };
}
