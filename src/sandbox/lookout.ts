import type { ExecResult, Query } from "./engine.ts";
import type { Marks } from "./marks.ts";
import {
  countersSql,
  heldOf,
  kinds,
  locksSql,
  ownLocks,
  type Relations,
  relationsIn,
  relationsSql,
  type Sight,
} from "./observe.ts";
import type { Asked, Planned } from "./planned.ts";
import type { Rows, Session } from "./session.ts";

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
 * row in the catalogue is a new one; all of them when a schema has another name. From statement to statement it goes on with what
 * it knows.
 */
export function lookoutOf(session: Session, marks: Marks | null): Lookout {
  let known = marks && relationsOf(marks);
  let head: Head | null = null;
  let next: Head | null = null;
  let isStale = false;

  async function readAll(): Promise<Relations> {
    const [relations = []] = await session.ask(relationsSql);
    return relationsIn(relations);
  }

  /** Those of the relations that are still there. */
  async function presentOf(relations: Relations): Promise<Relations> {
    const [rows = []] = await session.ask(presentSql);
    const present = new Set(rows[0]?.[0]?.split(" "));
    return new Map([...relations].filter(([oid]) => present.has(oid)));
  }

  const resume = async () => void (await session.ask(reportSql));

  function questions() {
    const { transaction, lastOid } = head ?? { transaction: "2", lastOid: "0" };
    return sightFrom(transaction, lastOid);
  }

  /** The relations that there are, by those that there were, and from where on rows are new after it. */
  async function relationsAfter(before: Relations, [numbered = [], changed = []]: readonly Rows[]) {
    const { transaction, lastOid, count } = head ?? { transaction: "2", lastOid: "0", count: -1 };
    const [number, added, greatest, hasNewNames, own] = numbered[0] ?? [];
    const isWhole = Number(number) === count + Number(added);
    const kept = isWhole ? before : await presentOf(before);
    return {
      relations: hasNewNames === "f" ? new Map([...kept, ...relationsIn(changed)]) : await readAll(),
      head: { transaction: own ?? transaction, lastOid: greatest ?? lastOid, count: Number(number) },
    };
  }

  /** What ran since may have changed relations, and may still be counted. */
  async function refresh(): Promise<void> {
    isStale = false;
    if (!head || !known) {
      known = null;
      return;
    }
    const results = await session.runAll([{ sql: reportSql }, await session.planned(questions())]);
    const answers = results[1] ? await session.rowsOfPlanned(questions(), results[1]) : null;
    if (answers) ({ relations: known, head } = await relationsAfter(known, answers));
    else known = null;
  }

  return {
    resume,
    async before() {
      if (isStale) await refresh();
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
        after: await session.planned(questions()),
      };
    },
    async after(before, answer) {
      const answers = await session.rowsOfPlanned(questions(), answer);
      if (!answers) {
        isStale = true;
        return null;
      }
      const seen = await relationsAfter(before.relations, answers);
      next = seen.head;
      const [, , counters = [], granted = []] = answers;
      return { relations: seen.relations, ...heldOf(counters, granted) };
    },
    took(after) {
      known = after.relations;
      head = next;
    },
    lose() {
      isStale = true;
    },
  };
}

/** What comes next, and how many relations there are. OIDs are given in order. */
const headSql = `SELECT pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot())::pg_catalog.xid,
  pg_catalog.max(oid), pg_catalog.count(*) FROM pg_catalog.pg_class`;

const presentSql = "SELECT pg_catalog.string_agg(oid::pg_catalog.text, ' ') FROM pg_catalog.pg_class";

function relationsOf({ relations }: Marks): Relations {
  return new Map(
    [...relations].flatMap(([oid, { name, kind, file, table }]) => {
      const known = kinds[kind];
      return known ? [[oid, { name, kind: known, file, table }] as const] : [];
    }),
  );
}
