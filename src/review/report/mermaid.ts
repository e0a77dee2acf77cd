import { shorten } from "./escape.ts";
import type { ColumnView, RelationView, SchemaView, TableView } from "./schema-view.ts";

/**
 * A schema change as a Mermaid `erDiagram`. Tables get identifiers of our own and their names as quoted labels; every
 * name is reduced to characters that have no meaning to Mermaid, so that none can end its label or add to the diagram.
 */
export function toMermaid({ tables, relations }: SchemaView): string {
  const ids = new Map(tables.map((table, i) => [table.name, `t${i + 1}`]));
  const lines = [
    ...tables.flatMap((table) => entity(ids.get(table.name) ?? "t0", table)),
    ...relations.flatMap((relation) => link(relation, ids)),
  ];
  return ["erDiagram", ...lines.map((line) => `  ${line}`)].join("\n");
}

function entity(id: string, table: TableView): readonly string[] {
  const mark = table.mark === null ? "" : ` (${table.mark})`;
  const more = table.more > 0 ? [`  etc columns "${table.more} more"`] : [];
  return [
    `${id}["${label(table.name)}${mark}"] {`,
    ...table.columns.map((column) => `  ${attribute(column)}`),
    ...more,
    "}",
  ];
}

function attribute(column: ColumnView): string {
  const keys = [column.primaryKey && "PK", column.foreignKey && "FK"]
    .filter((key) => key !== false)
    .join(", ");
  const was = column.was === null ? "" : `, was ${label(column.was)}`;
  const note = column.mark === null ? "" : ` "${column.mark}${was}"`;
  return `${typeWord(column.type)} ${word(column.name)}${keys ? ` ${keys}` : ""}${note}`;
}

/** Many rows of the referring table belong to one of the table that it refers to; a new or dropped key is dotted. */
function link(
  { from, to, columns, mark }: RelationView,
  ids: ReadonlyMap<string, string>,
): readonly string[] {
  const [one, many] = [ids.get(to), ids.get(from)];
  if (!one || !many) return [];
  const note = mark === null ? "" : ` (${mark})`;
  return [`${one} ${mark === null ? "||--o{" : "||..o{"} ${many} : "${label(columns.join(", "))}${note}"`];
}

/** A name inside Mermaid's double quotes. */
function label(name: string): string {
  return shorten(name.replace(/[^\p{L}\p{N}_., ()-]/gu, "_"), 60) || "_";
}

/** An attribute's type or name: a bare word that is none of Mermaid's own. */
function word(name: string): string {
  const bare = shorten(name.replace(/[^A-Za-z0-9_]/g, "_"), 40).replace("…", "__");
  const safe = /^[A-Za-z]/.test(bare) ? bare : `_${bare}`;
  return /^_?(pk|fk|uk)$/i.test(safe) ? `${safe}_` : safe;
}

const shortTypes: Readonly<Record<string, string>> = {
  "timestamp with time zone": "timestamptz",
  "timestamp without time zone": "timestamp",
  "time with time zone": "timetz",
  "time without time zone": "time",
  "double precision": "float8",
};

/** Types may hold digits, parentheses and brackets: `varchar(20)`, `text[]`. */
function typeWord(type: string): string {
  const short = shortTypes[type] ?? type.replace(/^character varying/, "varchar");
  const [, name = "", ending = ""] = /^(.*?)((?:\(\d+(?:,\d+)?\))?(?:\[\])*)$/.exec(short) ?? [];
  return `${word(name)}${ending.replace(",", "_")}`;
}
