import type { AlterTableCmd, AlterTableStmt, CreateStmt, Node, RangeVar } from "@pgsql/types";
import { loadModule, parseSync } from "libpg-query";
import type { ConstraintDefinition, Operation, Span, TableName } from "../types.ts";
import { columnOf, constraintOf } from "./definitions.ts";
import { tableName } from "./names.ts";
import { refusalOf } from "./refused.ts";
import { byteOffsets, elementAt, partsAfter, type Token, textAfter, tokensOf } from "./source.ts";
import { stringOf, typeText } from "./type-name.ts";

await loadModule();

/** Longer statements are run but not read: parsing them would stall the service. */
const longest = 256 * 1024;
/** The parser and its tree are recursive. */
const deepest = 1000;

export interface StatementMeaning {
  readonly operations: readonly Operation[];
  /** Why it could not be read; null when it was. */
  readonly skipped: string | null;
  /** Why it is never run; null when it may be. */
  readonly refused: string | null;
}

/**
 * What one statement does to the schema, read by PostgreSQL's own parser. `at` spans are shifted by `offset`, the statement's place in its file.
 * Never throws: what the parser refuses comes back as `skipped`, in PostgreSQL's words.
 */
export function operationsOf(sql: string, offset: number): StatementMeaning {
  const whole = { start: offset, end: offset + sql.length };
  if (sql.includes("\0"))
    return unread(
      "it holds a NUL byte, which PostgreSQL does not accept",
      "It holds a NUL byte, which PostgreSQL does not accept.",
    );
  if (sql.length > longest) return large(sql, whole);
  const tokens = tokensOf(sql);
  if (tokens.some((token) => token.depth > deepest))
    return unread(`its parentheses are nested more than ${deepest} deep`, null);
  try {
    const parsed = parseSync(sql) as { stmts?: { stmt?: Node }[] };
    const node = parsed.stmts?.[0]?.stmt;
    if (!node) return { operations: [], skipped: null, refused: null };
    const reading = { sql, tokens, byteToOffset: byteOffsets(sql), offset, whole };
    return { operations: read(node, reading), skipped: null, refused: refusalOf(node) };
  } catch (error) {
    return unread(syntaxError(error), null);
  }
}

interface Reading {
  readonly sql: string;
  readonly tokens: readonly Token[];
  readonly byteToOffset: (bytes: number) => number;
  readonly offset: number;
  readonly whole: Span;
}

