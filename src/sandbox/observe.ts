import type { Lock, LockMode, RowChanges, Scan, StatementRun } from "../review/types.ts";
import type { ExecResult, Query } from "./engine.ts";
import type { Marks } from "./marks.ts";
import type { Asked, Planned } from "./planned.ts";
import type { Rows, Session } from "./session.ts";

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

const relationsSql = `
SELECT c.oid, CASE WHEN n.nspname = 'public' THEN c.relname ELSE n.nspname || '.' || c.relname END, c.relkind, c.relfilenode, i.indrelid
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_index i ON i.indexrelid = c.oid
WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND c.relkind IN ('r', 'p', 'f', 'i', 'I', 'v', 'm', 'S')`;

/** What pg_stat_xact_user_tables tells of those tables, by `where`, that anything was done to; the view itself goes through all indexes. */
function countersSql(where: string): string {
  return `
SELECT c.oid, pg_catalog.pg_stat_get_xact_numscans(c.oid), pg_catalog.pg_stat_get_xact_tuples_returned(c.oid),
  pg_catalog.pg_stat_get_xact_tuples_inserted(c.oid), pg_catalog.pg_stat_get_xact_tuples_updated(c.oid),
  pg_catalog.pg_stat_get_xact_tuples_deleted(c.oid)
FROM pg_catalog.pg_class c
WHERE ${where} AND c.relkind IN ('r', 'm') AND (pg_catalog.pg_stat_get_xact_numscans(c.oid) <> 0
  OR pg_catalog.pg_stat_get_xact_tuples_inserted(c.oid) <> 0 OR pg_catalog.pg_stat_get_xact_tuples_updated(c.oid) <> 0
  OR pg_catalog.pg_stat_get_xact_tuples_deleted(c.oid) <> 0)`;
}

const ownLocks =
  "FROM pg_catalog.pg_locks WHERE pid = pg_catalog.pg_backend_pid() AND locktype = 'relation' AND granted";
const locksSql = `SELECT relation, mode ${ownLocks}`;

/** Three questions, all answered from the session's own view; valid inside a transaction. */
export const sightSql = `${relationsSql};${countersSql("c.oid >= 16384")};${locksSql}`;

/**
 * Has the server report what it counted as soon as no transaction is open. Until it does, it counts on from one transaction to the
 * next, and it reports by itself once a second at most.
 */
const reportSql = "SELECT pg_catalog.pg_stat_force_next_flush()";

const isFresh = "pg_catalog.age(c.xmin) <= (SELECT pg_catalog.age($1))";

/** How many relations there are, how many beyond OID $2, the greatest, whether a schema has a new row, and the transaction's own id. */
const numbers: Planned = {
  name: "drydock: numbers",
  types: ["xid", "oid"],
  sql: `SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE oid > $2), pg_catalog.max(oid),
  EXISTS (SELECT 1 FROM pg_catalog.pg_namespace c WHERE ${isFresh}), pg_catalog.pg_current_xact_id_if_assigned()::pg_catalog.xid
FROM pg_catalog.pg_class`,
};

/** Relations with a row of transaction $1 or a later one. */
const newRelations: Planned = {
  name: "drydock: new relations",
  types: ["xid"],
  sql: `${relationsSql} AND ${isFresh}`,
};

/** Whatever reads or writes a table holds a lock on it until its transaction ends (documentation, section 13.3.1). */
const lockedCounters: Planned = {
  name: "drydock: counters",
  types: [],
  sql: countersSql(`c.oid = ANY (ARRAY(SELECT relation ${ownLocks}))`),
};

const locks: Planned = { name: "drydock: locks", types: [], sql: locksSql };

const report: Planned = { name: "drydock: report", types: [], sql: reportSql };

/** What is asked after each statement. */
export const sightQuestions: readonly Planned[] = [numbers, newRelations, lockedCounters, locks, report];

/** Seen from a transaction and an OID on. */
function sightFrom(transaction: string, lastOid: string): readonly Asked[] {
  const values = new Map([
    [numbers, [transaction, lastOid]],
    [newRelations, [transaction]],
  ]);
  return sightQuestions.map((question) => ({ question, values: values.get(question) ?? [] }));
}

