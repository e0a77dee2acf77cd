import { type Language, type Literal, readLiteral } from "./code-strings.ts";
import { reasons } from "./errors.ts";
import { fillHoles } from "./holes.ts";
import { operationsOf } from "./sql/operations.ts";
import { splitStatements } from "./sql/statements.ts";

/** The SQL of a string literal, holes filled with placeholders, and the literal's offsets; or why there is none. */
export type FoundLiteral =
  | { readonly sql: string; readonly start: number; readonly end: number }
  | { readonly reason: string };

/** The language of a code file by its name; null when string literals of it are not read. */
export function languageOf(path: string): Language | null {
  const extension = /\.(\w+)$/.exec(path)?.[1]?.toLowerCase() ?? "";
  return byExtension.get(extension) ?? null;
}

/**
 * The next string literal after a mark that holds SQL; literals in between that do not, such as a query's name, are
 * passed over. The search ends with the statement, at another mark, or after 15 lines of code.
 */
export function findLiteral(
  text: string,
  mark: { start: number; end: number },
  language: Language,
): FoundLiteral {
  const line = text.slice(mark.start, mark.end);
  if (/^\s*--/.test(line)) return inside(text, mark.start, language);
  if (!/^\s*(\/\*|\*)/.test(line)) return search(text, endOfLine(text, mark.end), language);
  const close = text.indexOf("*/", mark.end);
  return close === -1 ? { reason: reasons.noQuery() } : search(text, close + 2, language);
}

const byExtension = new Map<string, Language>([
  ...["js", "jsx", "mjs", "cjs", "ts", "tsx", "mts", "cts"].map(
    (extension) => [extension, "javascript"] as const,
  ),
  ...["py", "pyi"].map((extension) => [extension, "python"] as const),
  ...["kt", "kts"].map((extension) => [extension, "kotlin"] as const),
  ["go", "go"],
  ["rb", "ruby"],
  ["java", "java"],
  ["rs", "rust"],
  ["php", "php"],
  ["cs", "csharp"],
]);

