import { bareName } from "./advice.ts";
import { isComplete } from "./births.ts";
import { builtModels, type ModelSide } from "./built-models.ts";
import { normaliseStatement } from "./sql/names.ts";
import { readQuery } from "./sql/queries.ts";
import { say } from "./text.ts";
import type { ChangeSet, Database, DryRun, PlanOutcome, TableName, Text } from "./types.ts";

/** Something of the database that code uses by its name, as the base schema has it. */
export type Used =
  | { readonly kind: "table"; readonly table: TableName }
  | { readonly kind: "column"; readonly table: TableName; readonly column: string }
  | { readonly kind: "enum value"; readonly type: string; readonly value: string };

/** Whether both are the same part of the database. */
export function isUse(a: Used, b: Used): boolean {
  return a.kind === b.kind && nameOf(a) === nameOf(b);
}

/** A part of the base side's code that uses it. */
export interface Use {
  readonly kind: "model" | "query";
  readonly path: string;
  /** 1-based; null where only the file is known. */
  readonly line: number | null;
  /** A query's name; of a model what it maps, by the names of the database. */
  readonly name: string;
  /** How a query fails that the change takes away or alters; null for others, which are findings of their own. */
  readonly failure: { readonly code: string; readonly message: string } | null;
}

/** Who of the base side's code uses something that the change takes away. */
export interface Uses {
  readonly by: readonly Use[];
  /**
   * Whether an empty `by` says that nobody uses it: the base side's models were built, know all of the table, and every
   * annotated query was planned on the schema that the change leaves. SQL that nobody annotated is never seen.
   */
  readonly isAll: boolean;
  /** What was looked at: the files of the models, and how many annotated queries. */
  readonly models: readonly string[];
  readonly queries: number;
}

/** What was read of a change, and what was seen of it. */
export interface Seen {
  readonly changes: ChangeSet;
  readonly database: Database;
  readonly run: DryRun | null;
}

/**
 * Who of the base side's code, which runs until the change is deployed, uses a table, a column or an enum's value that the
 * change drops, renames or leaves out: its models, by what they build, and its annotated queries, by their failing on the
 * schema that the change leaves. Names are those of the base schema.
 */
export function usesOf(used: Used, seen: Seen, written: (table: TableName) => TableName): Uses {
  const uses = usesByName(used, seen);
  const short = asWritten(used, written);
  if (isUse(short, used)) return uses;
  const others = usesByName(short, seen);
  const isOther = (use: Use) => !uses.by.some((one) => one.path === use.path && one.line === use.line);
  return {
    ...uses,
    by: [...uses.by, ...others.by.filter(isOther)],
    isAll: uses.isAll || others.isAll,
  };
}

/** The same by the name that the migrations use for its table, which may have no schema in code either. */
export function asWritten(used: Used, written: (table: TableName) => TableName): Used {
  return used.kind === "enum value"
    ? { ...used, type: written(used.type) }
    : { ...used, table: written(used.table) };
}

function usesByName(used: Used, { changes, database, run }: Seen): Uses {
  const side = run && builtModels(database, run, "base");
  const queries = run ? baseQueries(changes, run) : [];
  const broken = queries.filter(({ before, after }) => before.kind === "planned" && after.kind === "failed");
  const using = broken.filter(({ sql }) => isNamed(used, sql));
  const isPlanned = queries.every(({ after }) => after.kind !== "not-evaluated");
  return {
    by: [
      ...(side ? modelUses(used, side) : []),
      ...using.map(({ name, path, line, after, isDeployed }): Use => {
        const failure = isDeployed && after.kind === "failed" ? after : null;
        return { kind: "query", path, line, name, failure };
      }),
    ],
    isAll:
      side !== null &&
      run !== null &&
      isComplete(run) &&
      knowsAll(used, side) &&
      run.queries.length === changes.queries.length &&
      isPlanned &&
      using.length === broken.length,
    models: side?.files ?? [],
    queries: queries.length,
  };
}

/**
 * Where the base side's models still map it and its queries ask for it, as sentences that follow another; null when they do not, or
 * are not known.
 */
export function stillMapped(uses: Uses): Text | null {
  const model = uses.by.find(({ kind }) => kind === "model");
  const mapped = model ? say` ${placeOf(model)} on the base branch still maps it.` : [];
  const [query, ...more] = queriesBroken(uses);
  const others = more.length > 0 ? say` and ${more.length} more` : [];
  const asked = query
    ? say` The annotated ${[more.length > 0 ? "queries" : "query"]} ${query.name} (${placeOf(query)})${others} on the base branch ${[more.length > 0 ? "fail" : "fails"]} from then on.`
    : [];
  return model || query ? [...mapped, ...asked] : null;
}

