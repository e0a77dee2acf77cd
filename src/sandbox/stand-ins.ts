import { quoteIdentifier } from "../review/sql/names.ts";
import type { Brought, Script, TableName } from "../review/types.ts";
import type { SqlError } from "./engine.ts";

/** Something harmless that takes the place of what a server would have. */
export interface StandIn {
  /** What was done, for the receipt. */
  readonly note: string;
  readonly sql: string;
}

interface Stub {
  /** Names that the extension brings, by which an error is known to come from its absence. */
  readonly names: readonly string[];
  /** What of it is harmless to imitate: empty functions, opaque types. */
  readonly sql: string;
}

/**
 * What stands in for a missing role or schema; null when the error is about something else. A schema is only made for
 * the history: a new migration that names a schema which nobody made is wrong. Of the tables that the migrations themselves
 * create nothing is imitated. Extensions that are set up apart from migrations are created for the history, and for a change
 * where a platform brings them.
 */
export function standInFor(
  error: SqlError,
  side: "history" | "change",
  own: ReadonlySet<TableName>,
  brought: Brought | null = null,
): StandIn | null {
  const extension = extensionOf(error);
  if (extension && (side === "history" || brought?.extensions.includes(extension.name)))
    return extension.standIn;
  const role = missingRoleOf(error);
  if (role !== null) return { note: `role ${role} was created`, sql: `CREATE ROLE ${quoteIdentifier(role)}` };
  const hosted = hostedSchemaOf(error);
  if (hosted && !own.has(hosted.table))
    return { note: `schema ${hosted.name} of a hosted platform was imitated`, sql: hosted.sql };
  const schema = error.code === "3F000" && /^schema "(.+)" does not exist$/.exec(error.message)?.[1];
  const isThere = [...(brought?.schemas ?? []), ...(brought?.emptySchemas ?? [])].includes(schema || "");
  if (!schema || (side === "change" && !isThere)) return null;
  return { note: `schema ${schema} was created`, sql: `CREATE SCHEMA ${quoteIdentifier(schema)}` };
}

/** Why a change does not fail of itself: what it misses is a platform's; null where it is not. */
export function platformExcuseOf(
  { code, message }: SqlError,
  { by, schemas, types, extensions }: Brought,
): string | null {
  const [, kind, name = ""] = /^(relation|function|type|schema) "?([^"(]+)/.exec(message) ?? [];
  const isMissing = /^(42P01|42883|42704|3F000)$/.test(code) && kind !== undefined;
  const isBrought =
    extensions.includes(functions[name] ?? "") ||
    types.includes(name) ||
    schemas.some((schema) => name === schema || name.startsWith(`${schema}.`));
  return isMissing && isBrought ? `it needs what ${by} has in every database (${message})` : null;
}

/** Functions of extensions that databases are set up with (Supabase documentation, Database, Extensions). */
const functions: Readonly<Record<string, string>> = {
  uuid_generate_v1: "uuid-ossp",
  uuid_generate_v4: "uuid-ossp",
  uuid_generate_v5: "uuid-ossp",
  gen_random_bytes: "pgcrypto",
  gen_salt: "pgcrypto",
  crypt: "pgcrypto",
  digest: "pgcrypto",
  hmac: "pgcrypto",
};

/** The extension that brings a missing function, and what makes it in the schema in which that is looked for. */
function extensionOf({
  code,
  message,
}: SqlError): { readonly name: string; readonly standIn: StandIn } | null {
  const [, schema, name = ""] = /^function (?:(\w+)\.)?(\w+)\(.*\) does not exist$/.exec(message) ?? [];
  const extension = code === "42883" ? functions[name] : undefined;
  if (extension === undefined) return null;
  const place = schema === undefined ? "" : ` WITH SCHEMA ${quoteIdentifier(schema)}`;
  return {
    name: extension,
    standIn: {
      note: `extension ${extension} was created, which the migrations use and do not create`,
      sql: `CREATE EXTENSION IF NOT EXISTS ${quoteIdentifier(extension)}${place}`,
    },
  };
}

/** The role whose absence an error reports; null when it reports something else. */
export function missingRoleOf({ code, message }: SqlError): string | null {
  return code === "42704" ? (/^role "(.+)" does not exist$/.exec(message)?.[1] ?? null) : null;
}

/** The extension whose absence an error reports; null when it reports something else. */
export function missingExtensionOf(error: SqlError): string | null {
  if (error.code !== "0A000" && error.code !== "58P01" && error.code !== "22023") return null;
  return (
    /^extension "(.+)" is not available$/.exec(error.message)?.[1] ??
    /extension "(.+)" has no installation script/.exec(error.message)?.[1] ??
    /could not open extension control file ".*\/(.+)\.control"/.exec(error.message)?.[1] ??
    null
  );
}

/** What stands in for an extension that is not there: at least a word, at most empty functions and opaque types. */
export function standInForExtension(extension: string): StandIn {
  const stub = stubs[extension];
  if (!stub) return { note: `extension ${extension} is not available`, sql: "" };
  return {
    note: `extension ${extension} is not available; its most common types or functions are empty imitations`,
    sql: stub.sql,
  };
}

/** Names that a known extension brings; empty for others. */
export function stubbedNames(extension: string): readonly string[] {
  return stubs[extension]?.names ?? [];
}

