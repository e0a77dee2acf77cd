/** What makes an object a member of an extension, or of another object; each can be looked up by an index. */
export const memberships: readonly string[] = [
  "deptype = 'e' AND refclassid = 'pg_extension'::regclass",
  "deptype = 'i' AND classid IN ('pg_proc'::regclass, 'pg_cast'::regclass)",
];
export const isMembership = memberships.map((condition) => `(${condition})`).join(" OR ");

/** For many objects: the members are listed once. */
export function isMissing(catalogue: string, oid: string): string {
  return `NOT EXISTS (SELECT 1 FROM ext e WHERE e.classid = '${catalogue}'::regclass AND e.objid = ${oid})`;
}

/** For few objects: each is looked up. */
export function isOwn(catalogue: string, oid: string): string {
  return `(SELECT count(*) FROM pg_depend WHERE classid = '${catalogue}'::regclass AND objid = ${oid} AND (${isMembership})) = 0`;
}

export interface Listing {
  sql(of: (home: string) => string): string;
}

interface Kind extends Listing {
  /** Where its rows are. */
  readonly catalogues: readonly string[];
}

/** Kinds of objects that stand alone. */
export const standaloneKinds: Readonly<Record<string, Kind>> = {
  schema: {
    catalogues: ["pg_namespace"],
    sql: () => `
SELECT 'schema', nspname::text, '[]'::jsonb, 'schema', NULL::text, nspowner, coalesce(nspacl, acldefault('n', nspowner)),
  obj_description(oid, 'pg_namespace'), NULL::jsonb, NULL::oid
FROM ns`,
  },
  extension: {
    catalogues: ["pg_extension"],
    sql: () => `
SELECT 'extension', extname, '[]', 'extension', extversion, NULL, NULL, NULL, NULL, NULL FROM pg_extension`,
  },
  function: {
    catalogues: ["pg_proc", "pg_aggregate"],
    sql: () => `
SELECT 'function', f.name, '[]',
  CASE WHEN f.prokind <> 'a' THEN pg_get_functiondef(f.oid)
    ELSE 'aggregate ' || (SELECT (to_jsonb(g) - 'aggfnoid')::text FROM pg_aggregate g WHERE g.aggfnoid = f.oid) END,
  NULL, f.proowner, coalesce(f.proacl, acldefault('f', f.proowner)), obj_description(f.oid, 'pg_proc'),
  jsonb_build_object('definer', f.prosecdef, 'volatility', f.provolatile, 'settings', f.proconfig, 'parsed', f.prosqlbody IS NOT NULL), NULL
FROM fn f`,
  },
  type: {
    catalogues: ["pg_type", "pg_enum", "pg_range"],
    sql: () => `
SELECT 'type', t.name, '[]',
  CASE t.typtype
    WHEN 'e' THEN 'enum (' || coalesce((SELECT string_agg(quote_literal(enumlabel), ', ' ORDER BY enumsortorder) FROM pg_enum WHERE enumtypid = t.oid), '') || ')'
    WHEN 'd' THEN 'domain ' || format_type(t.typbasetype, t.typtypmod) || CASE WHEN t.typnotnull THEN ' not null' ELSE '' END || coalesce(' default ' || t.typdefault, '')
    WHEN 'r' THEN 'range of ' || (SELECT rngsubtype::regtype::text FROM pg_range WHERE rngtypid = t.oid)
    WHEN 'c' THEN 'composite type' ELSE 'base type' END,
  NULL, t.typowner, coalesce(t.typacl, acldefault('T', t.typowner)), obj_description(t.oid, 'pg_type'),
  CASE WHEN t.typtype = 'e' THEN jsonb_build_object('labels', coalesce((SELECT jsonb_agg(enumlabel ORDER BY enumsortorder) FROM pg_enum WHERE enumtypid = t.oid), '[]')) END, NULL
FROM typ t`,
  },
  "event trigger": {
    catalogues: ["pg_event_trigger"],
    sql: () => `
SELECT 'event trigger', e.evtname, '[]', 'on ' || e.evtevent || ' execute ' || e.evtfoid::regprocedure::text || coalesce(' when ' || e.evttags::text, '') ||
    CASE e.evtenabled WHEN 'O' THEN '' ELSE ' (enabled ' || e.evtenabled::text || ')' END, NULL, e.evtowner, NULL, obj_description(e.oid, 'pg_event_trigger'), NULL, NULL
FROM pg_event_trigger e`,
  },
  publication: {
    catalogues: ["pg_publication", "pg_publication_rel"],
    sql: () => `
SELECT 'publication', p.pubname, '[]', (to_jsonb(p) - 'oid' - 'pubowner' || jsonb_build_object('tables',
    (SELECT jsonb_agg(prrelid::regclass::text ORDER BY prrelid::regclass::text) FROM pg_publication_rel WHERE prpubid = p.oid)))::text,
  NULL, p.pubowner, NULL, obj_description(p.oid, 'pg_publication'), NULL, NULL
FROM pg_publication p`,
  },
  collation: {
    catalogues: ["pg_collation"],
    sql: () => `
SELECT 'collation', n.prefix || c.collname, '[]', concat_ws(' ', 'provider ' || c.collprovider::text, c.collcollate, c.colllocale, CASE WHEN NOT c.collisdeterministic THEN 'nondeterministic' END),
  NULL, c.collowner, NULL, obj_description(c.oid, 'pg_collation'), NULL, NULL
FROM pg_collation c JOIN ns n ON n.oid = c.collnamespace
WHERE NOT EXISTS (SELECT 1 FROM ext e WHERE e.classid = 'pg_collation'::regclass AND e.objid = c.oid)`,
  },
  cast: {
    catalogues: ["pg_cast"],
    sql: () => `
SELECT 'cast', c.castsource::regtype::text || ' as ' || c.casttarget::regtype::text, '[]', concat_ws(' ', c.castcontext, c.castmethod, nullif(c.castfunc, 0)::regprocedure::text),
  NULL, NULL, NULL, obj_description(c.oid, 'pg_cast'), NULL, NULL
FROM pg_cast c WHERE c.oid >= 16384 AND NOT EXISTS (SELECT 1 FROM ext e WHERE e.classid = 'pg_cast'::regclass AND e.objid = c.oid)`,
  },
  operator: {
    catalogues: ["pg_operator"],
    sql: () => `
SELECT 'operator', n.prefix || o.oprname || '(' || concat_ws(', ', nullif(o.oprleft, 0)::regtype::text, o.oprright::regtype::text) || ')', '[]',
  concat_ws(' ', o.oprcode::text, o.oprresult::regtype::text), NULL, o.oprowner, NULL, obj_description(o.oid, 'pg_operator'), NULL, NULL
FROM pg_operator o JOIN ns n ON n.oid = o.oprnamespace
WHERE NOT EXISTS (SELECT 1 FROM ext e WHERE e.classid = 'pg_operator'::regclass AND e.objid = o.oid)`,
  },
  "text search configuration": {
    catalogues: ["pg_ts_config", "pg_ts_config_map"],
    sql: () => `
SELECT 'text search configuration', n.prefix || c.cfgname, '[]', coalesce((SELECT string_agg(m.maptokentype || ' ' || m.mapdict::regdictionary::text, ', ' ORDER BY m.maptokentype, m.mapseqno)
    FROM pg_ts_config_map m WHERE m.mapcfg = c.oid), ''), NULL, c.cfgowner, NULL, obj_description(c.oid, 'pg_ts_config'), NULL, NULL
FROM pg_ts_config c JOIN ns n ON n.oid = c.cfgnamespace`,
  },
  "text search dictionary": {
    catalogues: ["pg_ts_dict"],
    sql: () => `
SELECT 'text search dictionary', n.prefix || d.dictname, '[]', coalesce(d.dictinitoption, ''), NULL, d.dictowner, NULL, obj_description(d.oid, 'pg_ts_dict'), NULL, NULL
FROM pg_ts_dict d JOIN ns n ON n.oid = d.dictnamespace
WHERE NOT EXISTS (SELECT 1 FROM ext e WHERE e.classid = 'pg_ts_dict'::regclass AND e.objid = d.oid)`,
  },
  "foreign server": {
    catalogues: ["pg_foreign_server", "pg_foreign_data_wrapper"],
    sql: () => `
SELECT 'foreign server', s.srvname, '[]', concat_ws(' ', (SELECT fdwname FROM pg_foreign_data_wrapper WHERE oid = s.srvfdw), s.srvoptions::text), NULL,
  s.srvowner, coalesce(s.srvacl, acldefault('S', s.srvowner)), obj_description(s.oid, 'pg_foreign_server'), NULL, NULL
FROM pg_foreign_server s`,
  },
  "default privileges": {
    catalogues: ["pg_default_acl"],
    sql: () => `
SELECT 'default privileges', coalesce((SELECT nspname FROM pg_namespace WHERE oid = a.defaclnamespace), 'every schema') || ' of ' || pg_get_userbyid(a.defaclrole) || ' for ' ||
    CASE a.defaclobjtype WHEN 'r' THEN 'tables' WHEN 'S' THEN 'sequences' WHEN 'f' THEN 'functions' WHEN 'T' THEN 'types' ELSE 'schemas' END,
  coalesce((SELECT jsonb_build_array('schema ' || nspname) FROM pg_namespace WHERE oid = a.defaclnamespace), '[]'),
  (SELECT string_agg(x::text, ', ' ORDER BY x::text) FROM unnest(a.defaclacl) x), NULL, NULL, NULL, NULL, NULL, NULL
FROM pg_default_acl a`,
  },
  role: {
    catalogues: ["pg_authid", "pg_auth_members"],
    sql: () => `
SELECT 'role', r.rolname, '[]', concat_ws(' ', CASE WHEN r.rolsuper THEN 'superuser' END, CASE WHEN r.rolcanlogin THEN 'login' END, CASE WHEN r.rolcreatedb THEN 'createdb' END,
    CASE WHEN r.rolcreaterole THEN 'createrole' END, CASE WHEN r.rolreplication THEN 'replication' END, CASE WHEN r.rolbypassrls THEN 'bypassrls' END,
    (SELECT 'member of ' || string_agg(pg_get_userbyid(m.roleid), ', ' ORDER BY pg_get_userbyid(m.roleid)) FROM pg_auth_members m WHERE m.member = r.oid)),
  NULL, NULL, NULL, NULL, jsonb_build_object('superuser', r.rolsuper, 'bypassesRowSecurity', r.rolbypassrls), NULL
FROM pg_roles r WHERE r.rolname !~ '^pg_' AND r.oid >= 16384`,
  },
};

