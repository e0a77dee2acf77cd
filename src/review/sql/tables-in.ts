import type { RangeVar, WithClause } from "@pgsql/types";
import type { TableName } from "../types.ts";
import { relationName } from "./tree.ts";

/** The tables that a tree of PostgreSQL's parser reads or writes, each once, without the names of its own WITH queries. */
export function tablesIn(statement: object): TableName[] {
  const tables = new Set<TableName>();
  collect(statement, new Set(), tables);
  return [...tables];
}

function collect(node: object, hidden: ReadonlySet<string>, tables: Set<TableName>): void {
  if (Array.isArray(node)) {
    for (const child of node) if (isObject(child)) collect(child, hidden, tables);
    return;
  }
  const { withClause } = node as { withClause?: WithClause };
  const seen = withClause ? collectWith(withClause, hidden, tables) : hidden;
  for (const [key, child] of Object.entries(node)) {
    // FOR UPDATE OF names what FROM already does.
    if (!isObject(child) || key === "withClause" || key === "lockedRels") continue;
    if (key === "relation" && isRelation(child)) tables.add(relationName(child));
    else if (key === "RangeVar") {
      const relation = child as RangeVar;
      if (relation.schemaname || !seen.has(relation.relname ?? "")) tables.add(relationName(relation));
    } else collect(child, seen, tables);
  }
}

/** A WITH query sees those before it, and with RECURSIVE itself and all others. */
function collectWith(
  { recursive, ctes = [] }: WithClause,
  outer: ReadonlySet<string>,
  tables: Set<TableName>,
): ReadonlySet<string> {
  const queries = ctes.flatMap((node) => ("CommonTableExpr" in node ? [node.CommonTableExpr] : []));
  const hidden = new Set(outer);
  if (recursive) for (const { ctename } of queries) hidden.add(ctename ?? "");
  for (const { ctename, ctequery } of queries) {
    if (ctequery) collect(ctequery, new Set(hidden), tables);
    hidden.add(ctename ?? "");
  }
  return hidden;
}

/** The target of INSERT, UPDATE, DELETE and MERGE stands there without the node's name around it. */
function isRelation(value: object): value is RangeVar {
  return "relname" in value;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
