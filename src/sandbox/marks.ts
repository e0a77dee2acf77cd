import type { TableName } from "../review/types.ts";
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
  /** Rows in all catalogues that belong to it. */
  readonly entries: number;
}

/** What differs between two states of a database, the second of which came from the first. */
export interface Changes {
  /** Whether what definitions of any relation may mention has another name: types, functions, roles, schemas. */
  readonly names: boolean;
  /** Whether values of any table may read differently although nobody wrote to it. */
  readonly values: boolean;
  /** Relations whose own catalogue entries changed; new ones and those that are gone are among them. */
  readonly relations: ReadonlySet<Oid>;
}

/** Catalogues whose rows belong to a relation, each with the column that names it. */
const belongings: readonly (readonly [catalogue: string, column: string, condition: string])[] = [
  ["pg_class", "oid", "oid >= 16384"],
  ["pg_attribute", "attrelid", "attrelid >= 16384"],
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

/** Takes the marks of a database. Valid outside a transaction. */
export async function readMarks(session: Session): Promise<Marks> {
  return marksOf(await session.ask(marksSql("2")));
}

/** The marks of a database, and what changed since it had others. */
export async function readChanges(
  session: Session,
  since: Marks,
): Promise<{ marks: Marks; changes: Changes }> {
  const answers = await session.ask(`${marksSql(since.transaction)};\n${changesSql(since)}`);
  const marks = marksOf(answers);
  const [, , counts = [], , flags = [], replaced = []] = answers;
  const relations = new Set<Oid>();
  for (const [oid, , fresh] of counts) if (oid && fresh !== "0") relations.add(oid);
  for (const [oid, { entries }] of marks.relations) {
    if (since.relations.get(oid)?.entries !== entries) relations.add(oid);
  }
  for (const oid of since.relations.keys()) if (!marks.relations.has(oid)) relations.add(oid);
  const [hasNewNames, hasNewSettings, hasCasts] = (flags[0] ?? []).map((flag) => flag === "t");
  const names =
    hasNewNames === true || replaced.some(([oid, name]) => since.routines.get(oid ?? "") !== name);
  const isComposite = [...relations].some((oid) => since.relations.get(oid)?.kind === "c");
  const values =
    names ||
    hasNewSettings === true ||
    marks.settings !== since.settings ||
    (hasCasts === true && replaced.length > 0) ||
    isComposite;
  return { marks, changes: { names, values, relations } };
}

/** Whether a row is of this transaction or a later one. What does not depend on the row is asked once. */
function isFresh(transaction: string, row = ""): string {
  return `age(${row}xmin) <= (SELECT age('${transaction}'::xid))`;
}

function marksSql(transaction: string): string {
  const rows = belongings.map(
    ([catalogue, column, condition]) =>
      `SELECT ${column}, ${isFresh(transaction)} FROM ${catalogue} WHERE ${condition}`,
  );
  const comments = commented.map(
    ([catalogue, column]) =>
      `SELECT c.${column}, ${isFresh(transaction, "d.")} FROM pg_description d JOIN ${catalogue} c ON c.oid = d.objoid
WHERE d.classoid = '${catalogue}'::regclass AND d.objoid >= 16384`,
  );
  return `
SELECT pg_snapshot_xmax(pg_current_snapshot())::xid, (SELECT max(oid) FROM (
${["pg_class", "pg_proc", ...named].map((catalogue) => `(SELECT max(oid) AS oid FROM ${catalogue})`).join(" UNION ALL ")}) x),
${textual.map((catalogue) => `(SELECT count(*) FROM ${catalogue})`).join(" + ")};
SELECT c.oid, CASE WHEN n.nspname = 'public' THEN '' ELSE n.nspname || '.' END || c.relname, c.relkind, c.relpersistence, c.relfilenode,
  CASE WHEN c.relispartition THEN (SELECT inhparent FROM pg_inherits WHERE inhrelid = c.oid) END
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' ORDER BY n.nspname, c.relname;
SELECT oid, count(*), count(*) FILTER (WHERE fresh) FROM (
${[...rows, ...comments].join("\nUNION ALL ")}) x(oid, fresh) GROUP BY oid;
SELECT oid, ${routineName} FROM pg_proc WHERE oid >= 16384`;
}

/** Rows that were there before and are others now. */
function changesSql({ transaction, lastOid }: Marks): string {
  const fresh = isFresh(transaction);
  const changed = named.map(
    (catalogue) => `EXISTS (SELECT 1 FROM ${catalogue} WHERE ${fresh} AND oid <= ${lastOid})`,
  );
  const added = textual.map((catalogue) => `EXISTS (SELECT 1 FROM ${catalogue} WHERE ${fresh})`);
  return `SELECT ${changed.join(" OR ")}, ${added.join(" OR ")}, EXISTS (SELECT 1 FROM pg_cast WHERE castfunc >= 16384);
SELECT oid, ${routineName} FROM pg_proc WHERE ${fresh} AND oid <= ${lastOid}`;
}

const routineName = "pronamespace || '.' || proname || '(' || proargtypes::text || ')'";

function marksOf([head = [], relations = [], counts = [], routines = []]: readonly Rows[]): Marks {
  const [transaction, lastOid, settings] = head[0] ?? [];
  const entries = new Map(counts.map(([oid, count]) => [oid, Number(count)]));
  return {
    transaction: transaction ?? "2",
    lastOid: lastOid ?? "0",
    settings: Number(settings),
    routines: new Map(routines.map(([oid, name]) => [oid ?? "", name ?? ""])),
    relations: new Map(
      relations.map(([oid, name, kind, persistence, file, partitionOf]) => [
        oid ?? "",
        {
          name: name ?? "",
          kind: kind ?? "",
          persistence: persistence ?? "",
          file: file ?? "0",
          partitionOf: partitionOf ?? null,
          entries: entries.get(oid ?? null) ?? 0,
        },
      ]),
    ),
  };
}

/** What is asked between two states, as any database answers it. */
export const changedSql = marksSql("2");
