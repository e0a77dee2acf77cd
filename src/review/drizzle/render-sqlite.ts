import type { ModelStatement } from "../types.ts";
import type {
  DrizzleColumn,
  DrizzleForeignKey,
  DrizzleIndex,
  DrizzleSchema,
  DrizzleTable,
} from "./schema.ts";

/** What Drizzle Kit generates for a schema in an empty database (drizzle-kit/src/sqlgenerator.ts, serializer/sqliteSerializer.ts). */
export function renderSqlite({ tables }: DrizzleSchema): ModelStatement[] {
  return tables.flatMap((table) => [
    { table: table.name, sql: createTable(table) },
    ...indexesOf(table).map((sql) => ({ table: table.name, sql })),
  ]);
}

function createTable(table: DrizzleTable): string {
  const composite = table.primaryKeys.filter(({ columns }) => columns.length > 1);
  const single = new Set(
    table.primaryKeys.flatMap(({ columns }) => (columns.length === 1 ? columns.map(({ name }) => name) : [])),
  );
  const parts = [
    ...table.columns.map((column) => columnText(column, column.isPrimary || single.has(column.name))),
    ...composite.map(({ columns }) => `PRIMARY KEY(${columns.map(({ name }) => quoted(name)).join(", ")})`),
    ...table.foreignKeys.map(foreignKey),
    ...table.checks.map(({ name, sql }) => `CONSTRAINT "${name}" CHECK(${sql})`),
  ];
  return `CREATE TABLE ${quoted(table.name)} (\n\t${parts.join(",\n\t")}\n)`;
}

function columnText(column: DrizzleColumn, isPrimary: boolean): string {
  const { name, type, defaultSql, generated, autoincrement, notNull } = column;
  return [
    quoted(name),
    type,
    ...(isPrimary ? ["PRIMARY KEY"] : []),
    ...(autoincrement ? ["AUTOINCREMENT"] : []),
    ...(defaultSql === null ? [] : [`DEFAULT ${defaultSql}`]),
    ...(generated ? [`GENERATED ALWAYS AS ${generated.as} ${generated.mode.toUpperCase()}`] : []),
    ...(notNull ? ["NOT NULL"] : []),
  ].join(" ");
}

function foreignKey({ columns, target, targetColumns, onDelete, onUpdate }: DrizzleForeignKey): string {
  const actions = ` ON UPDATE ${onUpdate ?? "no action"} ON DELETE ${onDelete ?? "no action"}`;
  return `FOREIGN KEY (${list(columns)}) REFERENCES ${quoted(target.name)}(${list(targetColumns)})${actions}`;
}

/** A unique column or key is an index of its own. */
function indexesOf(table: DrizzleTable): string[] {
  const create = (name: string, isUnique: boolean, columns: string, where: string | null) =>
    `CREATE ${isUnique ? "UNIQUE " : ""}INDEX ${quoted(name)} ON ${quoted(table.name)} (${columns})${where === null ? "" : ` WHERE ${where}`}`;
  return [
    ...table.columns.flatMap(({ unique, name, rawName }) =>
      unique ? [create(unique.name ?? `${table.name}_${rawName}_unique`, true, quoted(name), null)] : [],
    ),
    ...table.indexes.map((index) => create(index.name ?? "", index.isUnique, indexParts(index), index.where)),
    ...table.uniques.map(({ name, columns }) => {
      const own = name ?? `${table.name}_${columns.map(({ rawName }) => rawName).join("_")}_unique`;
      return create(own, true, list(columns), null);
    }),
  ];
}

function indexParts({ parts }: DrizzleIndex): string {
  return parts.map((part) => (part.kind === "column" ? quoted(part.column.name) : part.sql)).join(",");
}

function list(columns: readonly DrizzleColumn[]): string {
  return columns.map(({ name }) => quoted(name)).join(",");
}

function quoted(name: string): string {
  return `\`${name.replaceAll("`", "``")}\``;
}
