import { tableName } from "../review/sql/names.ts";
import { splitStatements } from "../review/sql/statements.ts";
import type { PlanNode, PlanOutcome } from "../review/types.ts";
import type { ResultSet } from "./engine.ts";
import type { Session } from "./session.ts";
import { makeSizesReal, type Production } from "./sizes.ts";
import { excuseOf, type Known } from "./verdict.ts";

/**
 * Plans queries without running them: EXPLAIN (GENERIC_PLAN, FORMAT JSON), so that placeholders need no values
 * (documentation, EXPLAIN). Tables are as large as production says. The database must be put back afterwards.
 * Rejects with EngineLost when the engine does not survive.
 */
export async function planQueries(
  session: Session,
  queries: readonly string[],
  production: Production,
  known: Known,
): Promise<readonly PlanOutcome[]> {
  if (queries.length === 0) return [];
  const restoreSizes = await makeSizesReal(session, production);
  const outcomes: PlanOutcome[] = [];
  for (const query of queries) outcomes.push(await plan(session, query, known));
  await restoreSizes();
  return outcomes;
}

async function plan(session: Session, sql: string, known: Known): Promise<PlanOutcome> {
  const statements = splitStatements(sql);
  const [statement] = statements;
  if (!statement || statements.length > 1)
    return { kind: "not-evaluated", reason: "it is not one statement" };
  const explain = (options: string) =>
    session.run(`EXPLAIN (GENERIC_PLAN${options}, FORMAT JSON) ${statement.sql}`);
  const { error, sets } = await explain("");
  if (error) {
    const reason = excuseOf(error, known) ?? untyped(error.code, error.message);
    if (reason !== null) return { kind: "not-evaluated", reason };
    return { kind: "failed", code: error.code, message: error.message };
  }
  // Only VERBOSE names schemas, but it also spells out every column: the plan is taken from one, schemas from the other.
  const verbose = await explain(", VERBOSE");
  const root = rootOf(jsonOf(sets), jsonOf(verbose.sets));
  if (!root) return { kind: "not-evaluated", reason: "it has no plan" };
  return { kind: "planned", cost: root.cost, root };
}

/** 42P18, 42725: the application's driver states the types of placeholders, the text alone does not. */
function untyped(code: string, message: string): string | null {
  return code === "42P18" || code === "42725"
    ? `the types of its placeholders are not known (${message})`
    : null;
}

function jsonOf(sets: readonly ResultSet[]): string {
  return (sets.at(-1)?.rows ?? []).map(([line]) => line ?? "").join("\n");
}

function rootOf(json: string, verboseJson: string): PlanNode | null {
  const node = topOf(json);
  return node && nodeOf(node, topOf(verboseJson));
}

function topOf(json: string): Json | null {
  const parsed: unknown = JSON.parse(json === "" ? "null" : json);
  const first: unknown = Array.isArray(parsed) ? parsed[0] : null;
  return isRecord(first) && isRecord(first.Plan) ? first.Plan : null;
}

type Json = Readonly<Record<string, unknown>>;

/** Members that are told in a field of their own, or that say nothing about the plan. */
const toldElsewhere = new Set([
  "Node Type",
  "Relation Name",
  "Schema",
  "Index Name",
  "Total Cost",
  "Plan Rows",
  "Plans",
  "Startup Cost",
  "Plan Width",
  "Parallel Aware",
  "Async Capable",
  "Parent Relationship",
  "Disabled",
]);

function nodeOf(node: Json, verbose: Json | null): PlanNode {
  const twins = childrenOf(verbose);
  const relation = text(node["Relation Name"]);
  return {
    type: text(node["Node Type"]) ?? "",
    relation: relation && tableName(text(verbose?.Schema) ?? undefined, relation),
    index: text(node["Index Name"]),
    cost: Number(node["Total Cost"] ?? 0),
    rows: Number(node["Plan Rows"] ?? 0),
    details: Object.fromEntries(
      Object.entries(node).flatMap(([name, value]) =>
        toldElsewhere.has(name) ? [] : [[name, shown(value)]],
      ),
    ),
    children: childrenOf(node).map((child, i) => nodeOf(child, twins[i] ?? null)),
  };
}

function childrenOf(node: Json | null): readonly Json[] {
  return Array.isArray(node?.Plans) ? node.Plans.filter(isRecord) : [];
}

function shown(value: unknown): string {
  if (Array.isArray(value)) return value.map(shown).join(", ");
  return isRecord(value) ? JSON.stringify(value) : String(value);
}

function text(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

function isRecord(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
