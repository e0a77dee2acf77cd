import { quoteIdentifier, quoteTable } from "../sql/names.ts";
import type { Column, TableName } from "../types.ts";
import { alter } from "./names.ts";

/** A column's type with its collation, as ADD COLUMN takes it. */
export function typeOf({ type, collation }: Column): string {
  return collation === null ? type : `${type} COLLATE ${collation}`;
}

/** Gives another column what stays with a column besides type, default and NOT NULL: its settings, comment and privileges. */
export function attributesFor(table: TableName, of: Column, name: string): readonly string[] {
  const column = quoteIdentifier(name);
  const privileges = of.privileges.flatMap((privilege) => {
    const [, what, role, option = ""] = /^(\w+) to (.*?)( with grant option)?$/s.exec(privilege) ?? [];
    if (what === undefined || role === undefined) return [];
    const to = role === "public" ? "PUBLIC" : quoteIdentifier(role);
    return `GRANT ${what} (${column}) ON ${quoteTable(table)} TO ${to}${option.toUpperCase()}`;
  });
  return [
    ...of.settings.map((setting) => alter(table, `ALTER COLUMN ${column} ${setting}`)),
    ...(of.comment === null
      ? []
      : [`COMMENT ON COLUMN ${quoteTable(table)}.${column} IS '${of.comment.replaceAll("'", "''")}'`]),
    ...privileges,
  ];
}

/** The same for a column of another type: how a value is stored is the type's own again (ALTER TABLE, SET DATA TYPE). */
export function attributesOfOtherType(table: TableName, of: Column, name: string): readonly string[] {
  const settings = of.settings.filter((setting) => !/^SET (?:STORAGE|COMPRESSION) /.test(setting));
  return attributesFor(table, { ...of, settings }, name);
}
