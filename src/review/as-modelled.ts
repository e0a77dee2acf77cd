import { relationNamed } from "./relations.ts";
import { quoteIdentifier } from "./sql/names.ts";
import type { Column, Constraint, DryRun, Schema, Table, TableName } from "./types.ts";

/**
 * A run with the names that models have for what it left: models that name no schema mean what the search path finds, and
 * migrations may have made all of it in one schema that is not `public`.
 */
export function asModelled<Run extends Pick<DryRun, "base" | "head">>(
  run: Run,
  models: readonly Schema[],
): Run {
  const [base, head] = [inTheirNames(run.base, models), inTheirNames(run.head, models)];
  return base === run.base && head === run.head ? run : { ...run, base, head };
}

function inTheirNames(schema: Schema, models: readonly Schema[]): Schema {
  const names = namesOf(schema);
  const theirs = new Set(models.flatMap(namesOf));
  const own = new Map<TableName, string>();
  for (const name of theirs) {
    const meant = relationNamed(name, names);
    if (meant !== undefined && !name.includes(".")) own.set(meant, name);
  }
  const homes = new Set([...own].map(([meant, name]) => meant.slice(0, -name.length)));
  const [home = ""] = homes;
  // What models with a schema mean there is another thing.
  const isTheirs = homes.size === 1 && home !== "" && ![...theirs].some((name) => name.startsWith(home));
  return isTheirs ? renamed(schema, own, `${quoteIdentifier(home.slice(0, -1))}.`) : schema;
}

/** Relations and types; they have their names to themselves. */
function namesOf({ tables, views, enums }: Schema): string[] {
  return [...tables, ...views, ...enums].map(({ name }) => name);
}

function renamed(schema: Schema, own: ReadonlyMap<TableName, string>, home: string): Schema {
  const nameOf = (name: TableName) => own.get(name) ?? name;
  const typeOf = (type: string) => (type.startsWith(home) ? type.slice(home.length) : type);
  const ofColumn = (column: Column): Column => ({ ...column, type: typeOf(column.type) });
  const ofConstraint = (constraint: Constraint): Constraint => {
    const { references } = constraint;
    return references
      ? { ...constraint, references: { ...references, table: nameOf(references.table) } }
      : constraint;
  };
  const ofTable = (table: Table): Table => ({
    ...table,
    name: nameOf(table.name),
    columns: table.columns.map(ofColumn),
    constraints: table.constraints.map(ofConstraint),
  });
  return {
    ...schema,
    tables: schema.tables.map((table) => (own.has(table.name) ? ofTable(table) : table)),
    views: schema.views.map((view) => ({ ...view, name: nameOf(view.name) })),
    enums: schema.enums.map((one) => ({ ...one, name: nameOf(one.name) })),
    triggers: schema.triggers.map((trigger) => ({ ...trigger, table: nameOf(trigger.table) })),
  };
}