function read(node: Node, reading: Reading): Operation[] {
  const at = reading.whole;
  if ("CreateStmt" in node) return [createTable(node.CreateStmt, reading)];
  if ("CreateTableAsStmt" in node) {
    const into = node.CreateTableAsStmt.into?.rel;
    if (node.CreateTableAsStmt.objtype === "OBJECT_MATVIEW")
      return [{ kind: "createView", name: nameOf(into), materialized: true, at }];
    return [
      {
        ...emptyTable,
        table: nameOf(into),
        ifNotExists: node.CreateTableAsStmt.if_not_exists ?? false,
        temporary: into?.relpersistence === "t",
        at,
      },
    ];
  }
  if ("AlterTableStmt" in node) return alterTable(node.AlterTableStmt, reading);
  if ("IndexStmt" in node) {
    const index = node.IndexStmt;
    const columns = (index.indexParams ?? []).flatMap((element) =>
      "IndexElem" in element ? (element.IndexElem.name ?? []) : [],
    );
    return [
      {
        kind: "createIndex",
        table: nameOf(index.relation),
        name: index.idxname ?? null,
        columns,
        unique: index.unique ?? false,
        concurrently: index.concurrent ?? false,
        ifNotExists: index.if_not_exists ?? false,
        method: index.accessMethod ?? "btree",
        where: index.whereClause
          ? textAfter(reading.sql, reading.tokens, "WHERE", { start: 0, end: reading.sql.length })
          : null,
        at,
      },
    ];
  }
  if ("DropStmt" in node) {
    const {
      objects = [],
      removeType,
      behavior,
      missing_ok: ifExists = false,
      concurrent: concurrently = false,
    } = node.DropStmt;
    const cascade = behavior === "DROP_CASCADE";
    const names = objects.flatMap((object) => dottedName(object) ?? []);
    if (removeType === "OBJECT_TABLE")
      return names.map((table) => ({ kind: "dropTable", table, ifExists, cascade, at }));
    if (removeType === "OBJECT_INDEX")
      return names.map((name) => ({ kind: "dropIndex", name, concurrently, ifExists, at }));
  }
  if ("RenameStmt" in node) {
    const rename = node.RenameStmt;
    const table = nameOf(rename.relation);
    if (rename.renameType === "OBJECT_TABLE" && rename.relation)
      return [{ kind: "renameTable", table, to: rename.newname ?? "", at }];
    if (rename.renameType === "OBJECT_COLUMN" && rename.relationType === "OBJECT_TABLE")
      return [{ kind: "renameColumn", table, column: rename.subname ?? "", to: rename.newname ?? "", at }];
  }
  if ("TruncateStmt" in node) {
    const cascade = node.TruncateStmt.behavior === "DROP_CASCADE";
    return (node.TruncateStmt.relations ?? []).flatMap((relation) =>
      "RangeVar" in relation
        ? [{ kind: "truncateTable" as const, table: nameOf(relation.RangeVar), cascade, at }]
        : [],
    );
  }
  if ("ReindexStmt" in node) {
    const concurrently = (node.ReindexStmt.params ?? []).some(
      (param) => "DefElem" in param && param.DefElem.defname === "concurrently",
    );
    return [
      {
        kind: "reindex",
        name: node.ReindexStmt.relation ? nameOf(node.ReindexStmt.relation) : (node.ReindexStmt.name ?? ""),
        concurrently,
        at,
      },
    ];
  }
  if ("ViewStmt" in node)
    return [{ kind: "createView", name: nameOf(node.ViewStmt.view), materialized: false, at }];
  if ("RefreshMatViewStmt" in node)
    return [
      {
        kind: "refreshView",
        name: nameOf(node.RefreshMatViewStmt.relation),
        concurrently: node.RefreshMatViewStmt.concurrent ?? false,
        at,
      },
    ];
  const type = createdType(node);
  if (type !== null) return [{ kind: "createType", name: type, at }];
  if ("AlterEnumStmt" in node && node.AlterEnumStmt.newVal !== undefined && !node.AlterEnumStmt.oldVal)
    return [
      {
        kind: "addEnumValue",
        type: qualified(node.AlterEnumStmt.typeName),
        value: node.AlterEnumStmt.newVal,
        at,
      },
    ];
  if ("TransactionStmt" in node) return transaction(node.TransactionStmt.kind ?? "", at);
  if ("VariableSetStmt" in node) {
    const { name = "", args = [], is_local: local = false } = node.VariableSetStmt;
    return [{ kind: "set", name: name.toLowerCase(), value: args.map(constantText).join(", "), local, at }];
  }
  const writes = writesOf(node, at);
  return writes.length > 0 ? writes : [{ kind: "other", node: Object.keys(node)[0] ?? "", at }];
}

const emptyTable = { kind: "createTable", columns: [], constraints: [], partitionOf: null } as const;

function createTable(create: CreateStmt, reading: Reading): Operation {
  const definitions = (create.tableElts ?? []).flatMap((element) => {
    if (!("ColumnDef" in element)) return [];
    return [columnOf(element.ColumnDef, place(reading, element.ColumnDef.location), reading)];
  });
  const constraints = [
    ...(create.tableElts ?? []),
    ...(create.constraints ?? []),
    ...(create.nnconstraints ?? []),
  ].flatMap((element) => {
    if (!("Constraint" in element)) return [];
    return constraintOf(element.Constraint, place(reading, element.Constraint.location), reading) ?? [];
  });
  const parent = create.partbound ? create.inhRelations?.[0] : undefined;
  return {
    kind: "createTable",
    table: nameOf(create.relation),
    columns: definitions.map(({ column }) => column),
    constraints: [...definitions.flatMap((definition) => definition.constraints), ...constraints],
    ifNotExists: create.if_not_exists ?? false,
    temporary: create.relation?.relpersistence === "t",
    partitionOf: parent && "RangeVar" in parent ? nameOf(parent.RangeVar) : null,
    at: reading.whole,
  };
}

