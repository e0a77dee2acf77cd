import type { ColumnDefinition, ConstraintDefinition, Operation, Span } from "../types.ts";
import { closingOf, elementsOf, type SqliteToken, sqliteTokens } from "./sqlite-source.ts";
import {
  columnOf,
  foreignKeysOf,
  readSqliteTable,
  type SqliteColumn,
  type SqliteForeignKey,
} from "./sqlite-table.ts";

/**
 * What one statement does to an SQLite database, read from its first words (SQLite documentation, "SQL As Understood By
 * SQLite"). Whether it is right is for SQLite itself to say, so that nothing is skipped: what is not recognised is
 * "other". Names keep the case in which they are written; those of the schema `main` have no prefix. `at` is the whole
 * statement, shifted by `offset`. Of constraints only foreign keys are read: the database tells the others.
 */
export function sqliteOperationsOf(sql: string, offset: number): readonly Operation[] {
  const tokens = sqliteTokens(sql.length > longest ? sql.slice(0, longest) : sql);
  const at = { start: offset, end: offset + sql.length };
  const reader = { sql, tokens, at };
  const [first = "", second = ""] = tokens.map(({ text }) => text);
  switch (first) {
    case "create":
      return createOf(reader);
    case "drop":
      return dropOf(reader);
    case "alter":
      return alterOf(reader);
    case "pragma":
      return pragmaOf(reader);
    case "begin":
      return [{ kind: "transaction", verb: "begin", at }];
    case "commit":
    case "end":
      return [{ kind: "transaction", verb: "commit", at }];
    case "rollback": {
      const verb = tokens.some(({ text }) => text === "to") ? "savepoint" : "rollback";
      return [{ kind: "transaction", verb, at }];
    }
    case "savepoint":
    case "release":
      return [{ kind: "transaction", verb: "savepoint", at }];
    case "explain":
      return [other(second === "" ? first : `${first} ${second}`, at)];
    default:
      return writeOf(reader);
  }
}

/** Of longer statements, which load rows, only the beginning is looked at. UTF-16 units. */
const longest = 64 * 1024;

interface Reader {
  readonly sql: string;
  readonly tokens: readonly SqliteToken[];
  readonly at: Span;
}

function createOf({ sql, tokens, at }: Reader): Operation[] {
  let i = 1;
  const temporary = isWord(tokens[i], "temp", "temporary");
  if (temporary) i += 1;
  const unique = isWord(tokens[i], "unique");
  if (unique || isWord(tokens[i], "virtual")) i += 1;
  const what = tokens[i]?.text ?? "";
  const ifNotExists = isWord(tokens[i + 1], "if");
  const start = ifNotExists ? i + 4 : i + 1;
  const { name, next } = readName(tokens, start, temporary);
  if (name === "") return [other("create", at)];
  if (what === "table") {
    const { columns, foreignKeys } = readSqliteTable(sql);
    return [
      {
        kind: "createTable",
        table: name,
        columns: columns.map((column) => definitionOf(column, at)),
        constraints: foreignKeys.map((key) => constraintOf(key, at)),
        ifNotExists,
        temporary,
        partitionOf: null,
        at,
      },
    ];
  }
  if (what === "view") return [{ kind: "createView", name, materialized: false, at }];
  if (what === "index" && isWord(tokens[next], "on"))
    return [{ ...indexOf(tokens, next + 1), name, unique, ifNotExists, at }];
  return [other(`create ${what}`, at)];
}

function indexOf(tokens: readonly SqliteToken[], start: number) {
  const { name: table, next: open } = readName(tokens, start);
  const close = closingOf(tokens, open);
  const columns = elementsOf(tokens.slice(open + 1, close)).map((element) => {
    const [first] = element;
    return element[1]?.text === "(" ? element.map(({ written }) => written).join(" ") : (first?.name ?? "");
  });
  const where = tokens.findIndex(({ text }, i) => i > close && text === "where");
  return {
    kind: "createIndex",
    table,
    columns,
    concurrently: false,
    method: "btree",
    where:
      where < 0
        ? null
        : tokens
            .slice(where + 1)
            .map(({ written }) => written)
            .join(" "),
  } as const;
}

function dropOf({ tokens, at }: Reader): Operation[] {
  const what = tokens[1]?.text ?? "";
  const ifExists = isWord(tokens[2], "if");
  const { name } = readName(tokens, ifExists ? 4 : 2);
  if (what === "table") return [{ kind: "dropTable", table: name, ifExists, cascade: false, at }];
  if (what === "index") return [{ kind: "dropIndex", name, concurrently: false, ifExists, at }];
  return [other(`drop ${what}`, at)];
}