/** A type that takes any text, with a modifier: `geometry(Point, 4326)`. */
function opaqueType(name: string): string {
  return `
CREATE TYPE ${name};
CREATE FUNCTION ${name}_in(cstring, oid, integer) RETURNS ${name} LANGUAGE internal IMMUTABLE STRICT AS 'textin';
CREATE FUNCTION ${name}_out(${name}) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'textout';
CREATE FUNCTION ${name}_typmod_in(cstring[]) RETURNS integer LANGUAGE internal IMMUTABLE STRICT AS 'array_ndims';
CREATE TYPE ${name} (INPUT = ${name}_in, OUTPUT = ${name}_out, TYPMOD_IN = ${name}_typmod_in, LIKE = text);`;
}

const stubs: Readonly<Record<string, Stub>> = {
  postgis: {
    names: ["geometry", "geography", "box2d", "box3d"],
    sql: `${opaqueType("geometry")}${opaqueType("geography")}`,
  },
  pg_cron: {
    names: ["cron"],
    sql: `
CREATE SCHEMA cron;
CREATE TABLE cron.job (jobid bigint PRIMARY KEY, schedule text, command text, jobname text, active boolean);
CREATE FUNCTION cron.schedule(text, text) RETURNS bigint LANGUAGE sql AS 'SELECT 1::bigint';
CREATE FUNCTION cron.schedule(text, text, text) RETURNS bigint LANGUAGE sql AS 'SELECT 1::bigint';
CREATE FUNCTION cron.unschedule(bigint) RETURNS boolean LANGUAGE sql AS 'SELECT true';
CREATE FUNCTION cron.unschedule(text) RETURNS boolean LANGUAGE sql AS 'SELECT true';`,
  },
  timescaledb: {
    names: [
      "timescaledb",
      "create_hypertable",
      "add_retention_policy",
      "add_compression_policy",
      "time_bucket",
    ],
    sql: `
CREATE FUNCTION create_hypertable(relation regclass, time_column_name name, partitioning_column name DEFAULT NULL,
  number_partitions integer DEFAULT NULL, chunk_time_interval anyelement DEFAULT NULL::bigint,
  create_default_indexes boolean DEFAULT true, if_not_exists boolean DEFAULT false, migrate_data boolean DEFAULT false)
  RETURNS void LANGUAGE sql AS 'SELECT';
CREATE FUNCTION add_retention_policy(relation regclass, drop_after anyelement, if_not_exists boolean DEFAULT false)
  RETURNS integer LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION remove_retention_policy(relation regclass, if_exists boolean DEFAULT false)
  RETURNS void LANGUAGE sql AS 'SELECT';`,
  },
};

/** Tables that some scripts create. */
export function tablesMadeBy(scripts: readonly Script[]): ReadonlySet<TableName> {
  return new Set(
    scripts.flatMap(({ statements }) =>
      statements.flatMap(({ operations }) =>
        operations.flatMap((one) => (one.kind === "createTable" ? [one.table] : [])),
      ),
    ),
  );
}

interface Hosted {
  readonly name: string;
  /** Whoever creates this one has a schema of that name of their own. */
  readonly table: TableName;
  readonly objects: RegExp;
  readonly sql: string;
}

const hosted: readonly Hosted[] = [
  {
    name: "auth",
    table: "auth.users",
    objects:
      /^(schema "auth"|relation "auth\.users"|function auth\.(uid|role|jwt|email)\(\)) does not exist$/,
    sql: `
CREATE SCHEMA IF NOT EXISTS auth;
CREATE TABLE IF NOT EXISTS auth.users (id uuid PRIMARY KEY, email text, raw_user_meta_data jsonb, created_at timestamptz);
CREATE OR REPLACE FUNCTION auth.uid() RETURNS uuid LANGUAGE sql STABLE AS 'SELECT NULL::uuid';
CREATE OR REPLACE FUNCTION auth.role() RETURNS text LANGUAGE sql STABLE AS 'SELECT NULL::text';
CREATE OR REPLACE FUNCTION auth.email() RETURNS text LANGUAGE sql STABLE AS 'SELECT NULL::text';
CREATE OR REPLACE FUNCTION auth.jwt() RETURNS jsonb LANGUAGE sql STABLE AS 'SELECT NULL::jsonb';`,
  },
  {
    name: "storage",
    table: "storage.objects",
    objects:
      /^(schema "storage"|relation "storage\.(?:objects|buckets)"|function storage\.(foldername|filename|extension)\(.*\)) does not exist$/,
    sql: `
CREATE SCHEMA IF NOT EXISTS storage;
CREATE TABLE IF NOT EXISTS storage.buckets (id text PRIMARY KEY, name text NOT NULL, owner uuid, owner_id text, public boolean,
  avif_autodetection boolean, file_size_limit bigint, allowed_mime_types text[], created_at timestamptz, updated_at timestamptz);
CREATE TABLE IF NOT EXISTS storage.objects (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), bucket_id text, name text, owner uuid,
  owner_id text, path_tokens text[], metadata jsonb, version text, created_at timestamptz, updated_at timestamptz, last_accessed_at timestamptz);
ALTER TABLE storage.buckets ENABLE ROW LEVEL SECURITY;
ALTER TABLE storage.objects ENABLE ROW LEVEL SECURITY;
CREATE OR REPLACE FUNCTION storage.foldername(name text) RETURNS text[] LANGUAGE sql IMMUTABLE AS 'SELECT ARRAY[]::text[]';
CREATE OR REPLACE FUNCTION storage.filename(name text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT name';
CREATE OR REPLACE FUNCTION storage.extension(name text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT name';`,
  },
];

function hostedSchemaOf(error: SqlError) {
  return hosted.find(({ objects }) => objects.test(error.message));
}
