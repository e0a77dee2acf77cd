import type { Node } from "@pgsql/types";
import type { OperationOf, SetColumn } from "../types.ts";
import { closingOf, placeOf, type Source, spanOf, tokenAt, wordIn } from "./source.ts";
import { objectsOf, relationName, stringOf } from "./tree.ts";

type Write = OperationOf<"write">;

/**
 * Rows that a statement writes, those of its WITH queries first. `filtered` is false where every row of a table that is
 * there is changed or deleted; new rows change none.
 */
export function writesOf(node: Node, source: Source): Write[] {
  const own = writeOf(node, source);
  const inner = withQueriesOf(node).flatMap((cte) => {
    if (!("CommonTableExpr" in cte) || !cte.CommonTableExpr.ctequery) return [];
    const { ctequery, location } = cte.CommonTableExpr;
    const at = placeOfQuery(location ?? 0, source);
    return writesOf(ctequery, source).map((write) => ({ ...write, at }));
  });
  return own ? [...inner, own] : inner;
}

function writeOf(node: Node, source: Source): Write | null {
  const at = placeOf(source, { start: 0, end: source.sql.length });
  if ("InsertStmt" in node)
    return {
      kind: "write",
      verb: "insert",
      table: relationName(node.InsertStmt.relation),
      sets: [],
      filtered: true,
      at,
    };
  if ("UpdateStmt" in node) {
    const { relation, whereClause, targetList = [] } = node.UpdateStmt;
    return {
      kind: "write",
      verb: "update",
      table: relationName(relation),
      sets: targetList.flatMap(setColumnOf),
      filtered: filters(whereClause),
      at,
    };
  }
  if ("DeleteStmt" in node) {
    const { relation, whereClause, usingClause = [] } = node.DeleteStmt;
    const filtered = filters(whereClause) || usingClause.length > 0;
    return { kind: "write", verb: "delete", table: relationName(relation), sets: [], filtered, at };
  }
  if ("MergeStmt" in node) {
    const table = relationName(node.MergeStmt.relation);
    return { kind: "write", verb: "merge", table, sets: null, filtered: true, at };
  }
  if ("CopyStmt" in node && node.CopyStmt.is_from) {
    const table = relationName(node.CopyStmt.relation);
    return { kind: "write", verb: "insert", table, sets: [], filtered: true, at };
  }
  return null;
}

/** `column = expression` of an UPDATE, with the names of the columns in the expression. */
function setColumnOf(target: Node): SetColumn[] {
  if (!("ResTarget" in target) || target.ResTarget.name === undefined) return [];
  const from = [...objectsOf(target.ResTarget.val ?? {})].flatMap((object) =>
    "ColumnRef" in object
      ? (stringOf((object as { ColumnRef: { fields?: Node[] } }).ColumnRef.fields?.at(-1)) ?? [])
      : [],
  );
  return [{ column: target.ResTarget.name, from: [...new Set(from)] }];
}

/** `WHERE true` keeps linters quiet and filters nothing. */
function filters(where: Node | undefined): boolean {
  if (!where) return false;
  return !("A_Const" in where && where.A_Const.boolval?.boolval === true);
}

function withQueriesOf(node: Node): readonly Node[] {
  const [statement] = Object.values(node) as { withClause?: { ctes?: Node[] } }[];
  return statement?.withClause?.ctes ?? [];
}

/** `name AS (query)` of a WITH. */
function placeOfQuery(location: number, source: Source): Write["at"] {
  const first = tokenAt(source, source.offsetOf(location));
  const as = wordIn(source, "as", first, source.tokens.length) ?? first;
  let open = as;
  while (open < source.tokens.length && source.tokens[open]?.text !== "(") open += 1;
  return placeOf(source, spanOf(source, first, closingOf(source, open) + 1));
}
