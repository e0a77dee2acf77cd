import { closingOf, elementsOf, type SqliteToken, sqliteTokens } from "../../review/sql/sqlite-source.ts";
import type { Rebuild, TableChange } from "../../review/types.ts";
import { quoted } from "./data.ts";
import type { IndexDescription, TableDescription } from "./tables.ts";

/**
 * What makes a table anew with a change, as Alembic does it in a batch ("Running “Batch” Migrations for SQLite and Other
 * Databases"): a table of another name, the rows, the old name, the indexes. As there, constraints of columns that go are left
 * out, and so is what reflection does not see: checks without a name, collations, AUTOINCREMENT, the order of an index. null: it does not have what is
 * to be changed.
 */
export function rebuildSql(table: TableDescription, { change }: Rebuild): string[] | null {
  const written = definitionIn(table.sql);
  if (!written) return null;
  const elements = changed(written.elements, change);
  if (!elements) return null;
  const temporary = `_alembic_tmp_${table.name}`.slice(0, 50);
  const gone = change.kind === "drop column" ? change.column : null;
  const kept = table.columns.filter(({ name, isGenerated }) => !isGenerated && !isSame(name, gone ?? ""));
  const names = kept.map(({ name }) => quoted(name)).join(", ");
  const values = kept.map(({ name, type }) => takenFrom(name, type, change)).join(", ");
  const definitions = elements.map(({ text }) => text).join(",\n  ");
  return [
    `CREATE TABLE ${quoted(temporary)} (\n  ${definitions}\n)${written.options}`,
    `INSERT INTO ${quoted(temporary)} (${names}) SELECT ${values} FROM ${quoted(table.name)}`,
    `DROP TABLE ${quoted(table.name)}`,
    `ALTER TABLE ${quoted(temporary)} RENAME TO ${quoted(table.name)}`,
    ...table.indexes.flatMap((index) =>
      index.columns.some(({ name }) => isSame(name ?? "", gone ?? "")) ? [] : indexSql(table.name, index),
    ),
  ];
}

/** Of an index's columns only the names are seen: order and collation are lost. */
function indexSql(table: string, { name, isUnique, columns, sql }: IndexDescription): string[] {
  if (sql === null) return [];
  const names = columns.flatMap((column) => (column.name === null ? [] : [quoted(column.name)]));
  if (names.length < columns.length) return [sql];
  const tokens = sqliteTokens(sql);
  const where = tokens.find(({ text, depth }) => text === "where" && depth === 0);
  const behind = where ? ` ${sql.slice(where.start)}` : "";
  return [
    `CREATE ${isUnique ? "UNIQUE " : ""}INDEX ${quoted(name)} ON ${quoted(table)} (${names.join(", ")})${behind}`,
  ];
}

/** A part of a table's definition: a column by its name, or a constraint. */
interface Element {
  readonly column: string | null;
  /** Of a constraint. */
  readonly name: string | null;
  readonly kind: string;
  /** Columns that a key has. */
  readonly columns: readonly string[];
  readonly text: string;
}

function definitionIn(sql: string): { elements: Element[]; options: string } | null {
  const tokens = sqliteTokens(sql);
  const open = tokens.findIndex(({ text }) => text === "(");
  const close = closingOf(tokens, open);
  const end = tokens[close]?.end;
  if (open < 0 || end === undefined || tokens[1]?.text === "virtual") return null;
  const elements = elementsOf(tokens.slice(open + 1, close)).map((element) => elementOf(sql, element));
  return {
    elements: elements.filter(({ kind, name }) => kind !== "check" || name !== null),
    options: sql.slice(end),
  };
}

function elementOf(sql: string, tokens: readonly SqliteToken[]): Element {
  const isNamed = tokens[0]?.text === "constraint";
  const kind = tokens[isNamed ? 2 : 0]?.text ?? "";
  if (!/^(primary|unique|check|foreign)$/.test(kind) || tokens[0]?.kind === "quoted")
    return columnOf(sql, tokens);
  const open = tokens.findIndex(({ text }) => text === "(");
  const inside = kind === "check" ? [] : tokens.slice(open + 1, closingOf(tokens, open));
  return {
    column: null,
    name: isNamed ? (tokens[1]?.name ?? null) : null,
    kind,
    columns: elementsOf(inside).flatMap(([first]) => first?.name ?? []),
    text: textOf(sql, tokens),
  };
}

function columnOf(sql: string, tokens: readonly SqliteToken[]): Element {
  const { name, type, parts } = partsOf(sql, tokens);
  return {
    column: tokens[0]?.name ?? "",
    name: null,
    kind: "column",
    columns: [],
    text: [name, type, ...parts.map(({ text }) => text)].filter(Boolean).join(" "),
  };
}

interface Part {
  readonly kind: string;
  readonly text: string;
}

/** A column's name, its type, and what is behind them, without what reflection does not see. */
function partsOf(sql: string, tokens: readonly SqliteToken[]): { name: string; type: string; parts: Part[] } {
  const depth = tokens[0]?.depth ?? 0;
  const first = tokens.findIndex((token, i) => i > 0 && token.depth === depth && starts.test(token.text));
  const end = first < 0 ? tokens.length : first;
  const parts: Part[] = [];
  for (let i = end; i < tokens.length; ) {
    const isNamed = tokens[i]?.text === "constraint";
    const at = isNamed ? i + 2 : i;
    const kind = tokens[at]?.text ?? "";
    const next = Math.max(at + 1, partEnd(tokens, at));
    const isSeen = kind !== "collate" && (kind !== "check" || isNamed);
    if (isSeen)
      parts.push({ kind, text: textOf(sql, tokens.slice(i, next)).replace(/\s+autoincrement\b/i, "") });
    i = next;
  }
  return { name: textOf(sql, tokens.slice(0, 1)), type: textOf(sql, tokens.slice(1, end)), parts };
}