/** Kinds of objects that belong to a relation; constraints also to a domain. */
export const relationKinds: Readonly<Record<string, Listing>> = {
  table: {
    sql: (of) => `
SELECT 'table', r.name, '[]',
  concat_ws(', ',
    CASE r.relpersistence WHEN 'u' THEN 'unlogged ' WHEN 't' THEN 'temporary ' ELSE '' END ||
      CASE r.relkind WHEN 'p' THEN 'table partitioned by ' || pg_get_partkeydef(r.oid)
        WHEN 'f' THEN 'foreign table' ELSE 'table' END,
    (SELECT CASE WHEN r.relispartition THEN 'partition of ' ELSE 'inherits ' END || string_agg(i.inhparent::regclass::text, ', ' ORDER BY i.inhseqno)
      FROM pg_inherits i WHERE i.inhrelid = r.oid),
    CASE WHEN r.relispartition THEN pg_get_expr(r.relpartbound, r.oid) END,
    (SELECT 'server ' || s.srvname || coalesce(' options ' || f.ftoptions::text, '')
      FROM pg_foreign_table f JOIN pg_foreign_server s ON s.oid = f.ftserver WHERE f.ftrelid = r.oid),
    CASE WHEN r.reloftype <> 0 THEN 'of ' || r.reloftype::regtype::text END,
    CASE WHEN r.relrowsecurity THEN 'row level security' END,
    CASE WHEN r.relforcerowsecurity THEN 'forced row level security' END,
    CASE WHEN r.relreplident = 'f' THEN 'replica identity full' WHEN r.relreplident = 'n' THEN 'replica identity nothing' END),
  nullif(concat_ws(', ', r.reloptions::text, (SELECT 'tablespace ' || spcname FROM pg_tablespace WHERE oid = r.reltablespace)), ''),
  r.relowner, coalesce(r.relacl, acldefault('r', r.relowner)), obj_description(r.oid, 'pg_class'),
  jsonb_build_object('oid', r.oid::bigint, 'kind', CASE WHEN r.relkind = 'f' THEN 'foreign' WHEN r.relispartition THEN 'partition'
    WHEN r.relkind = 'p' THEN 'partitioned' ELSE 'table' END, 'temporary', r.relpersistence = 't', 'unlogged', r.relpersistence = 'u',
    'rowSecurity', r.relrowsecurity, 'rowSecurityForced', r.relforcerowsecurity, 'options', r.reloptions, 'parents', inh.parents), r.oid
FROM rel r LEFT JOIN inh ON inh.inhrelid = r.oid WHERE r.relkind IN ('r', 'p', 'f') AND ${of("r.oid")}`,
  },
  column: {
    sql: (of) => `
SELECT 'column', r.name || '.' || a.attname,
  jsonb_build_array(CASE WHEN r.relkind = 'c' THEN 'type ' || r.name ELSE r.key END) ||
    CASE WHEN inh.parents IS NULL THEN '[]' ELSE (SELECT jsonb_agg('column ' || p || '.' || a.attname) FROM jsonb_array_elements_text(inh.parents) p) END,
  format_type(a.atttypid, a.atttypmod) ||
    CASE WHEN a.attcollation <> t.typcollation THEN ' collate ' || a.attcollation::regcollation::text ELSE '' END ||
    CASE WHEN NOT a.attnotnull THEN '' WHEN nn.convalidated IS FALSE THEN ' not null not valid' ELSE ' not null' END ||
    CASE WHEN a.attidentity = 'a' THEN ' generated always as identity' WHEN a.attidentity = 'd' THEN ' generated by default as identity'
      WHEN a.attgenerated = 's' THEN ' generated always as ' || pg_get_expr(d.adbin, d.adrelid) || ' stored'
      WHEN a.attgenerated = 'v' THEN ' generated always as ' || pg_get_expr(d.adbin, d.adrelid) || ' virtual'
      WHEN d.adbin IS NOT NULL THEN ' default ' || pg_get_expr(d.adbin, d.adrelid) ELSE '' END,
  nullif(concat_ws(', ', CASE WHEN a.attstorage <> t.typstorage THEN 'storage ' || a.attstorage::text END,
    CASE WHEN a.attstattarget >= 0 THEN 'statistics ' || a.attstattarget END, a.attoptions::text, 'compression ' || nullif(a.attcompression, '')::text), ''),
  r.relowner, a.attacl, col_description(r.oid, a.attnum),
  jsonb_build_object('table', r.name, 'composite', r.relkind = 'c', 'name', a.attname, 'position', a.attnum,
    'type', format_type(a.atttypid, a.atttypmod), 'notNull', a.attnotnull, 'default', CASE WHEN a.attgenerated = '' THEN pg_get_expr(d.adbin, d.adrelid) END,
    'identity', a.attidentity, 'generated', a.attgenerated <> '',
    'collation', CASE WHEN a.attcollation <> t.typcollation THEN a.attcollation::regcollation::text END, 'settings',
    nullif(array_remove(ARRAY[
      CASE WHEN a.attstorage <> t.typstorage THEN 'SET STORAGE ' || CASE a.attstorage WHEN 'p' THEN 'PLAIN' WHEN 'e' THEN 'EXTERNAL' WHEN 'm' THEN 'MAIN' ELSE 'EXTENDED' END END,
      CASE a.attcompression WHEN 'p' THEN 'SET COMPRESSION pglz' WHEN 'l' THEN 'SET COMPRESSION lz4' END,
      CASE WHEN a.attstattarget >= 0 THEN 'SET STATISTICS ' || a.attstattarget END,
      'SET (' || array_to_string(a.attoptions, ', ') || ')'], NULL), '{}')), r.oid
FROM rel r JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
  JOIN pg_type t ON t.oid = a.atttypid
  LEFT JOIN inh ON inh.inhrelid = r.oid
  LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
  LEFT JOIN pg_constraint nn ON a.attnotnull AND nn.conrelid = a.attrelid AND nn.contype = 'n' AND nn.conkey = ARRAY[a.attnum]
WHERE r.relkind IN ('r', 'p', 'f', 'c') AND ${of("a.attrelid")}`,
  },
  constraint: {
    sql: (of) => `
SELECT 'constraint', coalesce(r.name, t.name) || '.' || c.conname,
  jsonb_build_array(coalesce(r.key, 'type ' || t.name)) || coalesce(own.parents, '[]') ||
    CASE WHEN c.conparentid = 0 THEN '[]' ELSE coalesce((SELECT jsonb_build_array('constraint ' || n.prefix || q.relname || '.' || p.conname)
      FROM pg_constraint p JOIN pg_class q ON q.oid = p.conrelid JOIN ns n ON n.oid = q.relnamespace WHERE p.oid = c.conparentid), '[]') END ||
    CASE WHEN f.oid IS NULL OR f.oid = r.oid THEN '[]' ELSE jsonb_build_array('table ' || f.name) END,
  pg_get_constraintdef(c.oid, true), NULL, NULL, NULL, obj_description(c.oid, 'pg_constraint'),
  CASE WHEN r.name IS NOT NULL THEN jsonb_build_object('table', r.name, 'name', c.conname, 'type', c.contype, 'valid', c.convalidated,
    'enforced', c.conenforced, 'onDelete', nullif(c.confdeltype, ' '), 'columns', coalesce(own.columns, '[]'), 'references', f.name,
    'referenced', CASE WHEN f.oid IS NOT NULL THEN (SELECT jsonb_agg(a.attname ORDER BY k.n)
      FROM unnest(c.confkey) WITH ORDINALITY k(num, n) JOIN pg_attribute a ON a.attrelid = c.confrelid AND a.attnum = k.num) END) END, nullif(c.conrelid, 0)
FROM pg_constraint c LEFT JOIN rel r ON r.oid = c.conrelid LEFT JOIN dom t ON t.oid = c.contypid
  LEFT JOIN rel f ON f.oid = c.confrelid
  LEFT JOIN LATERAL (SELECT jsonb_agg(a.attname ORDER BY k.n) AS columns, jsonb_agg('column ' || r.name || '.' || a.attname) AS parents
    FROM unnest(c.conkey) WITH ORDINALITY k(num, n) JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.num) own ON true
WHERE c.contype <> 't' AND NOT (c.contype = 'n' AND c.convalidated) AND (r.oid IS NOT NULL OR t.oid IS NOT NULL)
  AND (${of("c.conrelid")} OR c.conrelid = 0)`,
  },
  index: {
    sql: (of) => `
SELECT 'index', r.name,
  jsonb_build_array(t.key) || coalesce(own.parents, '[]') ||
    CASE WHEN inh.parents IS NULL THEN '[]' ELSE (SELECT jsonb_agg('index ' || p) FROM jsonb_array_elements_text(inh.parents) p) END,
  def || CASE WHEN i.indisvalid THEN '' ELSE ' (invalid)' END,
  nullif(concat_ws(', ', CASE WHEN i.indisclustered THEN 'clustered' END, CASE WHEN i.indisreplident THEN 'replica identity' END), ''),
  NULL, NULL, obj_description(r.oid, 'pg_class'),
  jsonb_build_object('table', t.name, 'name', r.relname, 'unique', i.indisunique, 'primary', i.indisprimary, 'valid', i.indisvalid,
    'method', am.amname, 'where', pg_get_expr(i.indpred, i.indrelid, true), 'definition', def, 'backs', EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conrelid = i.indrelid AND k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x')), 'columns', own.columns, 'include', own.include, 'keys', own.keys,
    'nullsNotDistinct', i.indnullsnotdistinct, 'replicaIdentity', i.indisreplident), t.oid
FROM (SELECT * FROM pg_index WHERE ${of("indrelid")} OFFSET 0) i JOIN rel r ON r.oid = i.indexrelid JOIN rel t ON t.oid = i.indrelid JOIN pg_am am ON am.oid = r.relam
  LEFT JOIN inh ON inh.inhrelid = r.oid
  CROSS JOIN LATERAL pg_get_indexdef(i.indexrelid, 0, true) def
  LEFT JOIN LATERAL (SELECT jsonb_agg(a.attname ORDER BY x.n) FILTER (WHERE x.n <= i.indnkeyatts) AS columns,
      jsonb_agg(a.attname ORDER BY x.n) FILTER (WHERE x.n > i.indnkeyatts) AS include,
      jsonb_agg(jsonb_build_object('text', coalesce(a.attname, pg_get_indexdef(i.indexrelid, x.n::int, true)), 'operatorClass', (SELECT opcname FROM pg_opclass WHERE oid = i.indclass[x.n - 1]),
        'collation', i.indcollation[x.n - 1]::bigint, 'descending', i.indoption[x.n - 1] & 1 = 1, 'nullsFirst', i.indoption[x.n - 1] & 2 = 2)
        ORDER BY x.n) FILTER (WHERE x.n <= i.indnkeyatts) AS keys,
      jsonb_agg('column ' || t.name || '.' || a.attname) FILTER (WHERE a.attname IS NOT NULL) AS parents
    FROM unnest(i.indkey::int2[]) WITH ORDINALITY x(num, n) LEFT JOIN pg_attribute a ON x.num <> 0 AND a.attrelid = i.indrelid AND a.attnum = x.num) own ON true`,
  },
  view: {
    sql: (of) => `
SELECT 'view', r.name, '[]', CASE r.relkind WHEN 'm' THEN 'materialized view: ' ELSE 'view: ' END || pg_get_viewdef(r.oid, true) ||
    CASE WHEN r.relkind = 'v' THEN coalesce(' with ' || r.reloptions::text, '') ELSE '' END,
  nullif(concat_ws(', ', CASE WHEN r.relkind = 'm' THEN r.reloptions::text END, CASE WHEN NOT r.relispopulated THEN 'not populated' END), ''),
  r.relowner, coalesce(r.relacl, acldefault('r', r.relowner)), obj_description(r.oid, 'pg_class'),
  jsonb_build_object('oid', r.oid::bigint, 'materialized', r.relkind = 'm', 'options', r.reloptions, 'columns',
    (SELECT jsonb_agg(a.attname ORDER BY a.attnum) FROM pg_attribute a WHERE a.attrelid = r.oid AND a.attnum > 0), 'reads',
    (SELECT jsonb_agg(DISTINCT n.prefix || t.relname) FROM pg_rewrite w
      JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = w.oid AND d.refclassid = 'pg_class'::regclass AND d.refobjid <> r.oid
      JOIN pg_class t ON t.oid = d.refobjid AND t.relkind IN ('r', 'p', 'v', 'm', 'f') JOIN ns n ON n.oid = t.relnamespace
      WHERE w.ev_class = r.oid)), r.oid
FROM rel r WHERE r.relkind IN ('v', 'm') AND ${of("r.oid")}`,
  },
  sequence: {
    sql: (of) => `
SELECT 'sequence', r.name, CASE WHEN t.oid IS NULL THEN '[]' ELSE jsonb_build_array(t.key, 'column ' || t.name || '.' || a.attname) END,
  s.seqtypid::regtype::text || ' start ' || s.seqstart || ' increment ' || s.seqincrement || ' from ' || s.seqmin || ' to ' || s.seqmax ||
    CASE WHEN s.seqcycle THEN ' cycle' ELSE '' END || coalesce(' owned by ' || t.name || '.' || a.attname, ''),
  CASE WHEN s.seqcache <> 1 THEN 'cache ' || s.seqcache END, r.relowner, coalesce(r.relacl, acldefault('s', r.relowner)),
  obj_description(r.oid, 'pg_class'), jsonb_build_object('type', s.seqtypid::regtype::text, 'table', t.name, 'column', a.attname, 'options', concat_ws(' ',
    CASE WHEN s.seqincrement <> 1 THEN 'INCREMENT BY ' || s.seqincrement END, CASE WHEN s.seqmin <> 1 THEN 'MINVALUE ' || s.seqmin END,
    CASE WHEN s.seqmax <> CASE s.seqtypid::regtype::text WHEN 'smallint' THEN 32767 WHEN 'integer' THEN 2147483647 ELSE 9223372036854775807 END THEN 'MAXVALUE ' || s.seqmax END,
    CASE WHEN s.seqstart <> 1 OR s.seqmin <> 1 THEN 'START WITH ' || s.seqstart END, CASE WHEN s.seqcache <> 1 THEN 'CACHE ' || s.seqcache END,
    CASE WHEN s.seqcycle THEN 'CYCLE' END)), r.oid
FROM rel r JOIN pg_sequence s ON s.seqrelid = r.oid
  LEFT JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = r.oid AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')
  LEFT JOIN rel t ON t.oid = d.refobjid LEFT JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
WHERE ${of("s.seqrelid")}`,
  },
  trigger: {
    sql: (of) => `
SELECT 'trigger', r.name || '.' || g.tgname, jsonb_build_array(r.key) || coalesce((SELECT jsonb_build_array('function ' || n.prefix || f.proname || '(' || pg_get_function_identity_arguments(f.oid) || ')')
    FROM pg_proc f JOIN ns n ON n.oid = f.pronamespace WHERE f.oid = g.tgfoid AND ${isOwn("pg_proc", "f.oid")}), '[]'),
  pg_get_triggerdef(g.oid, true) || CASE g.tgenabled WHEN 'O' THEN '' WHEN 'D' THEN ' (disabled)' ELSE ' (enabled ' || g.tgenabled::text || ')' END,
  NULL, NULL, NULL, obj_description(g.oid, 'pg_trigger'), NULL, r.oid
FROM pg_trigger g JOIN rel r ON r.oid = g.tgrelid WHERE NOT g.tgisinternal AND g.tgparentid = 0 AND ${of("g.tgrelid")}`,
  },
  rule: {
    sql: (of) => `
SELECT 'rule', r.name || '.' || w.rulename, jsonb_build_array(r.key), pg_get_ruledef(w.oid, true), nullif(w.ev_enabled, 'O')::text, NULL, NULL,
  obj_description(w.oid, 'pg_rewrite'), NULL, r.oid
FROM pg_rewrite w JOIN rel r ON r.oid = w.ev_class WHERE NOT (r.relkind IN ('v', 'm') AND w.rulename = '_RETURN') AND ${of("w.ev_class")}`,
  },
  policy: {
    sql: (of) => `
SELECT 'policy', r.name || '.' || p.polname, jsonb_build_array(r.key),
  concat_ws(' ', CASE WHEN p.polpermissive THEN 'permissive' ELSE 'restrictive' END, 'for',
    CASE p.polcmd WHEN 'r' THEN 'select' WHEN 'a' THEN 'insert' WHEN 'w' THEN 'update' WHEN 'd' THEN 'delete' ELSE 'all' END, 'to',
    (SELECT string_agg(CASE WHEN x = 0 THEN 'public' ELSE pg_get_userbyid(x) END, ', ' ORDER BY x) FROM unnest(p.polroles) x),
    'using (' || pg_get_expr(p.polqual, p.polrelid) || ')', 'with check (' || pg_get_expr(p.polwithcheck, p.polrelid) || ')'),
  NULL, NULL, NULL, obj_description(p.oid, 'pg_policy'),
  jsonb_build_object('table', r.name, 'name', p.polname, 'permissive', p.polpermissive, 'command', p.polcmd, 'roles',
    (SELECT jsonb_agg(CASE WHEN x = 0 THEN 'public' ELSE pg_get_userbyid(x) END) FROM unnest(p.polroles) x),
    'using', pg_get_expr(p.polqual, p.polrelid), 'check', pg_get_expr(p.polwithcheck, p.polrelid)), r.oid
FROM pg_policy p JOIN rel r ON r.oid = p.polrelid
WHERE ${of("p.polrelid")}`,
  },
  statistics: {
    sql: (of) => `
SELECT 'statistics', n.prefix || s.stxname, coalesce((SELECT jsonb_build_array(r.key) FROM rel r WHERE r.oid = s.stxrelid), '[]'), pg_get_statisticsobjdef(s.oid),
  NULL, s.stxowner, NULL, obj_description(s.oid, 'pg_statistic_ext'), NULL, s.stxrelid
FROM pg_statistic_ext s JOIN ns n ON n.oid = s.stxnamespace
WHERE ${of("s.stxrelid")}`,
  },
};