/** Of nothing in particular. */
export const anySight = sightFrom("2", "0");

const kinds: Readonly<Record<string, Lock["kind"]>> = {
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

function relationsIn(rows: Rows): Relations {
  return new Map(
    rows.map(([oid, name, kind, file, table]) => [
      oid ?? "",
      { name: name ?? "", kind: kinds[kind ?? ""] ?? "table", file: file ?? "0", table: table ?? null },
    ]),
  );
}

function heldOf(counters: Rows, granted: Rows): Pick<Sight, "counters" | "locks"> {
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

/** Looks around statements, each in a transaction of its own. */
export interface Lookout {
  /** To be asked before a statement wherever rows were read since the last one, so that they are not counted. */
  resume(): Promise<void>;
  /** What there is before a statement, and the question that is to be asked after it, still inside of its transaction. */
  before(): Promise<{ readonly sight: Sight; readonly after: Query }>;
  /**
   * What there was after the statement, by what the question was answered with. null where the statement had the database forget
   * our questions, or made others of their names: no transaction is open any more, and what comes next can be seen again.
   */
  after(before: Sight, answer: ExecResult): Promise<Sight | null>;
  /** The transaction took effect. */
  took(after: Sight): void;
  /** Something else ran that may have changed relations. */
  lose(): void;
}

/** What is known of the catalogue of relations. */
interface Head {
  /** Rows of this transaction and later ones are new. */
  readonly transaction: string;
  readonly lastOid: string;
  readonly count: number;
}

/**
 * A lookout that begins with the relations that there are, if they are known. Of thousands only those are read again whose
 * row in the catalogue is a new one; all of them when one is gone, or a schema has another name. From statement to statement it
 * goes on with what it knows.
 */
export function lookoutOf(session: Session, marks: Marks | null): Lookout {
  let known = marks && relationsOf(marks);
  let head: Head | null = null;
  let next: Head | null = null;

  async function readAll(): Promise<Relations> {
    const [relations = []] = await session.ask(relationsSql);
    return relationsIn(relations);
  }

  const resume = async () => void (await session.ask(reportSql));

  function questions() {
    const { transaction, lastOid } = head ?? { transaction: "2", lastOid: "0" };
    return sightFrom(transaction, lastOid);
  }

  function lose(): void {
    known = null;
    head = null;
  }

  return {
    resume,
    async before() {
      if (!head) {
        // What ran before may still be counted.
        await resume();
        const [heads = []] = await session.ask(headSql);
        const [transaction, lastOid, count] = heads[0] ?? [];
        head = { transaction: transaction ?? "2", lastOid: lastOid ?? "0", count: Number(count) };
      }
      known ??= await readAll();
      return {
        sight: { relations: known, counters: new Map(), locks: new Map() },
        after: session.planned(questions()),
      };
    },
    async after(before, answer) {
      const answers = await session.rowsOfPlanned(questions(), answer);
      if (!answers) {
        lose();
        return null;
      }
      const { transaction, lastOid, count } = head ?? { transaction: "2", lastOid: "0", count: -1 };
      const [[row] = [], changed = [], counters = [], granted = []] = answers;
      const [number, added, greatest, hasNewNames, own] = row ?? [];
      next = { transaction: own ?? transaction, lastOid: greatest ?? lastOid, count: Number(number) };
      const isKnown = Number(number) === count + Number(added) && hasNewNames === "f";
      const relations = isKnown ? new Map([...before.relations, ...relationsIn(changed)]) : await readAll();
      return { relations, ...heldOf(counters, granted) };
    },
    took(after) {
      known = after.relations;
      head = next;
    },
    lose,
  };
}

/** What comes next, and how many relations there are. OIDs are given in order. */
const headSql = `SELECT pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot())::pg_catalog.xid,
  pg_catalog.max(oid), pg_catalog.count(*) FROM pg_catalog.pg_class`;

function relationsOf({ relations }: Marks): Relations {
  return new Map(
    [...relations].flatMap(([oid, { name, kind, file, table }]) => {
      const known = kinds[kind];
      return known ? [[oid, { name, kind: known, file, table }] as const] : [];
    }),
  );
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
