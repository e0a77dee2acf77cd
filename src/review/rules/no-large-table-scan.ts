import { list, sqlColumns } from "../advice.ts";
import { sizeOf } from "../observed.ts";
import { defineRule, type QueryContext } from "../rule.ts";
import { quoteTable } from "../sql/names.ts";
import { say } from "../text.ts";
import type { AnnotatedQuery, PlanNode, PlanOutcome, Problem, Severity, TableName } from "../types.ts";

/** Reading fewer rows one after the other is as fast as any index. */
const largeTable = 10_000;

/** A LIMIT that ends the scan this early makes it cheap. */
const earlyEnd = 0.1;

interface Scan {
  readonly node: PlanNode;
  readonly table: TableName;
  readonly joined: boolean;
}

export default defineRule({
  summary: "Let queries find rows of a large table by an index",
  why: "A sequential scan reads the whole table for every call: its time grows with the table, and it pushes other data out of memory.",
  instead: "Create an index that begins with the columns that the query compares.",
  // Worse than before is seen and gates; a new query may be meant to read everything, and is a warning.
  severity: "error",
  ignoreWhen: "the query is a report that runs rarely, or is meant to read every row.",
  sources: [
    "PostgreSQL documentation, section 14.1, Using EXPLAIN",
    "PostgreSQL documentation, section 11.1, Indexes, Introduction",
  ],
  check: {
    query(query, context) {
      const { run } = context;
      if (run?.after.kind !== "planned") return;
      // A query that the base side could not plan has nothing to be compared with.
      if (run.before && run.before.kind !== "planned") return;
      const before = run.before ? scansOf(run.before.root).map(({ table }) => table) : [];
      const scans = new Map(scansOf(run.after.root).map((scan) => [scan.table, scan]));
      return [...scans.values()]
        .filter(({ table }) => (context.rows(table) ?? 0) >= largeTable && !before.includes(table))
        .map((scan) => problemOf(query, scan, context));
    },
  },
});

function problemOf(query: AnnotatedQuery, { node, table, joined }: Scan, context: QueryContext): Problem {
  const { before, after } = context.run ?? { before: null, after: null };
  const rows = (context.rows(table) ?? 0).toLocaleString("en-US");
  const selective = node.details.Filter !== undefined || joined;
  const columns = comparedColumns(node, table, context);
  return {
    message: before
      ? say`${query.name} now reads all ${[rows]} rows of ${table}; on the base schema it did not.`
      : say`${query.name} reads all ${[rows]} rows of ${table}.`,
    evidence: [
      ...(before ? [say`before: ${planText(before)}`] : []),
      ...(after ? [say`after: ${planText(after)}`] : []),
      sizeOf(table, context, "scan"),
    ],
    ...(columns.length > 0 && {
      instead: say`Create an index that begins with ${list(columns)}, e.g. ${`CREATE INDEX CONCURRENTLY ON ${quoteTable(table)} ${sqlColumns(columns)}`}.`,
    }),
    object: `${query.name} ${table}`,
    severity: severityOf(before !== null, selective),
  };
}

function severityOf(worse: boolean, selective: boolean): Severity {
  if (worse) return "error";
  return selective ? "warning" : "info";
}

/** Sequential scans of a plan that really read on to the end. */
function scansOf(root: PlanNode): Scan[] {
  return walk(root, Number.POSITIVE_INFINITY, false);
}

/** `limit` is the cost at which a LIMIT above, with nothing between that needs all rows, stops asking. */
function walk(node: PlanNode, limit: number, joined: boolean): Scan[] {
  const here =
    node.type === "Seq Scan" && node.relation !== null && limit >= node.cost * earlyEnd
      ? [{ node, table: node.relation, joined }]
      : [];
  const below = limitBelow(node, limit);
  const joins = joined || /Join|Nested Loop/.test(node.type);
  return [...here, ...node.children.flatMap((child) => walk(child, below, joins))];
}

function limitBelow(node: PlanNode, limit: number): number {
  if (node.type === "Limit") return Math.min(limit, node.cost);
  const passes = /^(?:Result|Append|Nested Loop|Subquery Scan|LockRows|ProjectSet|Memoize)$/.test(node.type);
  return passes ? limit : Number.POSITIVE_INFINITY;
}

/** Columns of the table that the scan's filter compares for equality; an argument of a function is none of them. */
function comparedColumns(node: PlanNode, table: TableName, { head }: QueryContext): string[] {
  const known = head?.tables.find(({ name }) => name === table)?.columns.map(({ name }) => name) ?? [];
  const filter = node.details.Filter ?? "";
  const compared = [...filter.matchAll(/(?<![\w$"])\(\(?"?([\w$]+)"?\)?(?:::[\w ]+)? = /g)].map(
    (match) => match[1] ?? "",
  );
  return [...new Set(compared)].filter((name) => known.includes(name));
}

function planText(outcome: PlanOutcome): string {
  if (outcome.kind !== "planned") return outcome.kind;
  return `${nodeText(outcome.root)} (cost ${Math.round(outcome.cost).toLocaleString("en-US")})`;
}

function nodeText(node: PlanNode): string {
  const on = node.relation === null ? "" : ` on ${node.relation}`;
  const using = node.index === null ? "" : ` using ${node.index}`;
  const here = `${node.type}${using}${on}`;
  const below = node.children.map(nodeText);
  if (below.length === 0) return here;
  return `${here} > ${below.length === 1 ? below[0] : `(${below.join(", ")})`}`;
}
