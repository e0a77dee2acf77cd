import type { TableName } from "../review/types.ts";
import { isMembership } from "./catalog-sql.ts";
import type { Rows, Session } from "./session.ts";

/** An object's number in PostgreSQL's catalogues, as text. */
export type Oid = string;

/**
 * What tells later which relations changed since: cheap to take, and exact. PostgreSQL never changes a row of its catalogues
 * in place as far as definitions go, but writes a new one, which carries the number of its transaction (documentation,
 * sections 5.6 and 66.6): rows of later transactions are new ones, and missing ones show in the count.
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
  /** How many rows of a catalogue belong to each relation, by what is counted. */
  readonly entries: ReadonlyMap<string, ReadonlyMap<Oid, number>>;
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

/** Catalogues whose rows belong to a relation, each with the column that names it. */
const belongings: readonly (readonly [catalogue: string, column: string, condition: string])[] = [
  ["pg_class", "oid", "oid >= 16384"],
  ["pg_attrdef", "adrelid", "true"],
  ["pg_constraint", "conrelid", "conrelid >= 16384"],
  ["pg_index", "indrelid", "indrelid >= 16384"],
  ["pg_index", "indexrelid", "indexrelid >= 16384"],
  ["pg_inherits", "inhrelid", "true"],
  ["pg_partitioned_table", "partrelid", "true"],
  ["pg_foreign_table", "ftrelid", "true"],
  ["pg_sequence", "seqrelid", "true"],
  ["pg_trigger", "tgrelid", "true"],
  ["pg_rewrite", "ev_class", "ev_class >= 16384"],
  ["pg_policy", "polrelid", "true"],
  ["pg_statistic_ext", "stxrelid", "true"],
  ["pg_depend", "objid", "classid = 'pg_class'::regclass AND objid >= 16384"],
  ["pg_description", "objoid", "classoid = 'pg_class'::regclass AND objoid >= 16384"],
];

/** Comments on what belongs to a relation: catalogue, column that names the relation. */
const commented: readonly (readonly [catalogue: string, column: string])[] = [
  ["pg_constraint", "conrelid"],
  ["pg_trigger", "tgrelid"],
  ["pg_rewrite", "ev_class"],
  ["pg_policy", "polrelid"],
  ["pg_statistic_ext", "stxrelid"],
];

/** Catalogues whose rows are mentioned by name in definitions of relations. */
const named: readonly string[] = [
  "pg_namespace",
  "pg_type",
  "pg_enum",
  "pg_authid",
  "pg_collation",
  "pg_operator",
  "pg_opclass",
  "pg_opfamily",
  "pg_am",
  "pg_language",
  "pg_tablespace",
  "pg_foreign_server",
  "pg_foreign_data_wrapper",
  "pg_ts_config",
  "pg_ts_dict",
];

/** Catalogues that decide how a value is written as text, beside its own type: casts, settings of sessions. */
const textual: readonly string[] = ["pg_cast", "pg_db_role_setting"];

/** What is counted by relation. */
const counted: readonly {
  readonly name: string;
  readonly catalogue: string;
  readonly rows: string;
}[] = [
  ...belongings.map(([catalogue, column, condition]) => ({
    name: `${catalogue}.${column}`,
    catalogue,
    rows: `SELECT ${column}, xmin FROM ${catalogue} WHERE ${condition}`,
  })),
  ...commented.map(([catalogue, column]) => ({
    name: `pg_description ${catalogue}`,
    catalogue: "pg_description",
    rows: `SELECT c.${column}, d.xmin FROM pg_description d JOIN ${catalogue} c ON c.oid = d.objoid
WHERE d.classoid = '${catalogue}'::regclass AND d.objoid >= 16384`,
  })),
];

/** A dropped column stays as a row that says so: rows of this catalogue only go with their relation, and are not counted. */
const columns = "pg_attribute";

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
 * The marks of a database, and what changed since it had others. A catalogue whose file is not among `files`, the paths of
 * those that changed since, holds the same rows and is not asked; null when that cannot be told.
 */
export async function readChanges(
  session: Session,
  since: Marks,
  files: readonly string[] | null,
): Promise<{ marks: Marks; changes: Changes }> {
  const numbers = files && fileNumbers(files);
  function isTouched(catalogue: string): boolean {
    const file = since.files.get(catalogue);
    return numbers === null || file === undefined || numbers.has(file);
  }
  const answers = await session.ask(changesSql(since, isTouched));
  const [head = [], own = [], counts = [], found = [], routines = [], replaced = []] = answers;
  const [transaction, lastOid, settings, members, ...flags] = head[0] ?? [];
  const [hasNewNames, hasNewSettings, hasNewMembers, hasCasts] = flags.map((flag) => flag === "t");

  const entries = new Map(since.entries);
  const changed = new Set<Oid>();
  for (const [name, list, fresh] of counts) {
    for (const oid of listOf(fresh ?? "")) changed.add(oid);
    if (name === columns) continue;
    const before = since.entries.get(name ?? "") ?? new Map<Oid, number>();
    const after = countsOf(list ?? "");
    entries.set(name ?? "", after);
    for (const [oid, count] of after) if (before.get(oid) !== count) changed.add(oid);
    for (const oid of before.keys()) if (!after.has(oid)) changed.add(oid);
  }
  const marks: Marks = {
    transaction: transaction ?? "2",
    lastOid: lastOid ?? "0",
    relations: relationsAfter(since, found, entries.get("pg_class.oid") ?? new Map()),
    routines: isTouched("pg_proc")
      ? new Map(routines.map(([oid, name]) => [oid ?? "", name ?? ""]))
      : since.routines,
    settings: settings === null ? since.settings : Number(settings),
    members: members === null ? since.members : Number(members),
    entries,
    files: new Map(own.map(([name, number]) => [name ?? "", number ?? ""])),
  };
  const hasOtherSettings = hasNewSettings === true || marks.settings !== since.settings;
  const hasOtherMembers = hasNewMembers === true || marks.members !== since.members;
  const isRenamed = replaced.some(([oid, name]) => since.routines.get(oid ?? "") !== name);
  const names = hasNewNames === true || hasOtherMembers || isRenamed;
  const isComposite = [...changed].some((oid) => since.relations.get(oid)?.kind === "c");
  const values = names || hasOtherSettings || (hasCasts === true && replaced.length > 0) || isComposite;
  return { marks, changes: { names, values, relations: changed, isTouched } };
}

