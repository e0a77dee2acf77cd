import {
  isMissing,
  isOwn,
  type Listing,
  memberships,
  relationKinds,
  standaloneKinds,
} from "./catalog-kinds.ts";
import type { Planned } from "./planned.ts";

/** What schemas are called that are moved out of the way: their objects are not listed. */
export const aside = "drydock_aside_";

/**
 * One statement that lists every user-made object of a database, members of extensions left out. Columns: kind, identity,
 * parents, definition, physical, owner, acl, comment, details, home. A NOT NULL that holds is told with its column only. It
 * must run with search_path = public, so that objects of `public` print without a schema and all others with one.
 *
 * `home` is the relation that an object belongs to, by OID.
 */
export function catalogSql(): string {
  return listSql(Object.values({ ...standaloneKinds, ...relationKinds }), false);
}

/** `isPart`: only objects of the relations in $1 are listed, and of those that name one of them or inherit from it. */
function listSql(kinds: readonly Listing[], isPart: boolean): string {
  const of = (home: string) => (isPart ? `${home} = ANY (ARRAY(SELECT oid FROM touched))` : "true");
  return `
WITH ${isPart ? touchedSql : ""}ns AS (
  SELECT oid, nspname, nspowner, nspacl, CASE WHEN nspname = 'public' THEN '' ELSE nspname || '.' END AS prefix
  FROM pg_namespace WHERE nspname !~ '^(pg_|${aside})' AND nspname <> 'information_schema'),
ext AS (${memberships.map((condition) => `SELECT classid, objid FROM pg_depend WHERE ${condition}`).join(" UNION ALL ")}),
rel AS MATERIALIZED (
  SELECT c.*, n.prefix || c.relname AS name,
    CASE WHEN c.relkind IN ('v', 'm') THEN 'view ' ELSE 'table ' END || n.prefix || c.relname AS key
  FROM pg_class c JOIN ns n ON n.oid = c.relnamespace
  WHERE ${isPart ? `c.oid = ANY (ARRAY(SELECT oid FROM named)) AND ${isOwn("pg_class", "c.oid")}` : isMissing("pg_class", "c.oid")}),
typ AS MATERIALIZED (
  SELECT t.*, n.prefix || t.typname AS name FROM pg_type t JOIN ns n ON n.oid = t.typnamespace
  WHERE (t.typtype IN ('e', 'd', 'r') OR (t.typtype = 'c' AND t.typrelid IN (SELECT oid FROM pg_class WHERE relkind = 'c'))
    OR (t.typtype = 'b' AND t.typelem = 0 AND t.typcategory <> 'A')) AND ${isOwn("pg_type", "t.oid")}),
dom AS MATERIALIZED (
  SELECT t.oid, n.prefix || t.typname AS name FROM pg_type t JOIN ns n ON n.oid = t.typnamespace
  WHERE t.typtype = 'd' AND ${isOwn("pg_type", "t.oid")}),
fn AS MATERIALIZED (
  SELECT p.*, n.prefix || p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')' AS name
  FROM pg_proc p JOIN ns n ON n.oid = p.pronamespace
  WHERE ${isMissing("pg_proc", "p.oid")}),
inh AS MATERIALIZED (SELECT i.inhrelid, jsonb_agg(p.name) AS parents FROM pg_inherits i JOIN rel p ON p.oid = i.inhparent GROUP BY 1),
obj(kind, identity, parents, definition, physical, ownerid, acl, comment, details, home) AS (
${[noObject, ...kinds.map(({ sql }) => sql(of))].join("\nUNION ALL")})
SELECT kind, identity, parents::text, definition, physical, CASE WHEN ownerid IS NOT NULL THEN pg_get_userbyid(ownerid) END,
  CASE WHEN acl IS NOT NULL THEN (SELECT jsonb_agg(a.privilege_type || ' to ' || CASE WHEN a.grantee = 0 THEN 'public' ELSE pg_get_userbyid(a.grantee) END ||
    CASE WHEN a.is_grantable THEN ' with grant option' ELSE '' END) FROM aclexplode(acl) a WHERE a.grantee <> ownerid)::text END,
  comment, details::text, home
FROM obj`;
}

/** Gives the columns their types. */
const noObject =
  "SELECT '', '', '[]'::jsonb, '', NULL::text, NULL::oid, NULL::aclitem[], NULL::text, NULL::jsonb, NULL::oid WHERE false";

/** Relations by OID whose objects must be read again, and those that they name. */
const touchedSql = `
changed(oid) AS MATERIALIZED (
  SELECT unnest($1) UNION SELECT i.indrelid FROM pg_index i WHERE i.indexrelid = ANY ($1)),
near(oid) AS MATERIALIZED (
  SELECT oid FROM changed
  UNION SELECT i.inhrelid FROM pg_inherits i WHERE i.inhparent = ANY (ARRAY(SELECT oid FROM changed))
  UNION SELECT CASE d.classid WHEN 'pg_class'::regclass THEN d.objid
      WHEN 'pg_constraint'::regclass THEN (SELECT conrelid FROM pg_constraint WHERE oid = d.objid)
      WHEN 'pg_attrdef'::regclass THEN (SELECT adrelid FROM pg_attrdef WHERE oid = d.objid)
      WHEN 'pg_rewrite'::regclass THEN (SELECT ev_class FROM pg_rewrite WHERE oid = d.objid)
      WHEN 'pg_trigger'::regclass THEN (SELECT tgrelid FROM pg_trigger WHERE oid = d.objid)
      WHEN 'pg_policy'::regclass THEN (SELECT polrelid FROM pg_policy WHERE oid = d.objid)
      WHEN 'pg_statistic_ext'::regclass THEN (SELECT stxrelid FROM pg_statistic_ext WHERE oid = d.objid) END
    FROM pg_depend d WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid = ANY (ARRAY(SELECT oid FROM changed))),
touched(oid) AS MATERIALIZED (
  SELECT oid FROM near WHERE oid IS NOT NULL
  UNION SELECT i.indrelid FROM pg_index i WHERE i.indexrelid = ANY (ARRAY(SELECT oid FROM near))),
named(oid) AS MATERIALIZED (
  SELECT oid FROM touched
  UNION SELECT x.oid FROM touched t CROSS JOIN LATERAL (
    SELECT confrelid FROM pg_constraint WHERE conrelid = t.oid
    UNION ALL SELECT p.conrelid FROM pg_constraint c JOIN pg_constraint p ON p.oid = c.conparentid WHERE c.conrelid = t.oid
    UNION ALL SELECT inhparent FROM pg_inherits WHERE inhrelid = t.oid
    UNION ALL SELECT indexrelid FROM pg_index WHERE indrelid = t.oid
    UNION ALL SELECT h.inhparent FROM pg_index i JOIN pg_inherits h ON h.inhrelid = i.indexrelid WHERE i.indrelid = t.oid
    UNION ALL SELECT refobjid FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = t.oid AND refclassid = 'pg_class'::regclass) x(oid)),
`;

/** Lists the objects of some relations, and the constraints of all domains. */
export const objectsOfRelations: Planned = {
  name: "drydock: objects of relations",
  types: ["oid[]"],
  sql: listSql(Object.values(relationKinds), true),
};

/** Lists the objects of each kind that stands alone. */
export const standaloneObjects: ReadonlyMap<string, Planned> = new Map(
  Object.entries(standaloneKinds).map(([kind, one]) => [
    kind,
    { name: `drydock: ${kind}`, types: [], sql: listSql([one], false) },
  ]),
);
