import type { TableName } from "../review/types.ts";
import type { BlockRange, ChangedFile } from "./engine.ts";
import * as sql from "./marks-sql.ts";
import type { Asked, Planned } from "./planned.ts";
import type { Rows, Session } from "./session.ts";

/** An object's number in PostgreSQL's catalogues, as text. */
export type Oid = string;

/**
 * What tells later which relations changed since: cheap to take, and exact. PostgreSQL never changes a row of its catalogues
 * in place as far as definitions go, but writes a new one, which carries the number of its transaction (documentation,
 * sections 5.6 and 66.6): rows of later transactions are new ones, and missing ones are seen by what else is in their block.
 */
export interface Marks {
  /** The transaction that would come next: rows of this one and later ones are new. */
  readonly transaction: string;
  /** OIDs are given in order: greater ones are later objects. */
  readonly lastOid: Oid;
  /** In the order of names. */
  readonly relations: ReadonlyMap<Oid, Relation>;
  /** Functions and procedures with their schema, name and arguments, each by number. */
  readonly routines: ReadonlyMap<Oid, string>;
  /** Rows of catalogues on which the text of values depends, whatever table they are in. */
  readonly settings: number;
  /** Objects that are members of extensions. */
  readonly members: number;
  /** The relations to which the rows in each block of a catalogue belong, by what is listed and block; OIDs with spaces between. */
  readonly entries: ReadonlyMap<string, ReadonlyMap<number, string>>;
  /** Numbers of the catalogues' own files, by catalogue. */
  readonly files: ReadonlyMap<string, string>;
}

export interface Relation {
  readonly name: TableName;
  /** pg_class.relkind: r, p, v, … */
  readonly kind: string;
  /** pg_class.relpersistence: p, u, t. */
  readonly persistence: string;
  /** Number of its file; 0 when it has none. */
  readonly file: string;
  /** What it is a partition of. */
  readonly partitionOf: Oid | null;
  /** An index's table. */
  readonly table: Oid | null;
}

/** What differs between two states of a database, the second of which came from the first. */
export interface Changes {
  /**
   * Whether what definitions of any relation may mention has another name (types, functions, roles, schemas), or an object
   * came to an extension or left one.
   */
  readonly names: boolean;
  /** Whether values of any table may read differently although nobody wrote to it. */
  readonly values: boolean;
  /** Relations whose own catalogue entries changed; new ones and those that are gone are among them. */
  readonly relations: ReadonlySet<Oid>;
  /** Whether a catalogue may hold other rows than it did. */
  isTouched(catalogue: string): boolean;
}

const nothing: Marks = {
  transaction: "2",
  lastOid: "0",
  relations: new Map(),
  routines: new Map(),
  settings: 0,
  members: 0,
  entries: new Map(),
  files: new Map(),
};

/** Takes the marks of a database. Valid outside a transaction. */
export async function readMarks(session: Session): Promise<Marks> {
  return (await readChanges(session, nothing, null)).marks;
}

/**
 * The marks of a database, and what changed since it had others. Of a catalogue only the blocks are asked that are said to
 * have changed in its file among `files`, which are those that changed since: the others hold the same rows. null when that
 * cannot be told.
 */