/** ALTER TABLE has four forms (SQLite documentation, ALTER TABLE); the word COLUMN may be left out. */
function alterOf({ tokens, at }: Reader): Operation[] {
  const { name: table, next } = readName(tokens, 2);
  const verb = tokens[next]?.text ?? "";
  const hasColumn = isWord(tokens[next + 1], "column");
  const start = next + (hasColumn ? 2 : 1);
  const subject = tokens[start]?.name ?? "";
  if (table === "" || subject === "") return [other("alter", at)];
  if (verb === "rename" && isWord(tokens[start], "to") && !hasColumn)
    return [{ kind: "renameTable", table, to: tokens[start + 1]?.name ?? "", at }];
  if (verb === "rename")
    return [{ kind: "renameColumn", table, column: subject, to: tokens[start + 2]?.name ?? "", at }];
  if (verb === "drop")
    return [{ kind: "dropColumn", table, column: subject, ifExists: false, cascade: false, at }];
  if (verb !== "add") return [other("alter", at)];
  const written = tokens.slice(start);
  const column = definitionOf(columnOf(written), at);
  const constraints = foreignKeysOf(written).map((key) => constraintOf(key, at));
  return [{ kind: "addColumn", table, column, constraints, ifNotExists: false, at }];
}

function constraintOf({ columns, table, span }: SqliteForeignKey, { start }: Span): ConstraintDefinition {
  return {
    kind: "foreign-key",
    name: null,
    columns,
    notValid: false,
    usingIndex: null,
    references: { table, columns: [] },
    expression: null,
    at: { start: start + span.start, end: start + span.end },
  };
}

function definitionOf(column: SqliteColumn, at: Span): ColumnDefinition {
  const { name, type, notNull, primaryKey, unique, defaultSql, generated } = column;
  return {
    name,
    type,
    notNull,
    primaryKey,
    unique,
    defaultSql,
    generated,
    identity: false,
    serial: false,
    at,
  };
}

function pragmaOf({ tokens, at }: Reader): Operation[] {
  const { name, next } = readName(tokens, 1);
  const given = isWord(tokens[next], "=", "(") ? tokens.slice(next + 1) : [];
  const value = given.filter(({ text }) => text !== ")" && text !== ";");
  if (value.length === 0) return [other("pragma", at)];
  const text = value.map((token) => token.name).join("");
  return [{ kind: "set", name: name.toLowerCase(), value: text, local: false, at }];
}

/** INSERT, REPLACE, UPDATE and DELETE, also after WITH … AS (…). */
function writeOf({ tokens, at }: Reader): Operation[] {
  const i = isWord(tokens[0], "with")
    ? tokens.findIndex(({ text, depth }) => depth === 0 && verbs.has(text))
    : 0;
  const verb = tokens[i]?.text ?? "";
  const found = verbs.get(verb);
  if (!found) return [other(tokens[0]?.text ?? "", at)];
  const start = isWord(tokens[i + 1], "or") ? i + 3 : i + 1;
  const isNamed = isWord(tokens[start], "into", "from");
  const { name: table } = readName(tokens, isNamed ? start + 1 : start);
  const filtered = tokens.some(({ text, depth }) => depth === 0 && text === "where");
  const sets = found === "update" ? null : [];
  return [{ kind: "write", verb: found, table, sets, filtered: found === "insert" || filtered, at }];
}

const verbs: ReadonlyMap<string, "insert" | "update" | "delete"> = new Map([
  ["insert", "insert"],
  ["replace", "insert"],
  ["update", "update"],
  ["delete", "delete"],
]);

/** `name` or `schema.name`, and the index of the token after it. */
function readName(
  tokens: readonly SqliteToken[],
  start: number,
  temporary = false,
): { name: string; next: number } {
  const first = tokens[start];
  if (!first || first.kind === "symbol") return { name: "", next: start + 1 };
  if (tokens[start + 1]?.text !== ".")
    return { name: temporary ? `temp.${first.name}` : first.name, next: start + 1 };
  const member = tokens[start + 2]?.name ?? "";
  const schema = first.name.toLowerCase();
  return { name: schema === "main" ? member : `${schema}.${member}`, next: start + 3 };
}

function isWord(token: SqliteToken | undefined, ...words: string[]): boolean {
  return token !== undefined && words.includes(token.text);
}

function other(node: string, at: Span): Operation {
  return { kind: "other", node, at };
}
