import type { Span } from "../types.ts";
import { closingOf, elementsOf, normaliseSqlite, type SqliteToken, sqliteTokens } from "./sqlite-source.ts";

/** A column as it is written, as far as SQLite's pragmas do not tell it. */
export interface SqliteColumn {
  readonly name: string;
  /** As written; "" when there is none. */
  readonly type: string;
  readonly notNull: boolean;
  readonly primaryKey: boolean;
  readonly unique: boolean;
  readonly autoincrement: boolean;
  /** The default's own text; null when there is none. */
  readonly defaultSql: string | null;
  /** In lower case; null when it is not written. */
  readonly collation: string | null;
  /** E.g. "stored ( a + b )"; null for a plain column. */
  readonly generated: "stored" | "virtual" | null;
  readonly expression: string | null;
}

/** What CREATE TABLE says (SQLite documentation, CREATE TABLE); expressions in a form that can be compared. */
export interface SqliteTable {
  readonly columns: readonly SqliteColumn[];
  /** Expressions of all CHECK constraints; `columns` are those whose names they mention. */
  readonly checks: readonly {
    readonly expression: string;
    readonly sql: string;
    readonly columns: readonly string[];
  }[];
  readonly foreignKeys: readonly SqliteForeignKey[];
  /** ON CONFLICT clauses and deferred foreign keys, each with what it belongs to. */
  readonly clauses: readonly string[];
}

/** A foreign key, of a column or of the table. */
export interface SqliteForeignKey {
  readonly columns: readonly string[];
  readonly table: string;
  /** Offsets of its column or clause in the statement. */
  readonly span: Span;
}

/** Reads the text of a CREATE TABLE statement; of CREATE TABLE … AS and of anything else there are no columns. */
export function readSqliteTable(sql: string): SqliteTable {
  const tokens = sqliteTokens(sql);
  const open = tokens.findIndex(({ text }) => text === "(");
  const isVirtual = tokens[1]?.text === "virtual";
  if (open < 0 || isVirtual) return { columns: [], checks: [], foreignKeys: [], clauses: [] };
  const elements = elementsOf(tokens.slice(open + 1, closingOf(tokens, open)));
  const written = elements.filter((element) => !isConstraint(element));
  const columns = written.map(columnOf);
  const names = columns.map(({ name }) => name);
  return {
    columns,
    checks: elements.flatMap((element) => checksOf(element, sql, names)),
    foreignKeys: elements.flatMap(foreignKeysOf),
    clauses: elements.flatMap(clausesOf),
  };
}

/** The foreign keys of a column definition, or of a clause of a table. */
export function foreignKeysOf(element: readonly SqliteToken[]): SqliteForeignKey[] {
  const [first] = element;
  const last = element.at(-1);
  if (!first || !last) return [];
  const open = indexOf(element, first.depth, ["foreign", "key", "("]) + 2;
  const columns = isConstraint(element)
    ? elementsOf(element.slice(open + 1, closingOf(element, open))).map(([token]) => token?.name ?? "")
    : [first.name];
  return element.flatMap(({ text, depth }, i) =>
    text === "references" && depth === first.depth
      ? [{ columns, table: element[i + 1]?.name ?? "", span: { start: first.start, end: last.end } }]
      : [],
  );
}

/** A column definition, as in CREATE TABLE and ALTER TABLE … ADD COLUMN. */
export function columnOf(tokens: readonly SqliteToken[]): SqliteColumn {
  const depth = tokens[0]?.depth ?? 0;
  const rest = tokens.slice(1);
  const found = rest.findIndex((token) => token.depth === depth && constraintWords.has(token.text));
  const start = found < 0 ? rest.length : found;
  const constraints = rest.slice(start);
  const has = (...words: string[]) => indexOf(constraints, depth, words) >= 0;
  const generated = indexOf(constraints, depth, ["as", "("]);
  return {
    name: tokens[0]?.name ?? "",
    type: typeText(rest.slice(0, start)),
    notNull: has("not", "null"),
    primaryKey: has("primary", "key"),
    unique: has("unique"),
    autoincrement: has("autoincrement"),
    defaultSql: defaultOf(constraints, depth),
    collation: wordAfter(constraints, depth, "collate"),
    generated: generated < 0 ? null : generatedKind(has("stored")),
    expression:
      generated < 0
        ? null
        : normaliseSqlite(constraints.slice(generated + 2, closingOf(constraints, generated + 1))),
  };
}

/** Words that end a column's type. */
const constraintWords = new Set(
  "constraint primary not null unique check default collate references generated as deferrable".split(" "),
);

function isConstraint([first]: readonly SqliteToken[]): boolean {
  return ["constraint", "primary", "unique", "check", "foreign"].includes(first?.text ?? "");
}

function generatedKind(isStored: boolean): "stored" | "virtual" {
  return isStored ? "stored" : "virtual";
}

function typeText(tokens: readonly SqliteToken[]): string {
  return tokens
    .map(({ name }) => name)
    .join(" ")
    .replace(/ ?\( ?/g, "(")
    .replace(/ ([,)])/g, "$1");
}

/** `DEFAULT (…)`, a signed number or one word or constant. */
function defaultOf(tokens: readonly SqliteToken[], depth: number): string | null {
  const at = indexOf(tokens, depth, ["default"]);
  if (at < 0) return null;
  const first = tokens[at + 1];
  if (first?.text === "(") return joined(tokens.slice(at + 1, closingOf(tokens, at + 1) + 1));
  const isSigned = first?.text === "-" || first?.text === "+";
  return joined(tokens.slice(at + 1, at + (isSigned ? 3 : 2)));
}

function joined(tokens: readonly SqliteToken[]): string {
  return tokens.map(({ written }) => written).join(" ");
}

function wordAfter(tokens: readonly SqliteToken[], depth: number, word: string): string | null {
  const at = indexOf(tokens, depth, [word]);
  return at < 0 ? null : (tokens[at + 1]?.name.toLowerCase() ?? null);
}

function checksOf(element: readonly SqliteToken[], sql: string, names: readonly string[]) {
  const depth = element[0]?.depth ?? 0;
  return element.flatMap((token, i) => {
    if (token.text !== "check" || token.depth !== depth || element[i + 1]?.text !== "(") return [];
    const inside = element.slice(i + 2, closingOf(element, i + 1));
    const mentioned = new Set(
      inside.filter(({ kind }) => kind === "word" || kind === "quoted").map(({ name }) => name.toLowerCase()),
    );
    return {
      expression: normaliseSqlite(inside),
      sql: sql.slice(inside[0]?.start ?? 0, inside.at(-1)?.end ?? 0),
      columns: names.filter((name) => mentioned.has(name.toLowerCase())),
    };
  });
}

function clausesOf(element: readonly SqliteToken[]): string[] {
  const depth = element[0]?.depth ?? 0;
  const text = normaliseSqlite(element.filter((token) => token.depth === depth || !isConstraint(element)));
  const conflict = indexOf(element, depth, ["on", "conflict"]) >= 0;
  const deferrable = indexOf(element, depth, ["deferrable"]);
  const isDeferred = deferrable >= 0 && element[deferrable - 1]?.text !== "not";
  return conflict || isDeferred ? [text] : [];
}

/** Index of the first of these words in a row on a depth; -1 when they are not there. */
function indexOf(tokens: readonly SqliteToken[], depth: number, words: readonly string[]): number {
  return tokens.findIndex((_, i) =>
    words.every((word, j) => {
      const token = tokens[i + j];
      return token?.text === word && token.depth === depth;
    }),
  );
}