function alterTable(alter: AlterTableStmt, reading: Reading): Operation[] {
  if (alter.objtype !== "OBJECT_TABLE") return [{ kind: "other", node: "AlterTableStmt", at: reading.whole }];
  const table = nameOf(alter.relation);
  const parts = partsAfter(reading.tokens, afterName(alter.relation, reading));
  return (alter.cmds ?? []).flatMap((cmd, i) => {
    if (!("AlterTableCmd" in cmd)) return [];
    const part = parts[i] ?? { start: 0, end: reading.sql.length };
    return alterCommand(table, cmd.AlterTableCmd, part, reading);
  });
}

function alterCommand(table: TableName, cmd: AlterTableCmd, part: Span, reading: Reading): Operation[] {
  const at = shifted(part, reading);
  const column = cmd.name ?? "";
  const ifExists = cmd.missing_ok ?? false;
  const definition = cmd.def;
  switch (cmd.subtype) {
    case "AT_AddColumn": {
      if (!definition || !("ColumnDef" in definition)) return [];
      const added = columnOf(definition.ColumnDef, place(reading, definition.ColumnDef.location), reading);
      return [
        {
          kind: "addColumn",
          table,
          column: added.column,
          constraints: added.constraints,
          ifNotExists: ifExists,
          at,
        },
      ];
    }
    case "AT_DropColumn":
      return [{ kind: "dropColumn", table, column, ifExists, cascade: cmd.behavior === "DROP_CASCADE", at }];
    case "AT_AlterColumnType": {
      const type = definition && "ColumnDef" in definition ? definition.ColumnDef : undefined;
      const using = type?.raw_default ? textAfter(reading.sql, reading.tokens, "USING", part) : null;
      return [{ kind: "alterColumnType", table, column, type: typeText(type?.typeName), using, at }];
    }
    case "AT_SetNotNull":
      return [{ kind: "setNotNull", table, column, at }];
    case "AT_DropNotNull":
      return [{ kind: "dropNotNull", table, column, at }];
    case "AT_ColumnDefault":
      return [
        {
          kind: "setDefault",
          table,
          column,
          defaultSql: definition ? textAfter(reading.sql, reading.tokens, "DEFAULT", part) : null,
          at,
        },
      ];
    case "AT_AddConstraint": {
      const constraint: ConstraintDefinition | null =
        definition && "Constraint" in definition ? constraintOf(definition.Constraint, part, reading) : null;
      return constraint ? [{ kind: "addConstraint", table, constraint, at }] : [];
    }
    case "AT_ValidateConstraint":
      return [{ kind: "validateConstraint", table, name: column, at }];
    case "AT_DropConstraint":
      return [{ kind: "dropConstraint", table, name: column, ifExists, at }];
    default:
      return [{ kind: "other", node: cmd.subtype ?? "AlterTableCmd", at }];
  }
}

function createdType(node: Node): string | null {
  if ("CreateEnumStmt" in node) return qualified(node.CreateEnumStmt.typeName);
  if ("CreateDomainStmt" in node) return qualified(node.CreateDomainStmt.domainname);
  if ("CompositeTypeStmt" in node) return nameOf(node.CompositeTypeStmt.typevar);
  if ("CreateRangeStmt" in node) return qualified(node.CreateRangeStmt.typeName);
  return null;
}

function transaction(kind: string, at: Span): Operation[] {
  if (kind === "TRANS_STMT_BEGIN" || kind === "TRANS_STMT_START")
    return [{ kind: "transaction", verb: "begin", at }];
  if (kind === "TRANS_STMT_COMMIT") return [{ kind: "transaction", verb: "commit", at }];
  if (kind === "TRANS_STMT_ROLLBACK") return [{ kind: "transaction", verb: "rollback", at }];
  return [{ kind: "transaction", verb: "savepoint", at }];
}

