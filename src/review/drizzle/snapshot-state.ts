import { z } from "zod";

/** One thing of a schema, as Drizzle Kit lists it. */
export interface Row {
  readonly entityType: EntityKind;
  readonly [member: string]: unknown;
}

/** Members that name an entity of PostgreSQL among those of its kind. */
const names = {
  schemas: ["name"],
  tables: ["schema", "name"],
  enums: ["schema", "name"],
  columns: ["schema", "table", "name"],
  indexes: ["schema", "name"],
  fks: ["schema", "table", "name"],
  pks: ["schema", "table", "name"],
  uniques: ["schema", "table", "name"],
  checks: ["schema", "table", "name"],
  sequences: ["schema", "name"],
  roles: ["name"],
  privileges: ["schema", "table", "grantor", "grantee", "type"],
  policies: ["schema", "table", "name"],
  views: ["schema", "name"],
} as const;

export type EntityKind = keyof typeof names;

export const entityKinds = Object.keys(names) as [EntityKind, ...EntityKind[]];

/** That members of one entity name another: in the order of that one's own names, the last of them in a list perhaps. */
interface Link {
  readonly to: EntityKind;
  readonly members: readonly string[];
  readonly list: string | null;
}

const link = (to: EntityKind, members: readonly string[], list: string | null = null): Link => ({
  to,
  members,
  list,
});
const inSchema = link("schemas", ["schema"]);
const inTable = link("tables", ["schema", "table"]);
const ofColumns = link("columns", ["schema", "table"], "columns");

/** What follows a new name; nothing of the rest is compared, but where it stands tells one from the other. */
const links: Readonly<Record<EntityKind, readonly Link[]>> = {
  schemas: [],
  tables: [inSchema],
  enums: [inSchema],
  sequences: [inSchema],
  views: [inSchema],
  checks: [inTable],
  policies: [inTable, link("roles", [], "roles")],
  privileges: [inTable, link("roles", ["grantee"]), link("roles", ["grantor"])],
  columns: [inTable, link("enums", ["typeSchema", "type"])],
  indexes: [inTable, ofColumns],
  pks: [inTable, ofColumns],
  uniques: [inTable, ofColumns],
  fks: [
    inTable,
    ofColumns,
    link("tables", ["schemaTo", "tableTo"]),
    link("columns", ["schemaTo", "tableTo"], "columnsTo"),
  ],
  roles: [],
};

/** So many looks at entities are spent on following new names. */
const mostLooks = 5_000_000;

/** The entities of a schema while migrations change them (drizzle-kit/src/dialects/dialect.ts, postgres/ddl.ts). */
export class Entities {
  #rows = new Map<string, Row>();
  #looks = 0;

  /** False where another one of this name differs. */
  add(row: Row): boolean {
    const key = keyOf(row);
    const known = this.#rows.get(key);
    if (!known) this.#rows.set(key, row);
    return !known || isSame(known, row);
  }

  /** What is not there is none of its concern. */
  drop(key: string): true {
    this.#rows.delete(key);
    return true;
  }

  /** Changes members, and what names it by them. False where one gets another's name. */
  set(key: string, members: Readonly<Record<string, unknown>>): boolean {
    const row = this.#rows.get(key);
    if (!row) return true;
    const changed: Row = { ...row, ...members, entityType: row.entityType };
    this.#rows.set(key, changed);
    return keyOf(changed) === key || this.#follow(row, changed);
  }

  list(): readonly Row[] {
    return [...this.#rows.values()];
  }

  #follow(before: Row, after: Row): boolean {
    const rows = [...this.#rows.values()];
    const moved = [{ before, after }];
    for (const { before, after } of moved) {
      this.#looks += rows.length;
      if (this.#looks > mostLooks) return false;
      for (const [at, row] of rows.entries()) {
        const next = links[row.entityType].reduce((one, link) => followed(one, link, before, after), row);
        if (next === row) continue;
        rows[at] = next;
        if (keyOf(next) !== keyOf(row)) moved.push({ before: row, after: next });
      }
    }
    this.#rows = new Map(rows.map((row) => [keyOf(row), row]));
    return this.#rows.size === rows.length;
  }
}

/** A row with the new name of what it names; the same where it names something else. */
function followed(row: Row, { to, members, list }: Link, before: Row, after: Row): Row {
  if (to !== before.entityType) return row;
  const own = names[to];
  if (members.some((member, i) => row[member] !== before[own[i] ?? ""])) return row;
  const moved = Object.fromEntries(members.map((member, i) => [member, after[own[i] ?? ""]]));
  if (list === null) return { ...row, ...moved };
  const parts = row[list];
  if (!Array.isArray(parts) || !parts.some((part: unknown) => isNamed(part, before.name))) return row;
  const renamed = parts.map((part: unknown) => (isNamed(part, before.name) ? named(part, after.name) : part));
  return { ...row, ...moved, [list]: renamed };
}

/** A part of an index is a column, or an expression, which keeps its words. */
const indexPart = z.looseObject({ value: z.string(), isExpression: z.boolean() });

function isNamed(part: unknown, name: unknown): boolean {
  const { data } = indexPart.safeParse(part);
  return data ? !data.isExpression && data.value === name : part === name;
}

function named(part: unknown, name: unknown): unknown {
  const { data } = indexPart.safeParse(part);
  return data ? { ...data, value: name } : name;
}

function keyOf(row: Row): string {
  return `${row.entityType}\0${JSON.stringify(names[row.entityType].map((member) => row[member]))}`;
}

/** What is left out is null. */
function isSame(a: unknown, b: unknown): boolean {
  if (!isObject(a) || !isObject(b)) return (a ?? null) === (b ?? null);
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].every((key) => isSame(a[key], b[key]));
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