/** So many queries are named one by one. */
const shown = 5;

/** How the queries that the change alters or takes away fail without it, one fact an entry. */
export function failing(uses: Uses): readonly Text[] {
  return queriesBroken(uses)
    .slice(0, shown)
    .map(
      (query) =>
        say`observed: ${query.name} (${placeOf(query)}) is planned on the base schema, and then fails: ${query.failure?.message ?? ""} (${[query.failure?.code ?? ""]})`,
    );
}

function queriesBroken({ by }: Uses): readonly Use[] {
  return by.filter(({ failure }) => failure !== null);
}

/** That the base side's code does not use it, as a sentence that follows another, with what was looked at; null when it does, or that is not known. */
export function notUsed({ by, isAll, models, queries }: Uses): Text | null {
  const [file] = models;
  if (by.length > 0 || !isAll || file === undefined) return null;
  const files: Text =
    models.length > 1 ? say`The models of ${models.length} files` : say`The models of ${file}`;
  return queries > 0
    ? say` ${files} and ${[queries === 1 ? "the annotated query" : `the ${queries} annotated queries`]} on the base branch do not use it.`
    : say` ${files} on the base branch do not map it.`;
}

function placeOf({ path, line }: Use): string {
  return line === null ? path : `${path}:${line}`;
}

function modelUses(used: Used, { schema, declarations, files }: ModelSide): Use[] {
  const name = nameOf(used);
  const owner = used.kind === "enum value" ? used.type : used.table;
  const [own, around] = [declarations.find(name), declarations.find(owner)];
  if (!isMapped(used, schema) || own?.isUnused || around?.isUnused) return [];
  const place = own ?? around;
  return [
    { kind: "model", name, path: place?.path ?? files[0] ?? "", line: place?.line ?? null, failure: null },
  ];
}

function isMapped(used: Used, { tables, enums }: ModelSide["schema"]): boolean {
  if (used.kind === "enum value")
    return enums.some(({ name, labels }) => name === used.type && labels.includes(used.value));
  const table = tables.find(({ name }) => name === used.table);
  return used.kind === "table"
    ? table !== undefined
    : (table?.columns.some(({ name }) => name === used.column) ?? false);
}

/** Whether the models would show it: a table without a model may be used by SQL alone. */
function knowsAll(used: Used, { schema, declarations }: ModelSide): boolean {
  switch (used.kind) {
    case "table":
      return !declarations.isIncomplete && !declarations.isPartial(used.table);
    case "column":
      return schema.tables.some(({ name }) => name === used.table) && !declarations.isPartial(used.table);
    case "enum value":
      return schema.enums.some(({ name }) => name === used.type) && !declarations.isIncomplete;
  }
}

/** `orders`, `orders.note`, `OrderStatus.paid`. */
function nameOf(used: Used): string {
  switch (used.kind) {
    case "table":
      return used.table;
    case "column":
      return `${used.table}.${used.column}`;
    case "enum value":
      return `${used.type}.${used.value}`;
  }
}

interface BaseQuery {
  readonly name: string;
  readonly path: string;
  readonly line: number;
  readonly sql: string;
  readonly before: PlanOutcome;
  readonly after: PlanOutcome;
  /** Whether the change takes it away or alters it. */
  readonly isDeployed: boolean;
}

/** The base side's queries, on the base schema and on the one that the change leaves. */
function baseQueries({ queries, deployed }: ChangeSet, run: DryRun): BaseQuery[] {
  return [
    ...run.deployed.flatMap(({ query, before, after }) => {
      const subject = deployed[query];
      return subject ? [{ ...subject, before, after, isDeployed: true }] : [];
    }),
    ...run.queries.flatMap(({ query, before, after }) => {
      const subject = queries[query];
      if (!subject || !before || !isSame(subject.sql, subject.baseSql)) return [];
      const { name, path, line, sql } = subject;
      return [{ name, path, line, sql, before, after, isDeployed: false }];
    }),
  ];
}

function isSame(sql: string, baseSql: string | null): boolean {
  return baseSql !== null && normaliseStatement(sql) === normaliseStatement(baseSql);
}

/** PostgreSQL names only the first thing that a query fails for: the text tells of the others. */
function isNamed(used: Used, sql: string): boolean {
  if (used.kind === "enum value") return hasWord(sql, used.value);
  if (used.kind === "table") return hasWord(sql, bareName(used.table));
  const { tables } = readQuery(sql);
  const isOfTable = tables.length === 0 || tables.includes(used.table);
  return isOfTable && hasWord(sql, used.column);
}

function hasWord(sql: string, word: string): boolean {
  const escaped = word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`(?<![\\w$])${escaped}(?![\\w$])`, "i").test(sql);
}
