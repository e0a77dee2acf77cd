import type { Lock, LockMode, RowChanges, Scan, StatementRun } from "../review/types.ts";
import type { Rows } from "./session.ts";

/** What a statement was seen to do. */
export type Observation = Pick<StatementRun, "locks" | "rewrites" | "scans" | "writes" | "hasIdleLoop">;

export const nothingObserved: Observation = {
  locks: [],
  rewrites: [],
  scans: [],
  writes: [],
  hasIdleLoop: false,
};

/** Relations by OID, so that renamed and dropped ones keep the name that they had. */
export type Relations = ReadonlyMap<string, Relation>;

interface Relation {
  readonly name: string;
  readonly kind: Lock["kind"];
  /** The file on disk: another one after a rewrite. */
  readonly file: string;
  /** OID of an index's table. */
  readonly table: string | null;
}

/** Row counters of the current transaction by relation. */
export type Counters = ReadonlyMap<string, readonly number[]>;

/** The locks that the session holds, ACCESS SHARE left out, by relation. */
export type HeldLocks = ReadonlyMap<string, readonly LockMode[]>;

/** The state of a transaction around one statement. */
export interface Sight {
  readonly relations: Relations;
  readonly counters: Counters;
  readonly locks: HeldLocks;
}

/** Relations that users made: OID, name, kind, file, and of an index its table. */
export const relationsSql = `
SELECT c.oid, CASE WHEN n.nspname = 'public' THEN c.relname ELSE n.nspname || '.' || c.relname END, c.relkind, c.relfilenode, i.indrelid
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_index i ON i.indexrelid = c.oid
WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND c.relkind IN ('r', 'p', 'f', 'i', 'I', 'v', 'm', 'S')`;

/** What pg_stat_xact_user_tables tells of those tables, by `where`, that anything was done to; the view itself goes through all indexes. */
export function countersSql(where: string): string {
  return `
SELECT c.oid, pg_catalog.pg_stat_get_xact_numscans(c.oid), pg_catalog.pg_stat_get_xact_tuples_returned(c.oid),
  pg_catalog.pg_stat_get_xact_tuples_inserted(c.oid), pg_catalog.pg_stat_get_xact_tuples_updated(c.oid),
  pg_catalog.pg_stat_get_xact_tuples_deleted(c.oid)
FROM pg_catalog.pg_class c
WHERE ${where} AND c.relkind IN ('r', 'm') AND (pg_catalog.pg_stat_get_xact_numscans(c.oid) <> 0
  OR pg_catalog.pg_stat_get_xact_tuples_inserted(c.oid) <> 0 OR pg_catalog.pg_stat_get_xact_tuples_updated(c.oid) <> 0
  OR pg_catalog.pg_stat_get_xact_tuples_deleted(c.oid) <> 0)`;
}

/** The locks on relations that the session holds. */
export const ownLocks =
  "FROM pg_catalog.pg_locks WHERE pid = pg_catalog.pg_backend_pid() AND locktype = 'relation' AND granted";
export const locksSql = `SELECT relation, mode ${ownLocks}`;

/** Three questions, all answered from the session's own view; valid inside a transaction. */
export const sightSql = `${relationsSql};${countersSql("c.oid >= 16384")};${locksSql}`;

/** Kinds of relations by `pg_class.relkind`. */
export const kinds: Readonly<Record<string, Lock["kind"]>> = {
  r: "table",
  p: "table",
  f: "table",
  i: "index",
  I: "index",
  v: "view",
  m: "view",
  S: "sequence",
};

const modes: Readonly<Record<string, LockMode>> = {
  RowShareLock: "ROW SHARE",
  RowExclusiveLock: "ROW EXCLUSIVE",
  ShareUpdateExclusiveLock: "SHARE UPDATE EXCLUSIVE",
  ShareLock: "SHARE",
  ShareRowExclusiveLock: "SHARE ROW EXCLUSIVE",
  ExclusiveLock: "EXCLUSIVE",
  AccessExclusiveLock: "ACCESS EXCLUSIVE",
};

const strength: readonly LockMode[] = Object.values(modes);

/** The three answers to `sightSql`. */
export function sightOf(answers: readonly Rows[]): Sight {
  const [relations = [], counters = [], granted = []] = answers;
  return { relations: relationsIn(relations), ...heldOf(counters, granted) };
}

