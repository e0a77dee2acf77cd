import { columnsIn } from "../drift.ts";
import { defineRule, type ModelContext } from "../rule.ts";
import { quoteIdentifier, quoteTable } from "../sql/names.ts";
import { say } from "../text.ts";
import type { ModelChange, Problem, Severity, Text } from "../types.ts";

export default defineRule({
  summary: "Bring a change of a model to the databases that are there already",
  why: "Where no migrations are kept, what makes the tables leaves some changes out: a new database gets them, and one that is in use stays as it was. The two part, and nobody is told.",
  instead: "Write a migration that makes the change, or run its SQL where the application is deployed.",
  // What is left out is documented; where code then fails it is a warning.
  severity: "warning",
  dialects: ["postgresql", "sqlite"],
  ignoreWhen: "every database is made anew with the release, or the change is made by hand.",
  sources: [
    "GORM documentation, Migration, Auto Migration",
    "SQLAlchemy documentation, Describing Databases with MetaData, Creating and Dropping Database Tables",
  ],
  check: {
    modelChange(change, context): Problem | undefined {
      const harm = context.push.leavesOut(change) ? harmOf(change, context) : null;
      if (!harm) return;
      const { message, sql, severity } = harm;
      return {
        message: say`${[context.push.title]} ${message}`,
        evidence: [say`observed: the models of both sides were built in the sandbox and compared`],
        instead:
          sql === null
            ? say`Make the change by hand in the databases that are there.`
            : say`Run ${sql} in the databases that are there.`,
        object: change.object,
        severity,
      };
    },
  },
});

/** What stays as it was, after the tool's name; and what would change it, where one statement does. */
interface Harm {
  readonly message: Text;
  readonly sql: string | null;
  readonly severity: Severity;
}

function harmOf(change: ModelChange, context: ModelContext): Harm | null {
  const { kind, before, after } = change;
  // A table that nothing uses any more does no harm.
  if (kind === "table") return null;
  if (kind === "column") return after === null ? ofLostColumn(change, context) : ofNewColumn(change);
  if (kind === "type" || kind === "nullability" || kind === "default") return ofColumn(change, context);
  return before === null ? ofNewKey(change, context) : ofLostKey(change, context);
}

/** A column that nothing sets any more does no harm, unless it must be set. */
function ofLostColumn({ table, object, column }: ModelChange, { database }: ModelContext): Harm | null {
  if (!column?.notNull || column.defaultSql !== null || column.identity || column.generated) return null;
  const own = quoteIdentifier(column.name);
  const alter = `ALTER TABLE ${quoteTable(table)}`;
  return {
    message: say`does not drop ${object}: where the table is there, the column stays NOT NULL without a default, and every INSERT that no longer sets it fails.`,
    sql: `${alter} ${database.dialect === "sqlite" ? `DROP COLUMN ${own}` : `ALTER COLUMN ${own} DROP NOT NULL`}`,
    severity: "warning",
  };
}

function ofNewColumn({ table, object, column, after }: ModelChange): Harm {
  return {
    message: say`does not add ${object} to a table that is there: queries of the model fail.`,
    sql: column && `ALTER TABLE ${quoteTable(table)} ADD COLUMN ${quoteIdentifier(column.name)} ${after}`,
    severity: "warning",
  };
}

function ofColumn(
  { kind, table, object, column, before, after }: ModelChange,
  context: ModelContext,
): Harm | null {
  if (kind === "default" || !column) return null;
  const alter = `ALTER TABLE ${quoteTable(table)} ALTER COLUMN ${quoteIdentifier(column.name)}`;
  const isSqlite = context.database.dialect === "sqlite";
  if (kind === "type")
    return {
      message: say`does not change the type of ${object} where the table is there: it stays ${before ?? ""}, and the model takes it for ${after ?? ""}.`,
      sql: isSqlite ? null : `${alter} TYPE ${after}`,
      severity: "warning",
    };
  if (after === "NOT NULL")
    return {
      message: say`does not make ${object} NOT NULL where the column is there: it goes on to take NULL.`,
      sql: isSqlite ? null : `${alter} SET NOT NULL`,
      severity: "info",
    };
  return {
    message: say`does not let ${object} be NULL where the column is there: an INSERT without a value fails.`,
    sql: isSqlite ? null : `${alter} DROP NOT NULL`,
    severity: "warning",
  };
}

/** Of a key with a new column the column is told. */
function ofNewKey({ kind, table, object }: ModelChange, { before }: ModelContext): Harm | null {
  const known = before.tables.find(({ name }) => name === table)?.columns.map(({ name }) => name) ?? [];
  if (!columnsIn(object).every((column) => known.includes(column))) return null;
  const what = { unique: "a unique key", index: "an index", "foreign key": "a foreign key" };
  return {
    message: say`does not add ${[what[kind as keyof typeof what]]} on ${object} to a table that is there.`,
    sql: null,
    severity: kind === "unique" ? "warning" : "info",
  };
}

function ofLostKey(change: ModelChange, context: ModelContext): Harm {
  const { kind, table, object } = change;
  const sql = dropSql(change, context);
  if (kind === "foreign key")
    return {
      message: say`does not drop the foreign key of ${object}: where the table is there, it goes on to be checked.`,
      sql,
      severity: "warning",
    };
  return kind === "unique"
    ? {
        message: say`does not drop the unique index on ${object}: databases that are there go on to refuse equal rows of ${table}.`,
        sql,
        severity: "warning",
      }
    : {
        message: say`does not drop the index on ${object}: databases that are there keep it, and every write to ${table} keeps it up.`,
        sql,
        severity: "info",
      };
}

/** By the name that the models gave it. */
function dropSql({ kind, table, object }: ModelChange, { before, database }: ModelContext): string | null {
  const built = before.tables.find(({ name }) => name === table);
  const isNamed = ({ columns }: { readonly columns: readonly (string | null)[] }) =>
    `${table}(${columns.join(", ")})` === object;
  if (kind === "foreign key") {
    const key = built?.constraints.find((one) => one.kind === "foreign-key" && isNamed(one));
    return key && database.dialect === "postgresql"
      ? `ALTER TABLE ${quoteTable(table)} DROP CONSTRAINT ${quoteIdentifier(key.name)}`
      : null;
  }
  const index = built?.indexes.find(
    (one) => one.unique === (kind === "unique") && !one.primary && isNamed(one),
  );
  if (!index || index.backsConstraint) return null;
  const dot = table.indexOf(".");
  const name = quoteTable(`${table.slice(0, dot + 1)}${index.name}`);
  return `DROP INDEX ${database.dialect === "postgresql" ? "CONCURRENTLY " : ""}${name}`;
}