export async function readChanges(
  session: Session,
  since: Marks,
  files: readonly ChangedFile[] | null,
): Promise<{ marks: Marks; changes: Changes }> {
  const changedBlocks = files && blocksByFile(files);
  function rangesOf(catalogue: string): readonly BlockRange[] {
    const file = since.files.get(catalogue);
    if (changedBlocks === null || file === undefined) return whole;
    return changedBlocks.has(file) ? (changedBlocks.get(file) ?? whole) : [];
  }
  const isTouched = (catalogue: string) => rangesOf(catalogue).length > 0;
  const answers = await session.askPlanned(questionsOf(since, rangesOf));
  const rowsOf = (question: Planned): Rows => answers.get(question) ?? [];
  const has = (question: Planned, column: number) => rowsOf(question).some((row) => row[column] === "t");

  const entries = new Map(since.entries);
  const changed = new Set<Oid>(rowsOf(sql.columns.question).map(([oid]) => oid ?? ""));
  const gone = new Set<Oid>();
  const present: Oid[] = [];
  for (const { name, catalogue, question } of sql.belonging) {
    const ranges = rangesOf(catalogue);
    if (ranges.length === 0) continue;
    const rows = rowsOf(question);
    const before = since.entries.get(name) ?? new Map<number, string>();
    const after = new Map([...before].filter(([block]) => !ranges.some((range) => isWithin(block, range))));
    const then = [...before].flatMap(([block, list]) => (after.has(block) ? [] : listOf(list)));
    const now = rows.flatMap(([, , list]) => listOf(list ?? ""));
    const fresh = rows.flatMap(([, , , list]) => listOf(list ?? ""));
    for (const [, block, list] of rows) after.set(Number(block), list ?? "");
    for (const oid of [...fresh, ...missing(then, now, fresh)]) changed.add(oid);
    if (name === "pg_class.oid") {
      for (const oid of missing(then, now, [])) gone.add(oid);
      present.push(...now);
    }
    entries.set(name, after);
  }
  const own = rowsOf(sql.files);
  const [[count, hasSettings] = []] = rowsOf(sql.settings);
  const marks: Marks = {
    transaction: rowsOf(sql.next)[0]?.[0] ?? "2",
    lastOid: greatest([
      since.lastOid,
      ...present,
      ...[sql.routines, ...sql.names.map(({ question }) => question)].flatMap((question) =>
        rowsOf(question).flatMap(([oid]) => oid ?? []),
      ),
    ]),
    relations: relationsAfter(since, rowsOf(sql.relations), gone),
    routines: isTouched("pg_proc")
      ? new Map(rowsOf(sql.routines).map(([oid, name]) => [oid ?? "", name ?? ""]))
      : since.routines,
    settings: count === undefined ? since.settings : Number(count),
    members: Number(rowsOf(sql.members)[0]?.[0] ?? since.members),
    entries,
    files: own.length > 0 ? new Map(own.map(([name, number]) => [name ?? "", number ?? ""])) : since.files,
  };
  const hasNewNames = sql.names.some(({ question }) => has(question, 1));
  const hasOtherMembers = has(sql.newMembers, 0) || marks.members !== since.members;
  const replaced = rowsOf(sql.replaced);
  const isRenamed = replaced.some(([oid, name]) => since.routines.get(oid ?? "") !== name);
  const names = hasNewNames || hasOtherMembers || isRenamed;
  const hasOtherSettings = hasSettings === "t" || marks.settings !== since.settings;
  const isComposite = [...changed].some((oid) => since.relations.get(oid)?.kind === "c");
  const values = names || hasOtherSettings || (has(sql.casts, 0) && replaced.length > 0) || isComposite;
  return { marks, changes: { names, values, relations: changed, isTouched } };
}

/** The changed blocks of files by number, null for all of one; the other forks of a relation, which are told by a word, hold no rows. */
function blocksByFile(files: readonly ChangedFile[]): ReadonlyMap<string, readonly BlockRange[] | null> {
  return new Map(
    files.flatMap(({ path, blocks }) => {
      const [, number, segment] = numbered.exec(path) ?? [];
      return number === undefined ? [] : [[number, segment === undefined ? blocks : null] as const];
    }),
  );
}

/** Numbers of files that changed. */
export function fileNumbers(files: readonly ChangedFile[]): ReadonlySet<string> {
  return new Set(blocksByFile(files).keys());
}

const numbered = /(?:^|\/)(\d+)(\.\d+)?$/;

/** More blocks than a file can have. */
const whole: readonly BlockRange[] = [[0, 2 ** 32 - 2]];

function isWithin(block: number, [from, to]: BlockRange): boolean {
  return block >= from && block < to;
}

