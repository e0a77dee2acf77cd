import type { DropStmt, IndexStmt, Node, ReindexStmt, TransactionStmt } from "@pgsql/types";
import type { Operation, Span } from "../types.ts";
import { textAfterWord } from "./definitions.ts";
import { domainChangeOf, maintenanceOf } from "./maintenance.ts";
import { movesOf, renamesOf } from "./renames.ts";
import { settingOf, settingsOf } from "./settings.ts";
import {
  closingOf,
  elementsOf,
  placeOf,
  placeOfName,
  type Source,
  spanOf,
  textOf,
  tokenAt,
} from "./source.ts";
import { alterTableOf, createTableOf, newTable } from "./tables.ts";
import { constantOf, nameOfObject, qualifiedName, relationName } from "./tree.ts";
import { writesOf } from "./writes.ts";

/** What a parsed statement does, in the words that rules know; "other" with the parser's own name for the rest. */
export function meaningOf(node: Node, source: Source): Operation[] {
  const found = definitionsOf(node, source);
  if (found.length > 0) return found;
  const writes = writesOf(node, source);
  if (writes.length > 0) return writes;
  return [{ kind: "other", node: Object.keys(node)[0] ?? "", at: wholeOf(source) }];
}

function definitionsOf(node: Node, source: Source): Operation[] {
  const at = wholeOf(source);
  if ("CreateStmt" in node) return [createTableOf(node.CreateStmt, source)];
  if ("CreateForeignTableStmt" in node && node.CreateForeignTableStmt.base)
    return [createTableOf(node.CreateForeignTableStmt.base, source)];
  if ("CreateTableAsStmt" in node) {
    const { into, objtype, if_not_exists: ifNotExists } = node.CreateTableAsStmt;
    if (objtype === "OBJECT_MATVIEW")
      return [{ kind: "createView", name: relationName(into?.rel), materialized: true, at }];
    return [newTable(into?.rel, ifNotExists, source)];
  }
  if ("SelectStmt" in node) {
    const { intoClause } = node.SelectStmt;
    return intoClause ? [newTable(intoClause.rel, false, source)] : settingsOf(node.SelectStmt, at);
  }
  if ("AlterTableStmt" in node) return alterTableOf(node.AlterTableStmt, source);
  if ("IndexStmt" in node) return [indexOf(node.IndexStmt, source)];
  if ("DropStmt" in node) return dropsOf(node.DropStmt, source);
  if ("RenameStmt" in node) return renamesOf(node.RenameStmt, at);
  if ("AlterObjectSchemaStmt" in node) return movesOf(node.AlterObjectSchemaStmt, at);
  if ("TruncateStmt" in node) {
    const cascade = node.TruncateStmt.behavior === "DROP_CASCADE";
    const relations = (node.TruncateStmt.relations ?? []).flatMap((relation) =>
      "RangeVar" in relation ? [relation.RangeVar] : [],
    );
    return relations.map((relation) => ({
      kind: "truncateTable",
      table: relationName(relation),
      cascade,
      at: relations.length === 1 ? at : placeOfName(source, relation.location),
    }));
  }
  if ("ReindexStmt" in node) return [reindexOf(node.ReindexStmt, at)];
  if ("ViewStmt" in node)
    return [{ kind: "createView", name: relationName(node.ViewStmt.view), materialized: false, at }];
  if ("RefreshMatViewStmt" in node) {
    const { relation, concurrent } = node.RefreshMatViewStmt;
    return [{ kind: "refreshView", name: relationName(relation), concurrently: concurrent ?? false, at }];
  }
  const type = createdType(node);
  if (type !== null) return [{ kind: "createType", name: type, at }];
  if ("AlterEnumStmt" in node) {
    const { typeName, oldVal, newVal } = node.AlterEnumStmt;
    if (newVal === undefined) return [];
    if (oldVal)
      return [{ kind: "renameEnumValue", type: qualifiedName(typeName), value: oldVal, to: newVal, at }];
    return [{ kind: "addEnumValue", type: qualifiedName(typeName), value: newVal, at }];
  }
  const maintained = maintenanceOf(node, source) ?? domainChangeOf(node, at);
  if (maintained) return maintained;
  if ("TransactionStmt" in node) return transactionOf(node.TransactionStmt, at);
  if ("VariableSetStmt" in node) {
    const setting = settingOf(node.VariableSetStmt, at);
    return setting ? [setting] : [];
  }
  return [];
}

function indexOf(index: IndexStmt, source: Source): Operation {
  const { tokens } = source;
  const relation = tokenAt(source, source.offsetOf(index.relation?.location ?? 0));
  let open = relation;
  while (open < tokens.length && tokens[open]?.text !== "(") open += 1;
  const close = closingOf(source, open);
  const elements = elementsOf(source, open + 1, close);
  return {
    kind: "createIndex",
    table: relationName(index.relation),
    name: index.idxname ?? null,
    columns: (index.indexParams ?? []).flatMap((node, i) => {
      if (!("IndexElem" in node)) return [];
      const element = elements[i];
      return node.IndexElem.name ?? (element ? expressionOf(element.first, element.after, source) : "");
    }),
    unique: index.unique ?? false,
    concurrently: index.concurrent ?? false,
    ifNotExists: index.if_not_exists ?? false,
    method: index.accessMethod ?? "btree",
    where: index.whereClause ? textAfterWord("where", { first: close, after: tokens.length }, source) : null,
    at: wholeOf(source),
  };
}

