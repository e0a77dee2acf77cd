import { isMembership, memberships } from "./catalog-kinds.ts";
import type { Planned } from "./planned.ts";

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
export const textual: readonly string[] = ["pg_cast", "pg_db_role_setting"];

/** The rows of a catalogue between two places ($1, $2), of which those of transaction $3 and later ones are new. */
const part = ["tid", "tid", "xid"];
const within = (row: string) => `${row}.ctid >= $1 AND ${row}.ctid < $2`;
/** What does not depend on the row is asked once. */
const isFresh = (row: string) => `age(${row}.xmin) <= (SELECT age($3))`;

function planned(name: string, types: readonly string[], sql: string): Planned {
  return { name: `drydock: ${name}`, types, sql };
}

export interface OfCatalogue {
  readonly name: string;
  readonly catalogue: string;
  readonly question: Planned;
}

/** Which relations the rows of a part belong to. Answers: name, block, all, those of new rows. */
export const belonging: readonly OfCatalogue[] = [
  ...belongings.map(([catalogue, column, condition]) =>
    listed(
      `${catalogue}.${column}`,
      catalogue,
      `SELECT c.${column}, c.ctid, ${isFresh("c")} FROM ${catalogue} c WHERE ${condition} AND ${within("c")}`,
    ),
  ),
  ...commented.map(([catalogue, column]) =>
    listed(
      `pg_description ${catalogue}`,
      "pg_description",
      `SELECT c.${column}, d.ctid, ${isFresh("d")} FROM pg_description d JOIN ${catalogue} c ON c.oid = d.objoid
WHERE d.classoid = '${catalogue}'::regclass AND d.objoid >= 16384 AND ${within("d")}`,
    ),
  ),
];

function listed(name: string, catalogue: string, rows: string): OfCatalogue {
  const sql = `SELECT '${name}', (place::text::point)[0], string_agg(oid::text, ' '), string_agg(oid::text, ' ') FILTER (WHERE fresh)
FROM (${rows}) x(oid, place, fresh) GROUP BY 2`;
  return { name, catalogue, question: planned(`rows of ${name}`, part, sql) };
}

/** A dropped column stays as a row that says so: rows of this catalogue only go with their relation. Answers: relations of new rows. */
export const columns = {
  catalogue: "pg_attribute",
  question: planned(
    "columns",
    part,
    `SELECT DISTINCT a.attrelid FROM pg_attribute a WHERE a.attrelid >= 16384 AND ${within("a")} AND ${isFresh("a")}`,
  ),
};

/** Answers: greatest OID of a part, whether an object up to OID $4 has a new row. */
export const names: readonly Omit<OfCatalogue, "name">[] = named.map((catalogue) => ({
  catalogue,
  question: planned(
    `names in ${catalogue}`,
    [...part, "oid"],
    `SELECT max(n.oid), bool_or(${isFresh("n")} AND n.oid <= $4) FROM ${catalogue} n WHERE ${within("n")}`,
  ),
}));

/** The transaction that would come next. */
export const next = planned("next transaction", [], "SELECT pg_snapshot_xmax(pg_current_snapshot())::xid");

export const files = planned(
  "files",
  [],
  "SELECT relname, pg_relation_filenode(oid) FROM pg_class WHERE oid < 16384 AND relkind = 'r' AND relnamespace = 'pg_catalog'::regnamespace",
);

/** Of relations with a new row. */
export const relations = planned(
  "relations",
  part,
  `SELECT c.oid, CASE WHEN n.nspname = 'public' THEN '' ELSE n.nspname || '.' END || c.relname, c.relkind, c.relpersistence, c.relfilenode,
  CASE WHEN c.relispartition THEN (SELECT inhparent FROM pg_inherits WHERE inhrelid = c.oid) END,
  CASE WHEN c.relkind IN ('i', 'I') THEN (SELECT indrelid FROM pg_index WHERE indexrelid = c.oid) END
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND ${within("c")} AND ${isFresh("c")}`,
);

const routineName = "pronamespace || '.' || proname || '(' || proargtypes::text || ')'";

export const routines = planned("routines", [], `SELECT oid, ${routineName} FROM pg_proc WHERE oid >= 16384`);

/** Of functions up to OID $4 that have a new row. */
export const replaced = planned(
  "replaced routines",
  [...part, "oid"],
  `SELECT p.oid, ${routineName} FROM pg_proc p WHERE p.oid <= $4 AND ${within("p")} AND ${isFresh("p")}`,
);

export const casts = planned("casts", [], "SELECT EXISTS (SELECT 1 FROM pg_cast WHERE castfunc >= 16384)");

/** Answers: how many there are, whether one of transaction $1 or a later one is among them. */
export const settings = planned(
  "settings",
  ["xid"],
  `SELECT ${textual.map((catalogue) => `(SELECT count(*) FROM ${catalogue})`).join(" + ")},
${textual.map((catalogue) => `EXISTS (SELECT 1 FROM ${catalogue} WHERE age(xmin) <= age($1))`).join(" OR ")}`,
);

export const members = planned(
  "members",
  [],
  `SELECT ${memberships.map((condition) => `(SELECT count(*) FROM pg_depend WHERE ${condition})`).join(" + ")}`,
);

/** Whether a part has a new one. */
export const newMembers = planned(
  "new members",
  part,
  `SELECT EXISTS (SELECT 1 FROM pg_depend d WHERE (${isMembership}) AND ${within("d")} AND ${isFresh("d")})`,
);

export const marksQuestions: readonly Planned[] = [
  ...[...belonging, columns, ...names].map(({ question }) => question),
  ...[next, files, relations, routines, replaced, casts, settings, members, newMembers],
];
