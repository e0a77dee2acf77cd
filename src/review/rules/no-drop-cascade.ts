import { beginsWithKey } from "../foreign-key-index.ts";
import { ranOf } from "../observed.ts";
import { defineRule, type OperationContext } from "../rule.ts";
import { say } from "../text.ts";
import type {
  Constraint,
  Operation,
  OperationOf,
  Problem,
  Schema,
  StatementRun,
  TableName,
  Text,
} from "../types.ts";

type Cascading = OperationOf<"dropTable" | "dropColumn" | "dropConstraint" | "dropObject">;

export default defineRule({
  summary: "Name everything that a migration drops",
  why: "CASCADE drops whatever depends on the object, without a word in the migration: views and functions that the application uses, foreign keys that kept rows consistent, columns of a dropped type with all their data.",
  instead:
    "Drop what depends on it by name, and leave CASCADE out: then PostgreSQL refuses what was forgotten.",
  // What else goes was seen. Columns hold data: an error. A view or a foreign key can be made again: a warning.
  severity: "error",
  ignoreWhen: "all that depends on it is known, and is not needed any more.",
  sources: ["PostgreSQL documentation, section 5.15, Dependency Tracking"],
  check: {
    dropTable: answer,
    dropColumn: answer,
    dropConstraint: answer,
    dropObject: (operation, context) =>
      // The tables of a schema are told by a rule of their own.
      operation.object === "schema" ? undefined : answer(operation, context),
  },
});

function answer(operation: Cascading, context: OperationContext): Problem | undefined {
  const run = ranOf(context);
  const { before, after, statement } = context;
  if (!operation.cascade || !run || !before || !after) return;
  if (statement.operations.find(isCascading) !== operation) return;
  const gone = goneWith(before, after, context).filter((one) => wasTouched(one, run));
  if (gone.length === 0) return;
  const what = "table" in operation && operation.kind === "dropTable" ? operation.table : nameOf(operation);
  return {
    message: say`CASCADE drops more than ${what}: ${sentence(gone)}.`,
    evidence: gone.map((one) => say`observed: ${titleOf(one)} is gone`),
    instead: say`Drop ${sentence(gone)} by name first, then ${what} without CASCADE.`,
    at: statement.span,
    object: what,
    severity: gone.some(({ kind }) => kind === "column") ? "error" : "warning",
  };
}

function isCascading(operation: Operation): operation is Cascading {
  return "cascade" in operation && operation.cascade && operation.kind !== "truncateTable";
}

function nameOf(operation: Cascading): string {
  if (operation.kind === "dropTable") return operation.table;
  return operation.kind === "dropColumn" ? operation.column : operation.name;
}

interface Gone {
  readonly kind: "view" | "materialized view" | "foreign key" | "column" | "function";
  readonly name: string;
  /** The relation that is locked when it goes; null when that is not known. */
  readonly relation: TableName | null;
}

/** What the migration takes away of the schema without naming it; parts of what goes as a whole are left out. */
function goneWith(before: Schema, after: Schema, context: OperationContext): Gone[] {
  const named = namesIn(context.script.statements.flatMap(({ operations }) => operations));
  const views = before.views
    .filter(({ name }) => !after.views.some((view) => view.name === name))
    .map(({ name, materialized }): Gone => {
      const kind = materialized ? "materialized view" : "view";
      return { kind, name, relation: name };
    });
  const tables = before.tables.flatMap((table): Gone[] => {
    const now = after.tables.find(({ oid }) => oid === table.oid);
    if (!now) return [];
    const keys = table.constraints.filter(
      ({ kind, name }) => kind === "foreign-key" && !now.constraints.some((other) => other.name === name),
    );
    const columns = table.columns.filter(({ name }) => !now.columns.some((other) => other.name === name));
    const kept = keys.filter(
      (key) =>
        !key.columns.some((name) => columns.some((one) => one.name === name)) &&
        isTaken(key, before, context),
    );
    return [
      ...columns.map(
        ({ name }): Gone => ({ kind: "column", name: `${table.name}.${name}`, relation: table.name }),
      ),
      ...kept.map(
        ({ name }): Gone => ({ kind: "foreign key", name: `${table.name}.${name}`, relation: table.name }),
      ),
    ];
  });
  const functions = before.functions
    .filter(({ name }) => !after.functions.some((other) => other.name === name))
    .map(({ name }): Gone => ({ kind: "function", name, relation: null }));
  return [...views, ...tables, ...functions].filter(({ name }) => !named.has(bare(name)));
}

/** Whether what the statement drops is what the foreign key points to: another CASCADE may have taken one of the same table. */
function isTaken({ references }: Constraint, before: Schema, context: OperationContext): boolean {
  if (!references) return true;
  const { table, columns } = references;
  return context.statement.operations.filter(isCascading).some((one) => {
    if (one.kind === "dropObject") return true;
    const dropped = before.tables.find(({ name }) => name === one.table);
    if (one.kind === "dropTable") return dropped?.name === table || wentAlong(table, context);
    // It was given another name before.
    if (!dropped) return true;
    if (dropped.name !== table) return false;
    if (one.kind === "dropColumn") return columns.includes(one.column);
    const key = dropped.constraints.find(({ name }) => name === one.name);
    return !key || (key.columns.length === columns.length && beginsWithKey(key.columns, columns));
  });
}

/** A table that no statement drops by its name is gone, e.g. as it inherits from one that goes. */
function wentAlong(table: TableName, context: OperationContext): boolean {
  const { after, script } = context;
  const isNamed = script.statements.some(({ operations }) =>
    operations.some((one) => one.kind === "dropTable" && one.table === table),
  );
  return !isNamed && !after?.tables.some(({ name }) => name === table);
}

/** Names that the migration drops or renames itself; a function's without its arguments. */
function namesIn(operations: readonly Operation[]): ReadonlySet<string> {
  return new Set(
    operations.flatMap((one) => {
      if (one.kind === "dropObject") return [one.name];
      if (one.kind === "dropConstraint") return [`${one.table}.${one.name}`];
      if (one.kind === "dropColumn" || one.kind === "renameColumn") return [`${one.table}.${one.column}`];
      if (one.kind === "createView") return [one.name];
      return [];
    }),
  );
}

function bare(name: string): string {
  const open = name.indexOf("(");
  return open < 0 ? name : name.slice(0, open);
}

/** Another statement's CASCADE may have taken it: only what this one locked is its own. */
function wasTouched({ relation }: Gone, { locks }: StatementRun): boolean {
  return relation === null || locks.some((lock) => lock.relation === relation);
}

/** Many of a kind are counted. */
const shown = 6;

function sentence(gone: readonly Gone[]): Text {
  const parts = gone.slice(0, shown).map(titleOf);
  const more = gone.length - parts.length;
  const all: Text[] = more > 0 ? [...parts, say`${more} more`] : parts;
  return all.flatMap((part, i) => {
    if (i === 0) return part;
    return i === all.length - 1 ? [" and ", ...part] : [", ", ...part];
  });
}

function titleOf({ kind, name }: Gone): Text {
  return say`the ${[kind]} ${name}`;
}