/** `(expression)` or `function(…)` without what follows it: operator class, collation, order. */
function expressionOf(first: number, after: number, source: Source): string {
  let open = first;
  while (open < after && source.tokens[open]?.text !== "(") open += 1;
  const end = open < after ? closingOf(source, open) + 1 : after;
  return textOf(source, first, end) ?? "";
}

function dropsOf(drop: DropStmt, source: Source): Operation[] {
  const { objects = [], removeType } = drop;
  const ifExists = drop.missing_ok ?? false;
  const cascade = drop.behavior === "DROP_CASCADE";
  const places = objects.length === 1 ? [] : placesOfDropped(objects.length, source);
  return objects.flatMap((object, i): Operation[] => {
    const name = nameOfObject(object);
    const at = places[i] ?? wholeOf(source);
    if (removeType === "OBJECT_TABLE" || removeType === "OBJECT_FOREIGN_TABLE")
      return [{ kind: "dropTable", table: name, ifExists, cascade, at }];
    if (removeType === "OBJECT_INDEX")
      return [{ kind: "dropIndex", name, concurrently: drop.concurrent ?? false, ifExists, at }];
    return [
      {
        kind: "dropObject",
        object: typeTitle(removeType),
        name,
        ifExists,
        cascade,
        at: hasArguments(object) ? wholeOf(source) : at,
      },
    ];
  });
}

/** OBJECT_MATVIEW is a "materialized view", OBJECT_SCHEMA a "schema". */
function typeTitle(type = "OBJECT_UNKNOWN"): string {
  const title = type
    .replace(/^OBJECT_/, "")
    .replaceAll("_", " ")
    .toLowerCase();
  return title === "matview" ? "materialized view" : title;
}

function hasArguments(object: Node): boolean {
  return "ObjectWithArgs" in object;
}

/** The places of the names in DROP … [IF EXISTS] a, b [CASCADE | RESTRICT]. */
function placesOfDropped(count: number, source: Source): Span[] {
  const { tokens } = source;
  const ranges = elementsOf(source, 0, tokens.length);
  if (ranges.length !== count) return [];
  return ranges.map(({ first, after }, i) => {
    const last =
      i === count - 1 && isBehavior(tokens[after - 1]?.text) && after - first > 1 ? after - 1 : after;
    return placeOf(source, spanOf(source, i === 0 ? nameStart(last, source) : first, last));
  });
}

/** The first token of the qualified name that ends before `after`. */
function nameStart(after: number, { tokens }: Source): number {
  let at = after - 1;
  while (tokens[at - 1]?.text === ".") at -= 2;
  return at;
}

function isBehavior(word: string | undefined): boolean {
  return word === "cascade" || word === "restrict";
}

function reindexOf({ relation, name, params = [] }: ReindexStmt, at: Span): Operation {
  const option = params.flatMap((param) =>
    "DefElem" in param && param.DefElem.defname === "concurrently" ? [param.DefElem] : [],
  )[0];
  const value = option?.arg ? nameOfObject(option.arg) || constantOf(option.arg) : "true";
  const concurrently = option !== undefined && /^(true|on|1)$/i.test(value ?? "");
  return { kind: "reindex", name: relation ? relationName(relation) : (name ?? ""), concurrently, at };
}

function createdType(node: Node): string | null {
  if ("CreateEnumStmt" in node) return qualifiedName(node.CreateEnumStmt.typeName);
  if ("CreateDomainStmt" in node) return qualifiedName(node.CreateDomainStmt.domainname);
  if ("CompositeTypeStmt" in node) return relationName(node.CompositeTypeStmt.typevar);
  if ("CreateRangeStmt" in node) return qualifiedName(node.CreateRangeStmt.typeName);
  if ("DefineStmt" in node && node.DefineStmt.kind === "OBJECT_TYPE")
    return qualifiedName(node.DefineStmt.defnames);
  return null;
}

/** ROLLBACK TO and RELEASE leave the transaction open; COMMIT AND CHAIN begins the next one. */
function transactionOf({ kind, chain }: TransactionStmt, at: Span): Operation[] {
  const next: Operation[] = chain ? [{ kind: "transaction", verb: "begin", at }] : [];
  switch (kind) {
    case "TRANS_STMT_BEGIN":
    case "TRANS_STMT_START":
      return [{ kind: "transaction", verb: "begin", at }];
    case "TRANS_STMT_COMMIT":
      return [{ kind: "transaction", verb: "commit", at }, ...next];
    case "TRANS_STMT_ROLLBACK":
      return [{ kind: "transaction", verb: "rollback", at }, ...next];
    case "TRANS_STMT_SAVEPOINT":
    case "TRANS_STMT_RELEASE":
    case "TRANS_STMT_ROLLBACK_TO":
      return [{ kind: "transaction", verb: "savepoint", at }];
    default:
      return [];
  }
}

function wholeOf(source: Source): Span {
  return placeOf(source, { start: 0, end: source.sql.length });
}
