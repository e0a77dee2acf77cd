import type { Config } from "./config.ts";
import { reasons } from "./errors.ts";
import { type Texts, unknownDigest } from "./inputs.ts";
import type { Layout } from "./layout.ts";
import { isSqlPath } from "./paths.ts";
import { findAnnotatedQueries, type MarkedQueries, type MarkedQuery } from "./queries.ts";
import { type QuerySource, querySourcesOf } from "./query-sources.ts";
import { readText } from "./read-text.ts";
import { snapshotFilesOf } from "./snapshots.ts";
import { normaliseStatement } from "./sql/names.ts";
import { numberPlaceholders, readQuery } from "./sql/queries.ts";
import { suppressionsAt } from "./suppressions.ts";
import type { AnnotatedQuery, DeployedQuery, Skipped, Suppression } from "./types.ts";

export interface ReadQueries {
  readonly queries: readonly AnnotatedQuery[];
  /** Those of them that stand in changed files. */
  readonly changedQueries: readonly AnnotatedQuery[];
  readonly hasChanged: boolean;
  /** In the head side's files that hold marked queries. */
  readonly suppressions: readonly Suppression[];
  /** What the base side has in changed files, and the head side not like that. */
  readonly deployed: readonly DeployedQuery[];
  readonly skipped: readonly Skipped[];
}

/** Marked queries of one review beyond this number are not planned. */
const maxQueries = 500;

/** The marked queries of the head side, each with what the base side has under its name, else at its position. */
export function readQueries(layout: Layout, config: Config, texts: Texts): ReadQueries {
  const { sources, candidates, searched } = querySourcesOf(layout, config);
  const read = sources.map((source) => readSource(source, layout, texts));
  const byName = new Map(
    read.flatMap(({ base }) => base.filter(({ isNamed }) => isNamed).map((query) => [query.name, query])),
  );
  const found = read.flatMap(({ source, path, head, base }) =>
    head.map((query, i) => ({
      isChanged: source.isChanged,
      ...annotated(path, query, baseOf(query, i, head, base, byName)),
    })),
  );
  const kept = found.slice(0, maxQueries);
  return {
    queries: kept.map(({ query }) => query),
    changedQueries: kept.filter(({ isChanged }) => isChanged).map(({ query }) => query),
    suppressions: read.flatMap(({ suppressions }) => suppressions),
    deployed: deployedOf(read, found).slice(0, maxQueries),
    hasChanged: kept.some(({ isChanged }) => isChanged),
    skipped: [
      ...read.flatMap(({ skipped }) => skipped),
      ...kept.flatMap(({ skipped }) => skipped),
      ...withoutQueries(read, layout, texts),
      ...(candidates > searched
        ? [note(sources.at(-1)?.path, reasons.scanLimit(searched, candidates), false)]
        : []),
      ...(found.length > maxQueries
        ? [note(found[maxQueries]?.query.path, reasons.queryLimit(maxQueries), true)]
        : []),
    ],
  };
}

interface ReadSource {
  readonly source: QuerySource;
  readonly path: string;
  readonly head: readonly MarkedQuery[];
  readonly base: readonly MarkedQuery[];
  readonly suppressions: readonly Suppression[];
  readonly skipped: readonly Skipped[];
}

function readSource(source: QuerySource, { sides }: Layout, texts: Texts): ReadSource {
  const head = readSide(source.path, sides.head, texts);
  const base = source.isChanged ? readSide(source.basePath, sides.base, texts) : head;
  return {
    source,
    path: source.path ?? source.basePath ?? "",
    head: head.queries,
    base: base.queries,
    suppressions: head.suppressions,
    // An unchanged file that cannot be read was never promised to be; a changed one may hold what the change is about.
    skipped: source.isChanged
      ? head.skipped
      : head.skipped.map((skipped) => ({ ...skipped, matters: false })),
  };
}

interface ReadSide extends MarkedQueries {
  readonly suppressions: readonly Suppression[];
}

