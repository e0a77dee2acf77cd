import type { Span } from "../types.ts";
import type { TokenKind } from "./lexer.ts";
import { readSqliteToken, unquoted } from "./sqlite-lexer.ts";

/** A token of a statement for SQLite; never a comment. */
export interface SqliteToken extends Span {
  readonly kind: TokenKind;
  /** A word in lower case, or a symbol; "" for constants and quoted names. */
  readonly text: string;
  /** As a name: without quotes, in the case in which it is written. */
  readonly name: string;
  readonly written: string;
  /** How many parentheses are open around it; both of a pair have the outer depth. */
  readonly depth: number;
}

/** The tokens of a statement. */
export function sqliteTokens(sql: string): SqliteToken[] {
  const tokens: SqliteToken[] = [];
  let depth = 0;
  for (
    let token = readSqliteToken(sql, 0, sql.length);
    token;
    token = readSqliteToken(sql, token.end, sql.length)
  ) {
    if (token.kind === "comment") continue;
    const written = sql.slice(token.start, token.end);
    const text = token.kind === "word" || token.kind === "symbol" ? written.toLowerCase() : "";
    if (text === ")") depth = Math.max(0, depth - 1);
    tokens.push({ ...token, text, name: unquoted(written), written, depth });
    if (text === "(") depth += 1;
  }
  return tokens;
}

/** Index of the parenthesis that closes the one at `open`; the number of tokens when it stays open. */
export function closingOf(tokens: readonly SqliteToken[], open: number): number {
  const depth = tokens[open]?.depth ?? 0;
  for (let i = open + 1; i < tokens.length; i += 1) if ((tokens[i]?.depth ?? 0) <= depth) return i;
  return tokens.length;
}

/** The elements between commas on the depth of the first token. */
export function elementsOf(tokens: readonly SqliteToken[]): SqliteToken[][] {
  const depth = tokens[0]?.depth;
  const elements: SqliteToken[][] = [[]];
  for (const token of tokens) {
    if (token.text === "," && token.depth === depth) elements.push([]);
    else elements.at(-1)?.push(token);
  }
  return elements.filter((element) => element.length > 0);
}

/**
 * The same text for what differs only in comments, white space, the case of words, and quotes around names: SQLite
 * compares names without regard to case, and ALTER TABLE RENAME puts quotes around those that it writes anew. Meant for
 * comparing, not for running.
 */
export function normaliseSqlite(tokens: readonly SqliteToken[]): string {
  return tokens.map((token, i) => `${isApart(tokens[i - 1], token) ? " " : ""}${normalised(token)}`).join("");
}

function normalised({ kind, text, name, written }: SqliteToken): string {
  if (kind === "quoted") return /^[\w$]+$/.test(name) ? name.toLowerCase() : `"${name.toLowerCase()}"`;
  return text === "" ? written : text;
}

/** Whether white space stands between two tokens, as people write it. */
function isApart(before: SqliteToken | undefined, { text }: SqliteToken): boolean {
  return before !== undefined && !["(", "."].includes(before.text) && ![")", ",", "."].includes(text);
}
