import { astVisitor, type IAstVisitor, parse, type Statement } from "pgsql-ast-parser";
import type { TableName } from "../types.ts";
import { readToken } from "./lexer.ts";
import { tableName } from "./names.ts";
import { isTooDeep, tooDeep } from "./nesting.ts";
import { parseSql } from "./parser.ts";
import { type Source, sourceOf } from "./source.ts";
import { tablesIn } from "./tables-in.ts";

export { numberPlaceholders } from "./placeholders.ts";

/** Longer queries are not read at all. UTF-16 units. */
const longest = 64 * 1024;

/** pgsql-ast-parser takes 0.1 s for so many tokens, but runs out of memory on a list of 30,000: the rest is for PostgreSQL's own parser. */
const mostTokens = 1000;

export interface QueryMeaning {
  /** Tables it reads or writes, in order of their first use, without the names of its own WITH queries. */
  readonly tables: readonly TableName[];
  /** The highest $n; 0 when there is none. */
  readonly parameters: number;
  /** Why it could not be read; null when it was. */
  readonly skipped: string | null;
}

/**
 * The tables and parameters of one application query. What pgsql-ast-parser does not know is read by PostgreSQL's own
 * parser. Never throws: what neither can read comes back as `skipped`, in PostgreSQL's words.
 */
export function readQuery(sql: string): QueryMeaning {
  const parameters = sql.length > longest ? 0 : highestParameter(sql);
  const unread = (skipped: string): QueryMeaning => ({ tables: [], parameters, skipped });
  if (sql.length > longest) return unread("it is longer than 64 kB");
  if (sql.includes("\0")) return unread("it holds a NUL byte, which PostgreSQL does not accept in SQL");
  const source = sourceOf(sql, 0);
  if (isTooDeep(source.tokens)) return unread(tooDeep);
  const parsed = parseQuery(source);
  if (parsed) return { tables: tablesOf(parsed), parameters, skipped: null };
  const result = parseSql(sql);
  if ("error" in result) return unread(result.error);
  const statements = result.tree.stmts ?? [];
  if (statements.length !== 1)
    return unread(statements.length === 0 ? "it is empty" : "it is more than one statement");
  return { tables: tablesIn(statements[0]?.stmt ?? {}), parameters, skipped: null };
}

/** null when pgsql-ast-parser cannot read it, or would take too long. */
function parseQuery(source: Source): Statement | null {
  if (source.tokens.length > mostTokens) return null;
  try {
    const statements = parse(withoutComments(source));
    return statements.length === 1 ? (statements[0] ?? null) : null;
  } catch {
    return null;
  }
}

/** The parser takes some comments for operators. */
function withoutComments({ sql, tokens }: Source): string {
  return tokens
    .map(({ start, end }, i) => (start === tokens[i - 1]?.end ? "" : " ") + sql.slice(start, end))
    .join("");
}

function tablesOf(statement: Statement): TableName[] {
  const tables = new Set<TableName>();
  /** Names of the WITH queries that can be seen from here. */
  const hidden: string[] = [];
  const add = ({ schema, name }: { schema?: string; name: string }) => {
    tables.add(tableName(schema, name));
  };
  const visitor: IAstVisitor = astVisitor((map) => ({
    with: ({ bind, in: main }) => {
      for (const { alias, statement: query } of bind) {
        visitor.statement(query);
        hidden.push(alias.name);
      }
      visitor.statement(main);
      hidden.length -= bind.length;
    },
    withRecursive: (recursive) => {
      hidden.push(recursive.alias.name);
      map.super().withRecursive(recursive);
      hidden.pop();
    },
    tableRef: (table) => {
      if (table.schema || !hidden.includes(table.name)) add(table);
    },
    insert: (insert) => {
      add(insert.into);
      map.super().insert(insert);
    },
    update: (update) => {
      add(update.table);
      map.super().update(update);
    },
    delete: (deletion) => {
      add(deletion.from);
      map.super().delete(deletion);
    },
  }));
  visitor.statement(statement);
  return [...tables];
}

function highestParameter(sql: string): number {
  let highest = 0;
  for (let token = readToken(sql, 0, sql.length); token; token = readToken(sql, token.end, sql.length)) {
    if (token.kind !== "parameter") continue;
    highest = Math.max(highest, Number(sql.slice(token.start + 1, token.end)));
  }
  return highest;
}