const starts = /^(constraint|primary|not|null|unique|check|default|collate|references|generated|as)$/;

/** Index behind the constraint of a column that starts at `at` (SQLite documentation, column-constraint). */
function partEnd(tokens: readonly SqliteToken[], at: number): number {
  const word = (i: number) => tokens[i]?.text ?? "";
  const afterConflict = (i: number) => (word(i) === "on" && word(i + 1) === "conflict" ? i + 3 : i);
  switch (word(at)) {
    case "not":
      return afterConflict(at + 2);
    case "primary": {
      const next = afterConflict(/^(asc|desc)$/.test(word(at + 2)) ? at + 3 : at + 2);
      return word(next) === "autoincrement" ? next + 1 : next;
    }
    case "unique":
      return afterConflict(at + 1);
    case "check":
      return closingOf(tokens, at + 1) + 1;
    case "default":
      if (word(at + 1) === "(") return closingOf(tokens, at + 1) + 1;
      return /^[+-]$/.test(word(at + 1)) ? at + 3 : at + 2;
    case "collate":
      return at + 2;
    case "generated":
    case "as": {
      const open = tokens.findIndex((token, i) => i > at && token.text === "(");
      const next = closingOf(tokens, open) + 1;
      return /^(stored|virtual)$/.test(word(next)) ? next + 1 : next;
    }
    case "references":
      return referenceEnd(tokens, at);
    default:
      return at + 1;
  }
}

function referenceEnd(tokens: readonly SqliteToken[], at: number): number {
  const word = (i: number) => tokens[i]?.text ?? "";
  let i = word(at + 2) === "(" ? closingOf(tokens, at + 2) + 1 : at + 2;
  for (;;) {
    if (word(i) === "on") i += /^(set|no)$/.test(word(i + 2)) ? 4 : 3;
    else if (word(i) === "match") i += 2;
    else if (word(i) === "not" && word(i + 1) === "deferrable") i += 2;
    else if (word(i) === "deferrable") i += 1;
    else if (word(i) === "initially") i += 2;
    else return i;
  }
}

function changed(elements: readonly Element[], change: TableChange): Element[] | null {
  const columnsEnd = elements.findIndex(({ column }) => column === null);
  const end = columnsEnd < 0 ? elements.length : columnsEnd;
  switch (change.kind) {
    case "add column":
      return [
        ...elements.slice(0, end),
        columnOf(change.definition, sqliteTokens(change.definition)),
        ...elements.slice(end),
      ];
    case "drop column": {
      const { column: gone } = change;
      if (!elements.some(({ column }) => column !== null && isSame(column, gone))) return null;
      return elements.filter(
        ({ column, columns }) =>
          !(column !== null && isSame(column, gone)) && !columns.some((name) => isSame(name, gone)),
      );
    }
    case "alter column": {
      if (!elements.some(({ column }) => column !== null && isSame(column, change.column))) return null;
      return elements.map((element) =>
        element.column !== null && isSame(element.column, change.column) ? altered(element, change) : element,
      );
    }
    case "add constraint": {
      const added = elementOf(change.definition, sqliteTokens(change.definition));
      if (added.kind !== "primary") return [...elements, added];
      // A table has one key: the new one takes the place of the old.
      const others = elements.flatMap((element) => {
        if (element.kind === "primary") return [];
        return element.column === null ? element : without(element, "primary");
      });
      return [...others, added];
    }
    case "drop constraint": {
      const left = elements.filter(({ name }) => name === null || !isSame(name, change.name));
      return left.length < elements.length ? left : null;
    }
  }
}

function without(element: Element, kind: string): Element {
  const { name, type, parts } = partsOf(element.text, sqliteTokens(element.text));
  const left = parts.filter((part) => part.kind !== kind).map(({ text }) => text);
  return { ...element, text: [name, type, ...left].filter(Boolean).join(" ") };
}

function altered(element: Element, change: Extract<TableChange, { kind: "alter column" }>): Element {
  const { name, type, parts } = partsOf(element.text, sqliteTokens(element.text));
  const isLeft = ({ kind, text }: Part) => {
    if (change.notNull !== null && (kind === "null" || (kind === "not" && /\bnull\b/i.test(text))))
      return false;
    return change.defaultSql === null || kind !== "default";
  };
  const words = [
    name,
    change.type ?? type,
    change.defaultSql ? `DEFAULT ${change.defaultSql}` : "",
    ...parts.filter(isLeft).map(({ text }) => text),
    change.notNull === true ? "NOT NULL" : "",
  ];
  return { ...element, text: words.filter(Boolean).join(" ") };
}

/** A column of another family of types is cast, but for documents. */
function takenFrom(name: string, type: string, change: TableChange): string {
  const isCast =
    change.kind === "alter column" &&
    isSame(change.column, name) &&
    change.type !== null &&
    !/^JSONB?$/i.test(change.type) &&
    affinityOf(change.type) !== affinityOf(type);
  return isCast ? `CAST(${quoted(name)} AS ${change.type})` : quoted(name);
}

/** SQLite documentation, "Datatypes In SQLite", section 3.1. */
function affinityOf(type: string): string {
  if (/int/i.test(type)) return "integer";
  if (/char|clob|text/i.test(type)) return "text";
  if (/blob/i.test(type) || type === "") return "blob";
  return /real|floa|doub/i.test(type) ? "real" : "numeric";
}

function textOf(sql: string, tokens: readonly SqliteToken[]): string {
  return sql.slice(tokens[0]?.start ?? 0, tokens.at(-1)?.end ?? 0);
}

function isSame(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}
