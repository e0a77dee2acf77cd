import type { Dialect } from "../types.ts";
import { askedWords } from "./asked-words.ts";
import type { Inspected } from "./catalogue.ts";
import { unreadable } from "./unreadable.ts";

/** Something in SQL. */
export interface Term {
  readonly kind: "term";
  readonly sql: string;
  readonly isList: boolean;
}

/** A row, or nothing. */
export interface Row {
  readonly kind: "row";
  /** By its name, or by its place from 0. */
  column(key: string | number): Term;
  /** Whether there is one; null for a row that is there. */
  readonly exists: string | null;
}

/** Rows that only the database knows, or what is made of each. */
export interface Rows {
  readonly kind: "rows";
  from(): string;
  readonly where: readonly string[];
  /** Asked for where it matters: that there are rows can be said where their values cannot. */
  item(): Term | Row;
}

/** A value, or a list of them, that is written so. */
export function termOf(sql: string, isList = false): Term {
  return { kind: "term", sql, isList };
}

/** What may be asked of rows, in the words of a database; every table in it has an alias of its own. */
export function rowsIn(dialect: Dialect) {
  const words = askedWords[dialect];
  let aliases = 0;

  function tail(rows: Rows, more: readonly string[] = []): string {
    const where = [...rows.where, ...more];
    return `FROM ${rows.from()}${where.length > 0 ? ` WHERE ${where.join(" AND ")}` : ""}`;
  }

  function exists(rows: Rows, more: readonly string[] = []): string {
    return `EXISTS (SELECT 1 ${tail(rows, more)})`;
  }

  function count(known: Term | Row | Rows): Term {
    if (known.kind === "rows") return termOf(`(SELECT count(*) ${tail(known)})`);
    if (known.kind === "row") return lost();
    return termOf(known.isList ? words.lengthOf(known.sql) : `length(${known.sql})`);
  }

  function firstOf(rows: Rows): Term | Row {
    const item = rows.item();
    const one = (sql: string) => `(SELECT ${sql} ${tail(rows)} LIMIT 1)`;
    if (item.kind === "term") return termOf(one(item.sql), item.isList);
    return {
      kind: "row",
      exists: exists(rows),
      column(key) {
        const column = item.column(key);
        return termOf(one(column.sql), column.isList);
      },
    };
  }

  function scalarsOf(rows: Rows): Rows {
    return {
      ...rows,
      item() {
        const item = rows.item();
        return item.kind === "row" ? item.column(0) : item;
      },
    };
  }

  function scalarOf(rows: Rows): Term {
    const first = firstOf(rows);
    return first.kind === "term" ? first : first.column(0);
  }

  function nextAlias(): string {
    aliases += 1;
    return `q${aliases}`;
  }

  /** Rows of the file's own SELECT: their columns by name, or by place, which PostgreSQL gives names for. */
  function selected(query: string): Rows {
    const alias = nextAlias();
    let places = 0;
    let hasNames = false;
    const row: Row = {
      kind: "row",
      exists: null,
      column(key) {
        if (typeof key === "string") hasNames = true;
        else places = Math.max(places, key + 1);
        if (hasNames && places > 0) return lost();
        if (typeof key === "string") return termOf(`${alias}."${key.replaceAll('"', '""')}"`);
        return termOf(words.place(query, alias, key) ?? lost());
      },
    };
    return {
      kind: "rows",
      from: () => `(${query}\n) AS ${alias}${words.names(places)}`,
      where: [],
      item: () => row,
    };
  }

  /** What an inspector tells. */
  function told({ sql, columns, lists }: Inspected): Rows {
    const alias = nextAlias();
    const column = (name: string) => termOf(`${alias}."${name}"`, lists.includes(name));
    const item: Term | Row = columns.includes("value")
      ? column("value")
      : {
          kind: "row",
          exists: null,
          column: (key) => (typeof key === "string" && columns.includes(key) ? column(key) : lost()),
        };
    return { kind: "rows", from: () => `(${sql}) AS ${alias}`, where: [], item: () => item };
  }

  return { exists, count, firstOf, scalarsOf, scalarOf, selected, told, tail };
}

/** Gives up on a question. */
export function lost(): never {
  return unreadable("it cannot be asked in SQL");
}
