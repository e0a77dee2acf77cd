import { readToken } from "./lexer.ts";
import { storedName } from "./names.ts";

/**
 * The names, key words and symbols of a function's body, in order and as PostgreSQL stores them; constants are left out, and
 * with them what is built as text and run. `definition` is what pg_get_functiondef prints.
 */
export function wordsOf(definition: string): readonly string[] {
  const body = /\nAS (\$\w*\$)([\s\S]*)\1\s*$/.exec(definition)?.[2] ?? "";
  const words: string[] = [];
  for (let token = readToken(body, 0, body.length); token; token = readToken(body, token.end, body.length)) {
    const text = body.slice(token.start, token.end);
    if (token.kind === "word" || token.kind === "quoted") words.push(storedName(text));
    if (token.kind === "symbol") words.push(text);
  }
  return words;
}

/** Bare names that stand where a statement names a table: after FROM, JOIN, INTO, UPDATE and the like. */
export function relationsNamedIn(words: readonly string[]): readonly string[] {
  const found: string[] = [];
  for (const [i, word] of words.entries()) {
    if (!before.has(word)) continue;
    let at = words[i + 1] === "only" ? i + 2 : i + 1;
    if (words[at + 1] === ".") at += 2;
    const name = words[at];
    if (name !== undefined && /^[^\W\d]/u.test(name)) found.push(name);
  }
  return [...new Set(found)];
}

/** `NEW.column` or `OLD.column`. */
export function namesRow(words: readonly string[], column: string): boolean {
  return words.some(
    (word, i) => (word === "new" || word === "old") && words[i + 1] === "." && words[i + 2] === column,
  );
}

const before: ReadonlySet<string> = new Set(["from", "join", "into", "update", "using", "table"]);
