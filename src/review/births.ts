import type { DryRun, Operation, Schema, Statement, TableName } from "./types.ts";

/** What the steps of a pull request have made so far. The answers change as statements are recorded. */
export interface Births {
  isNew(table: TableName): boolean;
  isNewColumn(table: TableName, column: string): boolean;
  /** The name that an older table had before the pull request. */
  formerName(table: TableName): TableName;
  /** The name that an older column had before the pull request. */
  formerColumn(table: TableName, column: string): string;
  /** Tables that the statement creates are new within it. */
  recordCreated(statement: Statement): void;
  /** Columns, renames and drops count for the statements that follow. */
  recordChanged(statement: Statement): void;
  /** A step that the base side has as well: what it makes is not new. */
  recordKept(statements: readonly Statement[]): void;
}

/**
 * Follows tables and columns through the statements of a pull request. `base` is the schema before its first step: null
 * when it could not be built. A table that a complete base schema lacks was made by the pull request, however it was done.
 */
export function followBirths(base: Schema | null, complete: boolean): Births {
  const born = new Set<TableName>();
  const bornColumns = new Set<string>();
  const kept = new Set<TableName>();
  const formerNames = new Map<TableName, TableName>();
  const formerColumns = new Map<string, string>();
  const existing = new Map(
    base?.tables.map((table) => [table.name, new Set(table.columns.map(({ name }) => name))]),
  );

  function isNew(table: TableName): boolean {
    if (born.has(table)) return true;
    if (base !== null && complete) return !isOld(table);
    return !isOld(table) && isBornByOtherName(table);
  }

  /** What is made without a schema is named with one later, of which nothing else is known: it is where the connection makes tables. */
  function isBornByOtherName(table: TableName): boolean {
    const dot = table.indexOf(".");
    const inSchema = table.slice(0, dot + 1);
    return (
      dot >= 0 &&
      born.has(table.slice(dot + 1)) &&
      ![...existing.keys(), ...kept, ...born].some((name) => name.startsWith(inSchema))
    );
  }

  function isOld(table: TableName): boolean {
    return existing.has(table) || kept.has(table);
  }

  return {
    isNew,
    isNewColumn: (table, column) => isNew(table) || bornColumns.has(key(table, column)),
    formerName: (table) => formerNames.get(table) ?? table,
    formerColumn: (table, column) => formerColumns.get(key(table, column)) ?? column,
    recordCreated({ operations }) {
      for (const operation of operations)
        if (operation.kind === "createTable" && !(operation.ifNotExists && isOld(operation.table)))
          born.add(operation.table);
    },
    recordChanged({ operations }) {
      for (const operation of operations) change(operation);
    },
    recordKept(statements) {
      for (const { operations } of statements)
        for (const operation of operations) {
          if (operation.kind === "createTable") keep(operation.table);
          if (operation.kind === "renameTable") keep(renamed(operation.table, operation.to));
          if (operation.kind === "addColumn") bornColumns.delete(key(operation.table, operation.column.name));
        }
    },
  };

  function keep(table: TableName): void {
    born.delete(table);
    kept.add(table);
  }

  function change(operation: Operation): void {
    if (operation.kind === "addColumn")
      addColumn(operation.table, operation.column.name, operation.ifNotExists);
    if (operation.kind === "dropColumn") bornColumns.delete(key(operation.table, operation.column));
    if (operation.kind === "renameColumn") {
      const { table, column, to } = operation;
      if (bornColumns.delete(key(table, column))) bornColumns.add(key(table, to));
      else formerColumns.set(key(table, to), formerColumns.get(key(table, column)) ?? column);
      formerColumns.delete(key(table, column));
    }
    if (operation.kind === "dropTable") {
      for (const names of [born, kept]) names.delete(operation.table);
      existing.delete(operation.table);
    }
    if (operation.kind === "renameTable")
      renameTable(operation.table, renamed(operation.table, operation.to));
  }

  function addColumn(table: TableName, column: string, ifNotExists: boolean): void {
    if (!(ifNotExists && existing.get(table)?.has(column))) bornColumns.add(key(table, column));
  }

  function renameTable(from: TableName, to: TableName): void {
    if (!born.has(from)) formerNames.set(to, formerNames.get(from) ?? from);
    formerNames.delete(from);
    for (const names of [born, kept]) if (names.delete(from)) names.add(to);
    const columns = existing.get(from);
    if (columns) existing.set(to, columns);
    existing.delete(from);
    for (const name of [...bornColumns].filter((column) => column.startsWith(key(from, "")))) {
      bornColumns.delete(name);
      bornColumns.add(key(to, name.slice(key(from, "").length)));
    }
  }
}

/** Whether the run saw the history and every change through, so that its schemas are complete. */
export function isComplete({ history, lost }: DryRun): boolean {
  return lost === null && history.failed.length === 0;
}

function renamed(table: TableName, to: string): TableName {
  const dot = table.indexOf(".");
  return dot < 0 ? to : `${table.slice(0, dot)}.${to}`;
}

function key(table: TableName, column: string): string {
  return `${table}\u0000${column}`;
}
