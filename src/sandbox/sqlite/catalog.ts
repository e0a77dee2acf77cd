import { normaliseSqlite, sqliteTokens } from "../../review/sql/sqlite-source.ts";
import { readSqliteTable, type SqliteColumn, type SqliteTable } from "../../review/sql/sqlite-table.ts";
import { type Catalog, type CatalogObject, type Details, keyOf as keyOfObject } from "../catalog.ts";
import {
  type ColumnDescription,
  type Description,
  type ForeignKeyDescription,
  type IndexDescription,
  keyOf,
  type TableDescription,
} from "./tables.ts";

/** The objects of a database, in a form in which two states of it can be compared. */
export function catalogOf({ tables, triggers, views }: Description): Catalog {
  const objects = [
    ...tables.flatMap(objectsOf),
    ...triggers.map(({ name, table, sql }) =>
      object("trigger", `${table}.${name}`, [`table ${table}`], definitionOf(sql), null),
    ),
    ...views.map(({ name, sql }) => object("view", name, [], definitionOf(sql), { materialized: false })),
  ];
  return new Map(objects.map((one) => [keyOfObject(one), one]));
}

function objectsOf(table: TableDescription): CatalogObject[] {
  const { name, columns, indexes, foreignKeys } = table;
  const written = table.isVirtual ? readSqliteTable("") : readSqliteTable(table.sql);
  const parents = (names: readonly (string | null)[]) => [
    `table ${name}`,
    ...names.flatMap((column) => (column === null ? [] : [`column ${name}.${column}`])),
  ];
  const constraint = (
    label: string,
    type: string,
    names: readonly string[],
    definition: string,
    more: Details = {},
  ) =>
    object("constraint", `${name}.${label}`, parents(names), definition, {
      table: name,
      name: label,
      type,
      valid: true,
      columns: names,
      references: null,
      referenced: null,
      ...more,
    });
  const key = keyOf(columns);
  return [
    object("table", name, [], table.isVirtual ? definitionOf(table.sql) : "table", {
      oid: numberOf(name),
      kind: "table",
      temporary: false,
    }),
    ...optionsOf(table, written).map((option) =>
      object("table option", `${name}: ${option}`, [`table ${name}`], option, null),
    ),
    ...columns.map((column, i) => columnObject(name, column, i, written.columns)),
    ...(key.length > 0 ? [constraint(`primary key ${list(key)}`, "p", key, `primary key ${list(key)}`)] : []),
    ...foreignKeys.map((foreign) => {
      const { columns: names, parent, parentColumns } = foreign;
      const more = {
        references: parent,
        referenced: parentColumns,
        onDelete: actions[foreign.onDelete] ?? null,
      };
      return constraint(`foreign key ${list(names)} to ${parent}`, "f", names, foreignKeyText(foreign), more);
    }),
    ...written.checks.map(({ expression, columns: names }) =>
      constraint(`check (${expression})`, "c", names, `check (${expression})`),
    ),
    ...indexes.flatMap((index) => {
      const names = index.columns.flatMap((column) => column.name ?? []);
      const own = indexObject(name, index, parents(names));
      return index.origin === "u"
        ? [constraint(`unique ${list(names)}`, "u", names, `unique ${columnsText(index)}`), own]
        : [own];
    }),
  ];
}

/** As PostgreSQL's catalogue tells them. */
const actions: Readonly<Record<string, string>> = {
  "NO ACTION": "a",
  RESTRICT: "r",
  CASCADE: "c",
  "SET NULL": "n",
  "SET DEFAULT": "d",
};

function object(
  kind: string,
  identity: string,
  parents: readonly string[],
  definition: string,
  details: Details | null,
): CatalogObject {
  return {
    kind,
    identity,
    parents,
    definition,
    physical: null,
    owner: null,
    privileges: [],
    comment: null,
    details,
    home: null,
  };
}

/** What holds for a table as a whole, or cannot be told from its text otherwise. */
function optionsOf({ hasRowid, isStrict, isVirtual }: TableDescription, written: SqliteTable): string[] {
  const autoincrement = written.columns.some((column) => column.autoincrement);
  return [
    ...(hasRowid || isVirtual ? [] : ["WITHOUT ROWID"]),
    ...(isStrict ? ["STRICT"] : []),
    ...(autoincrement ? ["AUTOINCREMENT"] : []),
    ...written.clauses,
  ];
}

