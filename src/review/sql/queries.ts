import { astVisitor, parse, type Statement as QueryTree } from "pgsql-ast-parser";
import type { TableName } from "../types.ts";
import { tableName } from "./names.ts";
import { splitStatements, tokenEnd } from "./statements.ts";

/** Longer queries are not read: the parser can take seconds on one long list of values. */
const longest = 64 * 1024;

export interface QueryMeaning {
  /** Tables it reads or writes, without the names of its own WITH queries. */
  readonly tables: readonly TableName[];
  /** The highest $n. */
  readonly parameters: number;
  /** Why it could not be read; null when it was. */
  readonly skipped: string | null;
}

/** The tables and parameters of one application query. Never throws: what cannot be parsed comes back as `skipped`. */
export function readQuery(sql: string): QueryMeaning {
  const parameters = highestParameter(sql);
  if (sql.length > longest) return { tables: [], parameters, skipped: "it is longer than 64 kB" };
  if (splitStatements(sql).length !== 1)
    return { tables: [], parameters, skipped: "it is not exactly one statement" };
  try {
    const trees = parse(sql);
    return { tables: tablesOf(trees), parameters, skipped: null };
  } catch (error) {
    const reason = error instanceof Error ? (error.message.split("\n")[0] ?? "") : "";
    return { tables: [], parameters, skipped: reason === "" ? "the parser gave up on it" : reason };
  }
}

/**
 * The query with its placeholders as $1, $2 …: `:name`, `@name`, `?`, `%s`, `%(name)s`, `sqlc.arg(name)`, `sqlc.narg(name)`, `sqlc.slice(name)`.
 * Equal names share a number. Quoted text, comments, casts (`::`) and operators such as `@>` and `?|` are left alone.
 */
export function numberPlaceholders(sql: string): string {
  const names: string[] = [];
  const numbered = /\$\d/.test(sql);
  const numberOf = (name: string | null) => {
    const known = name === null ? -1 : names.indexOf(name);
    if (known >= 0) return `$${known + 1}`;
    names.push(name ?? "");
    return `$${names.length}`;
  };
  let result = "";
  let at = 0;
  while (at < sql.length) {
    const rest = sql.slice(at, at + 200);
    const found = numbered ? null : placeholderAt(rest, sql[at - 1] ?? " ");
    if (found) {
      result += numberOf(found.name);
      at += found.length;
      continue;
    }
    const end = rest.startsWith("::") ? at + 2 : tokenEnd(sql, at);
    result += sql.slice(at, end);
    at = end;
  }
  return result;
}

function placeholderAt(rest: string, before: string): { name: string | null; length: number } | null {
  const sqlc = /^sqlc\.(?:n?arg|slice)\(\s*'?(\w+)'?\s*\)/i.exec(rest);
  if (sqlc) return { name: sqlc[1] ?? null, length: sqlc[0].length };
  const python = /^%\((\w+)\)s/.exec(rest);
  if (python) return { name: python[1] ?? null, length: python[0].length };
  if (/^%s\b/.test(rest)) return { name: null, length: 2 };
  const named = /^[:@]([A-Za-z_]\w*)/.exec(rest);
  if (named && !/[\w:@$]/.test(before)) return { name: named[1] ?? null, length: named[0].length };
  if (/^\?(?![|&?\w])/.test(rest) && /[\s(,=<>]/.test(before)) return { name: null, length: 1 };
  return null;
}

function tablesOf(trees: readonly QueryTree[]): TableName[] {
  const tables = new Set<TableName>();
  const own = new Set<string>();
  const add = (name: { name: string; schema?: string }) => {
    if (name.schema || !own.has(name.name)) tables.add(tableName(name.schema, name.name));
  };
  const visitor = astVisitor((map) => ({
    with: (statement) => {
      for (const bind of statement.bind) own.add(bind.alias.name);
      map.super().with(statement);
    },
    withRecursive: (statement) => {
      own.add(statement.alias.name);
      map.super().withRecursive(statement);
    },
    tableRef: (table) => add(table),
    insert: (statement) => {
      add(statement.into);
      map.super().insert(statement);
    },
    update: (statement) => {
      add(statement.table);
      map.super().update(statement);
    },
    delete: (statement) => {
      add(statement.from);
      map.super().delete(statement);
    },
  }));
  for (const tree of trees) visitor.statement(tree);
  return [...tables];
}

function highestParameter(sql: string): number {
  return Math.max(0, ...[...sql.matchAll(/\$(\d{1,4})/g)].map((found) => Number(found[1])));
}
