import type { RangeVar, WithClause } from "@pgsql/types";
import type { TableName } from "../types.ts";
import { isObject, relationName } from "./tree.ts";

interface Visit {
  readonly node: object;
  /** Names of the WITH queries that can be seen from there. */
  readonly hidden: ReadonlySet<string>;
}

/** The tables that a tree of PostgreSQL's parser reads or writes, each once, without the names of its own WITH queries. */
export function tablesIn(statement: object): TableName[] {
  const tables = new Set<TableName>();
  const open: Visit[] = [{ node: statement, hidden: new Set() }];
  for (let visit = open.pop(); visit; visit = open.pop()) {
    const { node } = visit;
    const { withClause } = node as { withClause?: WithClause };
    const { queries, hidden } = withClause ? within(withClause, visit.hidden) : { queries: [], ...visit };
    const children: Visit[] = [...queries];
    for (const [key, child] of Object.entries(node)) {
      // FOR UPDATE OF names what FROM already does.
      if (!isObject(child) || key === "withClause" || key === "lockedRels") continue;
      if (key === "relation" && isRelation(child)) tables.add(relationName(child));
      else if (key === "RangeVar") addUnlessHidden(child, hidden, tables);
      else children.push({ node: child, hidden });
    }
    open.push(...children.reverse());
  }
  return [...tables];
}

/** The target of INSERT, UPDATE, DELETE or MERGE is never a WITH query; what FROM names may be one. */
function addUnlessHidden(relation: RangeVar, hidden: ReadonlySet<string>, tables: Set<TableName>): void {
  if (relation.schemaname || !hidden.has(relation.relname ?? "")) tables.add(relationName(relation));
}

function isRelation(value: object): value is RangeVar {
  return "relname" in value;
}

/** A WITH query sees those before it, and with RECURSIVE itself and all others. */
function within(
  { recursive, ctes = [] }: WithClause,
  outer: ReadonlySet<string>,
): { queries: Visit[]; hidden: ReadonlySet<string> } {
  const named = ctes.flatMap((node) => ("CommonTableExpr" in node ? [node.CommonTableExpr] : []));
  const hidden = new Set(outer);
  if (recursive) for (const { ctename } of named) hidden.add(ctename ?? "");
  const queries = named.map(({ ctename, ctequery }) => {
    const visit = { node: ctequery ?? {}, hidden: new Set(hidden) };
    hidden.add(ctename ?? "");
    return visit;
  });
  return { queries, hidden };
}