function readSide(path: string | null, side: Layout["sides"]["head"], texts: Texts): ReadSide {
  const nothing = { queries: [], suppressions: [] };
  if (path === null) return { ...nothing, skipped: [] };
  const decoded = readText(texts.get(side.get(path)?.digest ?? unknownDigest));
  if ("skipped" in decoded) return { ...nothing, skipped: [note(path, decoded.skipped, true)] };
  const found = findAnnotatedQueries(path, decoded.text);
  const suppressions = found.queries.length > 0 ? suppressionsAt(path, decoded.text, found.queries) : [];
  return { ...found, suppressions };
}

/** Queries of the base side that no query of the head side is the same as. */
function deployedOf(
  read: readonly ReadSource[],
  found: readonly { readonly query: AnnotatedQuery }[],
): DeployedQuery[] {
  const texts = new Set(found.map(({ query }) => normaliseStatement(query.sql)));
  return read
    .filter(({ source }) => source.isChanged)
    .flatMap(({ source, path, base }) =>
      base.map(({ name, sql, line }) => ({
        name,
        path: source.basePath ?? path,
        line,
        sql: numberPlaceholders(sql),
      })),
    )
    .filter(({ sql }) => !texts.has(normaliseStatement(sql)));
}

/** By name in the same file, by name in another changed file, else by its position among the nameless of the file. */
function baseOf(
  query: MarkedQuery,
  position: number,
  head: readonly MarkedQuery[],
  base: readonly MarkedQuery[],
  byName: ReadonlyMap<string, MarkedQuery>,
): string | null {
  if (query.isNamed) {
    return (
      (base.find(({ isNamed, name }) => isNamed && name === query.name) ?? byName.get(query.name))?.sql ??
      null
    );
  }
  const nameless = (queries: readonly MarkedQuery[]) => queries.filter(({ isNamed }) => !isNamed);
  const order = nameless(head.slice(0, position)).length;
  return nameless(base)[order]?.sql ?? null;
}

function annotated(
  path: string,
  { name, sql, line, endLine }: MarkedQuery,
  baseSql: string | null,
): { query: AnnotatedQuery; skipped: Skipped[] } {
  const numbered = numberPlaceholders(sql);
  const { tables, skipped } = readQuery(numbered);
  return {
    query: {
      name,
      path,
      line,
      endLine,
      sql: numbered,
      baseSql: baseSql === null ? null : numberPlaceholders(baseSql),
      tables,
    },
    skipped: skipped === null ? [] : [{ path, line, reason: reasons.queryTables(skipped), matters: false }],
  };
}

/** Changed SQL files that were looked at and hold nothing to check, in one note, and dumps that are compared with nothing in another. */
function withoutQueries(read: readonly ReadSource[], layout: Layout, texts: Texts): Skipped[] {
  const compared = new Set(
    layout.directories.flatMap((directory) =>
      snapshotFilesOf(directory, layout, texts).map(({ path }) => path),
    ),
  );
  const empty = read.filter(
    ({ source, path, head, skipped }) =>
      source.isChanged &&
      source.path !== null &&
      isSqlPath(path) &&
      !compared.has(path) &&
      head.length === 0 &&
      skipped.length === 0,
  );
  const [dump] = empty.filter(({ path }) => isDump(path, layout, texts));
  const others = empty.filter(({ path }) => !isDump(path, layout, texts));
  return [
    ...(dump ? [note(dump.path, reasons.dump(), false)] : []),
    ...(others.length === 0 ? [] : [note(others[0]?.path, reasons.notMigrations(others.length), false)]),
  ];
}

function isDump(path: string, { sides }: Layout, texts: Texts): boolean {
  const decoded = readText(texts.get(sides.head.get(path)?.digest ?? unknownDigest));
  return "text" in decoded && /^-- PostgreSQL database dump$/m.test(decoded.text.slice(0, 4096));
}

function note(path: string | null | undefined, reason: string, matters: boolean): Skipped {
  return { path: path ?? "", line: null, reason, matters };
}