const maxLines = 15;
const maxCharacters = 4000;
const startsAsSql =
  /^[\s(]*(?:--[^\n]*\n[\s(]*|\/\*(?:[^*]|\*(?!\/))*\*\/[\s(]*)*(select|insert|update|delete|with|merge|values)(?=[\s("*'/]|$)/i;

/** A mark written as an SQL comment stands inside the literal: as its first line, after other comments at most. */
function inside(text: string, markStart: number, language: Language): FoundLiteral {
  const head = text.slice(Math.max(0, markStart - 2000), markStart);
  const opening =
    /(?:`|"""|'''|["']|<<[~-]?["']?\w+["']?[^\n]*\n|<<<["']?\w+["']?\n)(?:[ \t]*\n|[ \t]*--[^\n]*\n)*[ \t]*$/.exec(
      head,
    );
  if (!opening) return { reason: reasons.noQuery() };
  return search(text, markStart - head.length + opening.index, language);
}

function search(text: string, from: number, language: Language): FoundLiteral {
  let [at, lines, depth, code] = [from, 0, 0, 0];
  while (at < text.length && lines <= maxLines && code <= maxCharacters) {
    const comment = commentEnd(text, at, language);
    if (comment !== null) {
      if (/drydock:explain/.test(text.slice(at, comment))) break;
      at = comment;
      continue;
    }
    const literal = readLiteral(text, at, language);
    if (literal === "unreadable") return { reason: reasons.builtQuery() };
    if (literal) {
      if (startsAsSql.test(previewOf(literal))) return sqlOf(text, literal, text.slice(from, at), language);
      at = literal.end;
      code += 1;
      continue;
    }
    const character = text[at] ?? "";
    if ("([{".includes(character)) depth += 1;
    if (")]}".includes(character)) depth -= 1;
    if (character === ";" && depth <= 0) break;
    if (character === "\n") {
      lines += 1;
      if (code > 0 && depth <= 0 && /^[ \t]*\r?\n/.test(text.slice(at + 1, at + 200))) break;
    } else if (!/\s/.test(character)) code += 1;
    at += 1;
  }
  return { reason: reasons.noQuery() };
}

/** The literal and those joined to it, as one statement. */
function sqlOf(text: string, first: Literal, before: string, language: Language): FoundLiteral {
  const joined = joinNeighbours(text, first, language);
  if (joined === null || isFormatted(text, before, joined)) return { reason: reasons.builtQuery() };
  const sql = fillHoles(joined.parts);
  if (sql === null) return { reason: reasons.builtQuery() };
  const statements = splitStatements(sql);
  const statement = statements[0];
  if (!statement || statements.length > 1)
    return { reason: statement ? reasons.builtQuery() : reasons.noQuery() };
  const hasHoles = joined.parts.some((part) => typeof part !== "string");
  if (hasHoles && operationsOf(statement.sql, 0).skipped !== null) return { reason: reasons.builtQuery() };
  return { sql: statement.sql, start: first.start, end: joined.end };
}

/** `"a" + "b"`, PHP's `.`, and Python's and Ruby's bare neighbours; null when something else is joined on. */
function joinNeighbours(text: string, first: Literal, language: Language): Literal | null {
  const parts = [...first.parts];
  let end = first.end;
  for (let count = 0; count < maxNeighbours; count += 1) {
    const next = skipBlank(text, end, language);
    const operator = operatorAt(text, next, language);
    if (operator === null) return { start: first.start, end, parts };
    const literal = readLiteral(text, skipBlank(text, next + operator, language), language);
    if (literal === "unreadable") return null;
    if (!literal) return operator === 0 ? { start: first.start, end, parts } : null;
    parts.push(...literal.parts);
    end = literal.end;
  }
  return null;
}

const maxNeighbours = 500;

/** The length of the operator that joins strings; 0 where none is needed; null when nothing can follow. */
function operatorAt(text: string, at: number, language: Language): number | null {
  const character = text[at];
  if (language === "php") return character === "." ? 1 : null;
  if (character === "+") return 1;
  if (language === "ruby" && text.startsWith("<<", at)) return 1;
  return language === "python" || language === "ruby" ? 0 : null;
}

/** `Sprintf("… %s", x)`, `"… %s" % x`, `"…".format(x)`: the text is not what is sent. */
function isFormatted(text: string, before: string, literal: Literal): boolean {
  const after = text.slice(literal.end, literal.end + 40);
  if (/^\s*(%(?!=)|\.\s*(format|formatted|replace|replaceAll|concat)\s*\()/.test(after)) return true;
  return /(sprintf|format)!?\s*\(\s*$/i.test(before) && /%[-\w.]|\{/.test(previewOf(literal));
}

function previewOf(literal: Literal): string {
  return literal.parts.map((part) => (typeof part === "string" ? part : "$1")).join("");
}

function skipBlank(text: string, from: number, language: Language): number {
  let at = from;
  while (at < text.length) {
    const comment = commentEnd(text, at, language);
    if (comment !== null) at = comment;
    else if (/[\s\\]/.test(text[at] ?? "")) at += 1;
    else break;
  }
  return at;
}

/** Where the comment that starts here ends; null when none does. */
export function commentEnd(text: string, at: number, language: Language): number | null {
  const hasHash = language === "python" || language === "ruby" || language === "php";
  if (hasHash && text[at] === "#" && text[at + 1] !== "[") return endOfLine(text, at);
  if (language === "python" || language === "ruby") return null;
  if (text.startsWith("//", at)) return endOfLine(text, at);
  if (!text.startsWith("/*", at)) return null;
  const close = text.indexOf("*/", at + 2);
  return close === -1 ? text.length : close + 2;
}

function endOfLine(text: string, at: number): number {
  const end = text.indexOf("\n", at);
  return end === -1 ? text.length : end;
}