/** Rows written by the statement itself and by the WITH queries in front of it. */
function writesOf(node: Node, at: Span): Operation[] {
  const statement = Object.values(node)[0] as { withClause?: { ctes?: Node[] } } | undefined;
  const inner = (statement?.withClause?.ctes ?? []).flatMap((cte) =>
    "CommonTableExpr" in cte && cte.CommonTableExpr.ctequery
      ? writesOf(cte.CommonTableExpr.ctequery, at)
      : [],
  );
  if ("InsertStmt" in node)
    return [
      ...inner,
      { kind: "write", verb: "insert", table: nameOf(node.InsertStmt.relation), filtered: true, at },
    ];
  if ("UpdateStmt" in node)
    return [
      ...inner,
      {
        kind: "write",
        verb: "update",
        table: nameOf(node.UpdateStmt.relation),
        filtered: node.UpdateStmt.whereClause !== undefined,
        at,
      },
    ];
  if ("DeleteStmt" in node)
    return [
      ...inner,
      {
        kind: "write",
        verb: "delete",
        table: nameOf(node.DeleteStmt.relation),
        filtered: node.DeleteStmt.whereClause !== undefined,
        at,
      },
    ];
  if ("MergeStmt" in node)
    return [
      ...inner,
      { kind: "write", verb: "merge", table: nameOf(node.MergeStmt.relation), filtered: true, at },
    ];
  if ("CopyStmt" in node && node.CopyStmt.is_from && node.CopyStmt.relation)
    return [{ kind: "write", verb: "insert", table: nameOf(node.CopyStmt.relation), filtered: true, at }];
  return inner;
}

/** A statement too large to parse: a plain load of rows is known by its first words, anything else is not read. */
function large(sql: string, at: Span): StatementMeaning {
  const insert = /^insert\s+into\s+(?:"?([\w$]+)"?\s*\.\s*)?(?:"([^"]+)"|([\w$]+))/i.exec(sql.slice(0, 1000));
  if (!insert) return unread("it is larger than 256 kB and was not read", null);
  const table = tableName(insert[1]?.toLowerCase(), insert[2] ?? insert[3]?.toLowerCase() ?? "");
  return {
    operations: [{ kind: "write", verb: "insert", table, filtered: true, at }],
    skipped: null,
    refused: null,
  };
}

function unread(skipped: string, refused: string | null): StatementMeaning {
  return { operations: [], skipped, refused };
}

function syntaxError(error: unknown): string {
  return error instanceof Error && error.message !== "" ? error.message : "the parser gave up on it";
}

function nameOf(relation: RangeVar | undefined): TableName {
  return tableName(relation?.schemaname, relation?.relname ?? "");
}

function qualified(names: readonly Node[] | undefined): string {
  const parts = (names ?? []).flatMap((node) => stringOf(node) ?? []);
  return tableName(parts.length > 1 ? parts.at(-2) : undefined, parts.at(-1) ?? "");
}

function dottedName(node: Node): string | null {
  return "List" in node ? qualified(node.List.items) : null;
}

function constantText(node: Node): string {
  if (!("A_Const" in node)) return "";
  const { sval, ival, fval, boolval } = node.A_Const;
  if (sval) return sval.sval ?? "";
  if (fval) return fval.fval ?? "";
  if (boolval) return String(boolval.boolval ?? false);
  return String(ival?.ival ?? 0);
}

/** Where the first command of an ALTER TABLE starts: after the table's name. */
function afterName(relation: RangeVar | undefined, reading: Reading): number {
  const start = reading.byteToOffset(relation?.location ?? 0);
  const first = reading.tokens.findIndex((token) => token.start === start);
  const dots = [relation?.schemaname, relation?.catalogname].filter(
    (part) => part !== undefined && part !== "",
  ).length;
  const last = first + dots * 2;
  const star = reading.tokens[last + 1]?.word === "*" ? 1 : 0;
  return reading.tokens[last + star]?.end ?? start;
}

/** The element of a list that starts at a byte offset, in the statement. */
function place(reading: Reading, bytes: number | undefined): Span {
  return elementAt(reading.tokens, reading.byteToOffset(bytes ?? 0));
}

function shifted(span: Span, reading: Reading): Span {
  return { start: span.start + reading.offset, end: span.end + reading.offset };
}