/** The answer to `relationsSql`. */
export function relationsIn(rows: Rows): Relations {
  return new Map(
    rows.map(([oid, name, kind, file, table]) => [
      oid ?? "",
      { name: name ?? "", kind: kinds[kind ?? ""] ?? "table", file: file ?? "0", table: table ?? null },
    ]),
  );
}

/** The answers about counters and locks. */
export function heldOf(counters: Rows, granted: Rows): Pick<Sight, "counters" | "locks"> {
  const held = new Map<string, LockMode[]>();
  for (const [relation, mode] of granted) {
    // ACCESS SHARE has no name among the modes.
    const known = modes[mode ?? ""];
    if (relation && known) held.set(relation, [...(held.get(relation) ?? []), known]);
  }
  return {
    counters: new Map(counters.map(([oid, ...counts]) => [oid ?? "", counts.map(Number)])),
    locks: held,
  };
}

/** What happened between two sights of the same transaction. `isNew` is asked by OID. */
export function observed(before: Sight, after: Sight, isNew: (oid: string) => boolean): Observation {
  return {
    ...nothingObserved,
    locks: locksBetween(before, after, isNew),
    rewrites: rewrittenBetween(before, after, isNew),
    scans: countsBetween(before, after).flatMap(([oid, name, [scans = 0, rows = 0]]): Scan[] =>
      scans > 0 ? [{ relation: name, isNew: isNew(oid), rows: Math.round(rows / scans) }] : [],
    ),
    writes: countsBetween(before, after).flatMap(
      ([, name, [, , inserted = 0, updated = 0, deleted = 0]]): RowChanges[] =>
        inserted + updated + deleted > 0 ? [{ relation: name, inserted, updated, deleted }] : [],
    ),
  };
}

function rewrittenBetween(
  before: Sight,
  after: Sight,
  isNew: (oid: string) => boolean,
): Observation["rewrites"] {
  const rewrites: Observation["rewrites"][number][] = [];
  for (const [oid, { name, kind, file, table }] of before.relations) {
    if (kind === "sequence") continue;
    const now = after.relations.get(oid) ?? (kind === "index" ? rebuilt({ name, table }, after) : undefined);
    if (now && now.file !== file) rewrites.push({ relation: name, kind, isNew: isNew(oid) });
  }
  return rewrites.sort((a, b) => compareText(a.relation, b.relation));
}

/** A change of a column's type drops the column's indexes and builds them anew under their old names. */
function rebuilt(index: Pick<Relation, "name" | "table">, after: Sight): Relation | undefined {
  return [...after.relations.values()].find(
    ({ name, table }) => name === index.name && table === index.table,
  );
}

/** Stronger locks first, then by name. */
export function byStrength(a: Lock, b: Lock): number {
  return strength.indexOf(b.mode) - strength.indexOf(a.mode) || a.relation.localeCompare(b.relation);
}

function locksBetween(before: Sight, after: Sight, isNew: (oid: string) => boolean): Lock[] {
  const locks = [...after.locks].flatMap(([oid, held]): Lock[] => {
    const relation = before.relations.get(oid);
    const already = before.locks.get(oid) ?? [];
    const mode = strongest(held.filter((lock) => !already.includes(lock)));
    if (!relation || !mode) return [];
    const table = relation.table === null ? null : (before.relations.get(relation.table)?.name ?? null);
    const { name, kind } = relation;
    return [{ relation: name, kind, table, mode, isNew: isNew(oid), source: "observed" }];
  });
  return locks.sort(byStrength);
}

function strongest(held: readonly LockMode[]): LockMode | undefined {
  return [...held].sort((a, b) => strength.indexOf(b) - strength.indexOf(a))[0];
}

/** Of our own: the database's process, which reads this file as well, may read nothing outside of this folder. */
function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** By name: the catalogue's own order is by chance. */
function countsBetween(before: Sight, after: Sight): [oid: string, name: string, counts: number[]][] {
  return [...after.counters]
    .flatMap(([oid, counts]): [string, string, number[]][] => {
      const relation = before.relations.get(oid);
      const then = before.counters.get(oid) ?? [];
      return relation ? [[oid, relation.name, counts.map((count, i) => count - (then[i] ?? 0))]] : [];
    })
    .sort(([, a], [, b]) => compareText(a, b));
}