/** What is asked, as far as catalogues may hold other rows. */
function questionsOf(
  { transaction, lastOid }: Marks,
  rangesOf: (catalogue: string) => readonly BlockRange[],
): readonly Asked[] {
  const isTouched = (catalogue: string) => rangesOf(catalogue).length > 0;
  const places = (catalogue: string) => rangesOf(catalogue).map(([from, to]) => [`(${from},0)`, `(${to},0)`]);
  const inParts = (catalogue: string, question: Planned, ...more: string[]): Asked[] =>
    places(catalogue).map((part) => ({ question, values: [...part, transaction, ...more] }));
  const once = (catalogues: readonly string[], question: Planned, ...values: string[]): Asked[] =>
    catalogues.some(isTouched) ? [{ question, values }] : [];
  // A schema with another name is in the names of relations that did not change.
  const all = { question: sql.relations, values: ["(0,0)", `(${2 ** 32 - 2},0)`, nothing.transaction] };
  return [
    { question: sql.next, values: [] },
    ...once(["pg_class"], sql.files),
    ...[...sql.belonging, sql.columns].flatMap(({ catalogue, question }) => inParts(catalogue, question)),
    ...sql.names.flatMap(({ catalogue, question }) => inParts(catalogue, question, lastOid)),
    ...(isTouched("pg_namespace") ? [all] : inParts("pg_class", sql.relations)),
    ...once(["pg_proc"], sql.routines),
    ...once(["pg_proc"], sql.casts),
    ...inParts("pg_proc", sql.replaced, lastOid),
    ...once(sql.textual, sql.settings, transaction),
    ...once(["pg_depend"], sql.members),
    ...inParts("pg_depend", sql.newMembers),
  ];
}

/** What is asked between two states, as any database answers it. */
export const anyChanges = questionsOf(nothing, () => whole);

/** The relations that were there and still are, and those of which the catalogue has a new row. */
function relationsAfter(since: Marks, found: Rows, gone: ReadonlySet<Oid>): ReadonlyMap<Oid, Relation> {
  const relations = new Map(since.relations);
  for (const oid of gone) relations.delete(oid);
  let isSorted = true;
  for (const [oid, name, kind, persistence, file, partitionOf, table] of found) {
    const relation = {
      name: name ?? "",
      kind: kind ?? "",
      persistence: persistence ?? "",
      file: file ?? "0",
      partitionOf: partitionOf ?? null,
      table: table ?? null,
    };
    isSorted &&= relations.get(oid ?? "")?.name === name;
    relations.set(oid ?? "", relation);
  }
  return isSorted ? relations : byName(relations);
}

/** By schema and name, as the database would sort them. */
function byName(relations: ReadonlyMap<Oid, Relation>): ReadonlyMap<Oid, Relation> {
  const named = [...relations].map((entry) => [sortable(entry[1].name), entry] as const);
  named.sort(([a], [b]) => (a < b ? -1 : 1));
  return new Map(named.map(([, entry]) => entry));
}

function sortable(name: TableName): string {
  return (name.includes(".") ? name : `public.${name}`).replace(".", "\0");
}

/** Of which there were more before than there are now, new ones left out. */
function missing(before: readonly Oid[], now: readonly Oid[], fresh: readonly Oid[]): readonly Oid[] {
  const left = new Map<Oid, number>();
  const add = (oids: readonly Oid[], number: number) => {
    for (const oid of oids) left.set(oid, (left.get(oid) ?? 0) + number);
  };
  add(before, 1);
  add(now, -1);
  add(fresh, 1);
  return [...left].flatMap(([oid, number]) => (number > 0 ? [oid] : []));
}

function greatest(oids: readonly Oid[]): Oid {
  return oids.reduce((most, oid) => (Number(oid) > Number(most) ? oid : most));
}

function listOf(list: string): Oid[] {
  return list === "" ? [] : list.split(" ");
}
