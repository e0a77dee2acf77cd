import type { AlterTableCmd, AlterTableStmt, ColumnDef, CreateStmt, Node, RangeVar } from "@pgsql/types";
import type { Operation, OperationOf, Span, TableName } from "../types.ts";
import { columnOf, constraintOf, type Range, textAfterWord } from "./definitions.ts";
import { elementEnd, elementsOf, placeOf, type Source, spanOf, tokenAt } from "./source.ts";
import { relationName } from "./tree.ts";
import { typeText } from "./type-name.ts";

/** CREATE TABLE with its columns and constraints, those written with a column included. */
export function createTableOf(create: CreateStmt, source: Source): OperationOf<"createTable"> {
  const elements = create.tableElts ?? [];
  const columns = elements.flatMap((element) =>
    "ColumnDef" in element ? [columnOf(element.ColumnDef, rangeOf(element.ColumnDef, source), source)] : [],
  );
  const constraints = elements.flatMap((element) =>
    "Constraint" in element
      ? (constraintOf(element.Constraint, rangeOf(element.Constraint, source), source) ?? [])
      : [],
  );
  const parent = create.partbound ? create.inhRelations?.[0] : undefined;
  return {
    ...newTable(create.relation, create.if_not_exists, source),
    columns: columns.map(({ column }) => column),
    constraints: [...columns.flatMap((column) => column.constraints), ...constraints],
    partitionOf: parent && "RangeVar" in parent ? relationName(parent.RangeVar) : null,
  };
}

/** CREATE TABLE … AS and SELECT … INTO: a table whose columns are not written down. */
export function newTable(
  relation: RangeVar | undefined,
  ifNotExists: boolean | undefined,
  source: Source,
): OperationOf<"createTable"> {
  return {
    kind: "createTable",
    table: relationName(relation),
    columns: [],
    constraints: [],
    ifNotExists: ifNotExists ?? false,
    temporary: relation?.relpersistence === "t" || relation?.schemaname === "pg_temp",
    partitionOf: null,
    at: placeOf(source, { start: 0, end: source.sql.length }),
  };
}

/** ALTER TABLE: one operation for each of its commands, each with its own place. */
export function alterTableOf(alter: AlterTableStmt, source: Source): Operation[] {
  const all = { first: 0, after: source.tokens.length };
  if (alter.objtype !== "OBJECT_TABLE" && alter.objtype !== "OBJECT_FOREIGN_TABLE")
    return [{ kind: "other", node: "AlterTableStmt", at: placeOf(source, spanOf(source, 0, all.after)) }];
  const table = relationName(alter.relation);
  const commands = (alter.cmds ?? []).flatMap((node) =>
    "AlterTableCmd" in node ? [node.AlterTableCmd] : [],
  );
  const ranges = elementsOf(source, afterName(alter.relation, source), all.after);
  return commands.map((command, i) => {
    const range = ranges.length === commands.length ? ranges[i] : undefined;
    return commandOf(table, command, range ?? all, source);
  });
}

function commandOf(table: TableName, command: AlterTableCmd, range: Range, source: Source): Operation {
  const at = placeOf(source, spanOf(source, range.first, range.after));
  const name = command.name ?? "";
  const ifExists = command.missing_ok ?? false;
  const column = columnIn(command.def);
  switch (command.subtype) {
    case "AT_AddColumn": {
      if (!column) break;
      const added = columnOf(column, rangeOf(column, source), source);
      return { kind: "addColumn", table, ...added, ifNotExists: ifExists, at };
    }
    case "AT_DropColumn": {
      const cascade = command.behavior === "DROP_CASCADE";
      return { kind: "dropColumn", table, column: name, ifExists, cascade, at };
    }
    case "AT_AlterColumnType": {
      const using = column?.raw_default ? textAfterWord("using", range, source) : null;
      const isCollated = column?.collClause !== undefined;
      const type = typeText(column?.typeName);
      return { kind: "alterColumnType", table, column: name, type, isCollated, using, at };
    }
    case "AT_SetNotNull":
      return { kind: "setNotNull", table, column: name, at };
    case "AT_DropNotNull":
      return { kind: "dropNotNull", table, column: name, at };
    case "AT_ColumnDefault": {
      const defaultSql = command.def ? textAfterWord("default", range, source) : null;
      return { kind: "setDefault", table, column: name, defaultSql, at };
    }
    case "AT_AddConstraint": {
      const node = command.def && "Constraint" in command.def ? command.def.Constraint : undefined;
      const constraint = node ? constraintOf(node, rangeOf(node, source), source) : null;
      if (!constraint) break;
      return { kind: "addConstraint", table, constraint, at };
    }
    case "AT_ValidateConstraint":
      return { kind: "validateConstraint", table, name, at };
    case "AT_DropConstraint": {
      const cascade = command.behavior === "DROP_CASCADE";
      return { kind: "dropConstraint", table, name, ifExists, cascade, at };
    }
  }
  const known = partitionChangeOf(table, command, at) ?? triggerChangeOf(table, command, at);
  if (known) return known;
  const by = rewriters[command.subtype ?? ""];
  if (by) return { kind: "rewriteTable", table, by, at };
  return { kind: "other", node: command.subtype ?? "AlterTableCmd", at };
}

/** Commands of ALTER TABLE that always copy the whole table (documentation, ALTER TABLE). */
const rewriters: Readonly<Record<string, OperationOf<"rewriteTable">["by"]>> = {
  AT_SetLogged: "SET LOGGED",
  AT_SetUnLogged: "SET UNLOGGED",
  AT_SetAccessMethod: "SET ACCESS METHOD",
  AT_SetTableSpace: "SET TABLESPACE",
};

function partitionChangeOf(table: TableName, { subtype, def }: AlterTableCmd, at: Span): Operation | null {
  if (!def || !("PartitionCmd" in def)) return null;
  const partition = relationName(def.PartitionCmd.name);
  if (subtype === "AT_AttachPartition") return { kind: "attachPartition", table, partition, at };
  const concurrently = def.PartitionCmd.concurrent ?? false;
  return subtype === "AT_DetachPartition"
    ? { kind: "detachPartition", table, partition, concurrently, at }
    : null;
}

function triggerChangeOf(table: TableName, { subtype, name }: AlterTableCmd, at: Span): Operation | null {
  const match = /^AT_(Enable|Disable)(?:Always|Replica)?Trig(All|User)?$/.exec(subtype ?? "");
  if (!match) return null;
  const trigger = match[2] === undefined ? (name ?? null) : null;
  const enabled = match[1] === "Enable";
  return { kind: "toggleTrigger", table, trigger, internal: match[2] === "All", enabled, at };
}

function columnIn(node: Node | undefined): ColumnDef | undefined {
  return node && "ColumnDef" in node ? node.ColumnDef : undefined;
}

/** From where the parser says that an element begins to the comma or parenthesis that ends it. */
function rangeOf({ location }: { location?: number }, source: Source): Range {
  const first = tokenAt(source, source.offsetOf(location ?? 0));
  return { first, after: elementEnd(source, first) };
}

/** Index of the token after a table's name: `name`, `schema.name`, `name *`, `ONLY (name)`. */
function afterName(relation: RangeVar | undefined, source: Source): number {
  const { tokens } = source;
  let at = tokenAt(source, source.offsetOf(relation?.location ?? 0)) + 1;
  while (tokens[at]?.text === ".") at += 2;
  if (tokens[at]?.text === "*" || tokens[at]?.text === ")") at += 1;
  return at;
}
