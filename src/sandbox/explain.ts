import { tableName } from "../review/sql/names.ts";
import { splitStatements } from "../review/sql/statements.ts";
import type { PlanNode, PlanOutcome } from "../review/types.ts";
import type { Catalog } from "./catalog.ts";
import type { ResultSet, SqlError } from "./engine.ts";
import { literal, type Session } from "./session.ts";
import { makeSizesReal, type Production } from "./sizes.ts";
import { excuseOf, type Known } from "./verdict.ts";

/**
 * Plans queries without running them: EXPLAIN (GENERIC_PLAN, FORMAT JSON), so that placeholders need no values
 * (documentation, EXPLAIN). Tables are as large as production says; `base` is what the base branch has. The database must be put
 * back afterwards. Rejects with EngineLost when the engine does not survive.
 */
export async function planQueries(
  session: Session,
  queries: readonly string[],
  production: Production,
  known: Known,
  base: Catalog,
): Promise<readonly PlanOutcome[]> {
  if (queries.length === 0) return [];
  const restoreSizes = await makeSizesReal(session, production);
  const outcomes: PlanOutcome[] = [];
  for (const query of queries) outcomes.push(await plan(session, query, known, base));
  await restoreSizes();
  return outcomes;
}

async function plan(session: Session, sql: string, known: Known, base: Catalog): Promise<PlanOutcome> {
  const statements = splitStatements(sql);
  const [statement] = statements;
  if (!statement || statements.length > 1)
    return { kind: "not-evaluated", reason: "it is not one statement" };
  const explain = (options: string) =>
    session.run(`EXPLAIN (GENERIC_PLAN${options}, FORMAT JSON) ${statement.sql}`);
  const searchPath = searchPathOf(session, base);
  try {
    let answer = await explain("");
    while (answer.error && (await searchPath.extend(answer.error))) answer = await explain("");
    const { error, sets } = answer;
    if (error) {
      const reason = excuseOf(error, known) ?? untyped(error.code, error.message) ?? searchPath.doubt();
      if (reason !== null) return { kind: "not-evaluated", reason };
      return { kind: "failed", code: error.code, message: error.message };
    }
    // Only VERBOSE names schemas, but it also spells out every column: the plan is taken from one, schemas from the other.
    const verbose = await explain(", VERBOSE");
    const root = rootOf(jsonOf(sets), jsonOf(verbose.sets));
    if (!root) return { kind: "not-evaluated", reason: "it has no plan" };
    return { kind: "planned", cost: root.cost, root };
  } finally {
    await searchPath.putBack();
  }
}

/**
 * Where the application's connection looks for tables is not known: one that a query names without a schema, and that was not where
 * the sandbox looks on the base branch either, may be in any other. One that was there is missed when it moves.
 */
function searchPathOf(session: Session, base: Catalog) {
  let before: string | null = null;
  let doubt: string | null = null;
  const added = new Set<string>();
  return {
    /** Whether a relation that is missing was found in another schema, where it is looked for from now on. */
    async extend({ code, message }: SqlError): Promise<boolean> {
      const name = /^relation "([^".]+)" does not exist$/.exec(message)?.[1];
      if (code !== undefinedTable || name === undefined) return false;
      if (base.has(`table ${name}`) || base.has(`view ${name}`)) return false;
      const [rows = []] = await session.ask(schemasWith(name));
      const [schema] = rows[0] ?? [];
      if (rows.length > 1) doubt = `it names ${name} without a schema, and ${rows.length} schemas have one`;
      if (rows.length !== 1 || schema == null || added.has(schema)) return false;
      added.add(schema);
      const [path = []] = await session.ask("SELECT pg_catalog.current_setting('search_path')");
      before ??= path[0]?.[0] ?? "";
      await session.ask(
        `SELECT pg_catalog.set_config('search_path', pg_catalog.concat_ws(', ', NULLIF(pg_catalog.current_setting('search_path'), ''), pg_catalog.quote_ident(${literal(schema)})), false)`,
      );
      return true;
    },
    /** Why a failure may be the sandbox's own; null when it is not. */
    doubt: () => doubt,
    async putBack(): Promise<void> {
      if (before !== null)
        await session.ask(`SELECT pg_catalog.set_config('search_path', ${literal(before)}, false)`);
    },
  };
}

/** SQLSTATE undefined_table (documentation, appendix A). */
const undefinedTable = "42P01";

function schemasWith(name: string): string {
  return `SELECT n.nspname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relname = ${literal(name)} AND c.relkind IN ('r', 'p', 'f', 'v', 'm') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'`;
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