/** Numbers in paths of files; the other forks of a relation, which are told by a word, hold no rows. */
export function fileNumbers(files: readonly string[]): ReadonlySet<string> {
  return new Set(files.flatMap((file) => /(?:^|\/)(\d+)(?:\.\d+)?$/.exec(file)?.[1] ?? []));
}

/** Whether a row is of this transaction or a later one. What does not depend on the row is asked once. */
function isFresh(transaction: string, made = "xmin"): string {
  return `age(${made}) <= (SELECT age('${transaction}'::xid))`;
}

/** What is asked, as far as catalogues may hold other rows: in one query, because each costs a way there and back. */
function changesSql({ transaction, lastOid }: Marks, isTouched: (catalogue: string) => boolean): string {
  const fresh = isFresh(transaction);
  const exists = (catalogues: readonly string[], condition: string) =>
    catalogues
      .filter(isTouched)
      .map((catalogue) => `EXISTS (SELECT 1 FROM ${catalogue} WHERE ${condition})`)
      .join(" OR ") || "false";
  const greatest = ["pg_class", "pg_proc", ...named]
    .filter(isTouched)
    .map((catalogue) => `, (SELECT max(oid) FROM ${catalogue})`);
  const settings = textual.map((catalogue) => `(SELECT count(*) FROM ${catalogue})`).join(" + ");
  const counts = counted
    .filter(({ catalogue }) => isTouched(catalogue))
    .map(
      ({ name, rows }) => `
SELECT '${name}', string_agg(oid || ':' || number, ' '), string_agg(oid::text, ' ') FILTER (WHERE fresh)
FROM (SELECT oid, count(*), bool_or(${isFresh(transaction, "made")}) FROM (${rows}) x(oid, made) GROUP BY 1) x(oid, number, fresh)`,
    );
  if (isTouched(columns)) {
    counts.push(`
SELECT '${columns}', NULL, string_agg(DISTINCT attrelid::text, ' ') FROM ${columns} WHERE attrelid >= 16384 AND ${fresh}`);
  }
  return `
SELECT pg_snapshot_xmax(pg_current_snapshot())::xid, greatest('${lastOid}'::oid${greatest.join("")}),
${textual.some(isTouched) ? settings : "NULL"},
${isTouched("pg_depend") ? `(SELECT count(*) FROM pg_depend WHERE ${isMembership})` : "NULL"},
${exists(named, `${fresh} AND oid <= ${lastOid}`)},
${exists(textual, fresh)},
${exists(["pg_depend"], `${fresh} AND ${isMembership}`)},
${isTouched("pg_proc")} AND EXISTS (SELECT 1 FROM pg_cast WHERE castfunc >= 16384);
SELECT relname, pg_relation_filenode(oid) FROM pg_class WHERE oid < 16384 AND relkind = 'r' AND relnamespace = 'pg_catalog'::regnamespace;
${counts.join("\nUNION ALL") || "SELECT 1 WHERE false"};
SELECT c.oid, CASE WHEN n.nspname = 'public' THEN '' ELSE n.nspname || '.' END || c.relname, c.relkind, c.relpersistence, c.relfilenode,
  CASE WHEN c.relispartition THEN (SELECT inhparent FROM pg_inherits WHERE inhrelid = c.oid) END,
  CASE WHEN c.relkind IN ('i', 'I') THEN (SELECT indrelid FROM pg_index WHERE indexrelid = c.oid) END
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND (${isTouched("pg_namespace")} OR ${isFresh(transaction, "c.xmin")});
SELECT oid, ${routineName} FROM pg_proc WHERE ${isTouched("pg_proc")} AND oid >= 16384;
SELECT oid, ${routineName} FROM pg_proc WHERE ${isTouched("pg_proc")} AND ${fresh} AND oid <= ${lastOid}`;
}

const routineName = "pronamespace || '.' || proname || '(' || proargtypes::text || ')'";

/** The relations that were there and still are, and those of which the catalogue has a new row. */
function relationsAfter(
  since: Marks,
  found: Rows,
  present: ReadonlyMap<Oid, number>,
): ReadonlyMap<Oid, Relation> {
  const relations = new Map([...since.relations].filter(([oid]) => present.has(oid)));
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
  return isSorted ? relations : new Map([...relations].sort(byName));
}

/** By schema and name, as the database would sort them. */
function byName([, a]: readonly [Oid, Relation], b: readonly [Oid, Relation]): number {
  const [left, right] = [sortable(a.name), sortable(b[1].name)];
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

function sortable(name: TableName): string {
  return (name.includes(".") ? name : `public.${name}`).replace(".", "\0");
}

/** E.g. `16390:4 16391:2`, numbers of rows by relation. */
function countsOf(list: string): ReadonlyMap<Oid, number> {
  return new Map(
    listOf(list).map((entry) => {
      const [oid = "", count] = entry.split(":");
      return [oid, Number(count)];
    }),
  );
}

function listOf(list: string): string[] {
  return list === "" ? [] : list.split(" ");
}

/** What is asked between two states, as any database answers it. */
export const changedSql = changesSql(nothing, () => true);