function columnObject(
  table: string,
  { name, type, notNull, defaultSql, key, isGenerated }: ColumnDescription,
  position: number,
  columns: readonly SqliteColumn[],
): CatalogObject {
  const written = columns.find((column) => column.name.toLowerCase() === name.toLowerCase());
  const given = defaultText(defaultSql);
  const definition = [
    typeText(type, key > 0),
    ...(notNull ? ["not null"] : []),
    ...(given === null ? [] : [`default ${given}`]),
    ...(written?.collation && written.collation !== "binary" ? [`collate ${written.collation}`] : []),
    ...(written?.generated ? [`generated as (${written.expression}) ${written.generated}`] : []),
  ];
  return object("column", `${table}.${name}`, [`table ${table}`], definition.join(" "), {
    table,
    composite: false,
    name,
    position,
    type,
    notNull,
    default: isGenerated ? null : defaultSql,
    identity: "",
    generated: isGenerated,
  });
}

/**
 * A column's type as far as it means something: INT and INTEGER are one type, except that only INTEGER makes a primary key
 * the row's number (SQLite documentation, Datatypes, section 3, and CREATE TABLE, ROWIDs).
 */
function typeText(type: string, isKey: boolean): string {
  const text = type
    .toLowerCase()
    .replace(/\s+/g, " ")
    .replace(/ ?([(),]) ?/g, "$1");
  return text === "int" && !isKey ? "integer" : text;
}

/** DEFAULT NULL is no default, and parentheses around one mean nothing. */
function defaultText(defaultSql: string | null): string | null {
  if (defaultSql === null) return null;
  let tokens = sqliteTokens(defaultSql);
  while (
    tokens[0]?.text === "(" &&
    tokens.findIndex(({ text, depth }) => text === ")" && depth === 0) === tokens.length - 1
  )
    tokens = sqliteTokens(
      tokens
        .slice(1, -1)
        .map(({ written }) => written)
        .join(" "),
    );
  const text = normaliseSqlite(tokens);
  return text === "null" || text === "" ? null : text;
}

function foreignKeyText({
  columns,
  parent,
  parentColumns,
  onUpdate,
  onDelete,
}: ForeignKeyDescription): string {
  const actions = [
    ...(onUpdate === "NO ACTION" ? [] : [` on update ${onUpdate.toLowerCase()}`]),
    ...(onDelete === "NO ACTION" ? [] : [` on delete ${onDelete.toLowerCase()}`]),
  ];
  return `foreign key ${list(columns)} references ${parent} ${list(parentColumns)}${actions.join("")}`;
}

function indexObject(table: string, index: IndexDescription, parents: readonly string[]): CatalogObject {
  const tokens = sqliteTokens(index.sql ?? "");
  const on = tokens.findIndex(({ text }) => text === "on");
  const where = tokens.findIndex(({ text, depth }) => text === "where" && depth === 0);
  const text = on < 0 ? columnsText(index) : normaliseSqlite(tokens.slice(on));
  return object("index", index.name, parents, `${index.isUnique ? "unique index" : "index"} ${text}`, {
    table,
    name: index.name,
    unique: index.isUnique,
    primary: index.origin === "pk",
    valid: true,
    method: "btree",
    where: where < 0 ? null : normaliseSqlite(tokens.slice(where + 1)),
    definition: index.sql ?? "",
    backs: index.origin !== "c",
    columns: index.columns.map(({ name }) => name),
  });
}

function columnsText({ columns }: IndexDescription): string {
  const texts = columns.map(({ name, isDescending, collation }) =>
    [
      name ?? "expression",
      ...(collation === "binary" ? [] : [`collate ${collation}`]),
      ...(isDescending ? ["desc"] : []),
    ].join(" "),
  );
  return list(texts);
}

function definitionOf(sql: string): string {
  return normaliseSqlite(sqliteTokens(sql));
}

function list(names: readonly string[]): string {
  return `(${names.join(", ")})`;
}

/** A table's number: the same for the same name (FNV-1a, 32 bits). Page numbers are given to other tables again. */
function numberOf(name: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(name)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash;
}
