/**
 * What PostgreSQL learnt when: syntax that an older server refuses, and behaviour that rules ask for. Every version stands in
 * the release notes of that version (documentation, appendix E) and in the "Compatibility" or "Notes" of the command's page.
 */

/** A node of PostgreSQL's syntax tree, by its fields. */
export type Fields = Readonly<Record<string, unknown>>;

/** Syntax that came with a version. */
export interface Feature {
  /** As people write it. */
  readonly name: string;
  readonly since: number;
  /** The kind of node that holds it. */
  readonly node: string;
  isUsed(fields: Fields): boolean;
  /** What does the same, or nearly, on an older server; null when nothing does in one step. */
  readonly instead: string | null;
}

/** Behaviour that changed: the first version that has it. */
export const since = {
  /** ADD COLUMN with a constant or stable default writes no row (release notes 11; ALTER TABLE, Notes). */
  defaultWithoutRewrite: 11,
  /** SET NOT NULL reads nothing when a valid CHECK proves it (release notes 12; ALTER TABLE, SET NOT NULL). */
  notNullProvenByCheck: 12,
  /** ALTER TYPE … ADD VALUE may stand in a transaction block (release notes 12; ALTER TYPE, Notes). */
  enumValueInTransaction: 12,
  /** ATTACH PARTITION takes SHARE UPDATE EXCLUSIVE on the parent, not ACCESS EXCLUSIVE (release notes 12). */
  attachWithoutBlocking: 12,
  /** REINDEX … CONCURRENTLY (release notes 12; REINDEX, Rebuilding Indexes Concurrently). */
  concurrentReindex: 12,
  /** ALTER TABLE … DETACH PARTITION … CONCURRENTLY (release notes 14; ALTER TABLE, DETACH PARTITION). */
  concurrentDetach: 14,
  /** A foreign key of a partitioned table may be NOT VALID (release notes 18; ALTER TABLE, ADD table_constraint). */
  notValidOnPartitioned: 18,
  /** Generated columns may be VIRTUAL (release notes 18; section 5.4). */
  virtualColumns: 18,
} as const;

const always = () => true;
const has = (name: string) => (fields: Fields) => Boolean(fields[name]);
const is = (name: string, value: unknown) => (fields: Fields) => fields[name] === value;

/** Syntax by version, newest first. */
export const features: readonly Feature[] = [
  {
    name: "a VIRTUAL generated column",
    since: 18,
    node: "Constraint",
    isUsed: ({ contype, generated_kind }) => contype === "CONSTR_GENERATED" && generated_kind === "v",
    instead: "Write STORED, which writes the table anew, or compute the value in a view.",
  },
  {
    name: "NOT NULL … NOT VALID",
    since: 18,
    node: "Constraint",
    isUsed: ({ contype, skip_validation }) => contype === "CONSTR_NOTNULL" && skip_validation === true,
    instead: "Add CHECK (column IS NOT NULL) NOT VALID, validate it later, then SET NOT NULL.",
  },
  {
    name: "NOT NULL as a constraint of the table",
    since: 18,
    node: "Constraint",
    isUsed: ({ contype, skip_validation, keys }) =>
      contype === "CONSTR_NOTNULL" && keys !== undefined && skip_validation !== true && !isOfDomain(keys),
    instead: "Write NOT NULL in the column's definition, or ALTER COLUMN … SET NOT NULL.",
  },
  {
    name: "NOT ENFORCED",
    since: 18,
    node: "Constraint",
    isUsed: ({ contype, is_enforced }) =>
      contype === "CONSTR_ATTR_NOT_ENFORCED" ||
      ((contype === "CONSTR_CHECK" || contype === "CONSTR_FOREIGN") && is_enforced !== true),
    instead: "Leave the constraint out.",
  },
  {
    name: "WITHOUT OVERLAPS",
    since: 18,
    node: "Constraint",
    isUsed: has("without_overlaps"),
    instead: "Use an EXCLUDE constraint over the range with &&.",
  },
  {
    name: "PERIOD in a foreign key",
    since: 18,
    node: "Constraint",
    isUsed: has("fk_with_period"),
    instead: null,
  },
  {
    name: "RETURNING WITH (OLD AS …, NEW AS …)",
    since: 18,
    node: "ReturningOption",
    isUsed: always,
    instead: null,
  },
  {
    name: "MERGE … WHEN NOT MATCHED BY SOURCE",
    since: 17,
    node: "MergeWhenClause",
    isUsed: is("matchKind", "MERGE_WHEN_NOT_MATCHED_BY_SOURCE"),
    instead: "Delete or update those rows in a statement of their own.",
  },
  { name: "MERGE … RETURNING", since: 17, node: "MergeStmt", isUsed: has("returningClause"), instead: null },
  {
    name: "JSON_TABLE",
    since: 17,
    node: "JsonTable",
    isUsed: always,
    instead: "Use jsonb_to_recordset or jsonb_path_query.",
  },
  {
    name: "JSON_EXISTS, JSON_QUERY and JSON_VALUE",
    since: 17,
    node: "JsonFuncExpr",
    isUsed: always,
    instead: "Use jsonb_path_exists, jsonb_path_query or jsonb_path_query_first.",
  },
  {
    name: "ALTER COLUMN … SET EXPRESSION",
    since: 17,
    node: "AlterTableCmd",
    isUsed: is("subtype", "AT_SetExpression"),
    instead: "Add the column anew with the other expression.",
  },
  { name: "IS JSON", since: 16, node: "JsonIsPredicate", isUsed: always, instead: null },
  {
    name: "JSON_OBJECT and JSON_ARRAY with SQL's own syntax",
    since: 16,
    node: "JsonObjectConstructor",
    isUsed: always,
    instead: "Use json_build_object or jsonb_build_object.",
  },
  {
    name: "STORAGE in a column's definition",
    since: 16,
    node: "ColumnDef",
    isUsed: has("storage_name"),
    instead: "Use ALTER COLUMN … SET STORAGE.",
  },
  ...["IndexStmt", "Constraint"].map((node) => ({
    name: "NULLS NOT DISTINCT",
    since: 15,
    node,
    isUsed: has("nulls_not_distinct"),
    instead: "Add a second, partial unique index for the rows that hold NULL.",
  })),
  {
    name: "MERGE",
    since: 15,
    node: "MergeStmt",
    isUsed: always,
    instead: "Use INSERT … ON CONFLICT, or UPDATE and INSERT.",
  },
  {
    name: "security_invoker",
    since: 15,
    node: "DefElem",
    isUsed: is("defname", "security_invoker"),
    instead: "Guard the view's rows with a condition, or give rights on the view itself.",
  },
  {
    name: "ON DELETE SET NULL or SET DEFAULT of single columns",
    since: 15,
    node: "Constraint",
    isUsed: has("fk_del_set_cols"),
    instead: "Set the columns in a trigger.",
  },
  {
    name: "SET ACCESS METHOD",
    since: 15,
    node: "AlterTableCmd",
    isUsed: is("subtype", "AT_SetAccessMethod"),
    instead: "Create a table with the other method and copy the rows.",
  },
  {
    name: "DETACH PARTITION … CONCURRENTLY",
    since: 14,
    node: "PartitionCmd",
    isUsed: has("concurrent"),
    instead: "Detach it plainly, with a short lock_timeout.",
  },
  {
    name: "DETACH PARTITION … FINALIZE",
    since: 14,
    node: "AlterTableCmd",
    isUsed: is("subtype", "AT_DetachPartitionFinalize"),
    instead: null,
  },
  {
    name: "COMPRESSION of a column",
    since: 14,
    node: "ColumnDef",
    isUsed: has("compression"),
    instead: "Leave it out.",
  },
  {
    name: "SET COMPRESSION",
    since: 14,
    node: "AlterTableCmd",
    isUsed: is("subtype", "AT_SetCompression"),
    instead: "Leave it out.",
  },
  {
    name: "a function with an SQL body (BEGIN ATOMIC, RETURN)",
    since: 14,
    node: "CreateFunctionStmt",
    isUsed: has("sql_body"),
    instead: "Write the body as a string: AS $$ … $$.",
  },
  {
    name: "CREATE OR REPLACE TRIGGER",
    since: 14,
    node: "CreateTrigStmt",
    isUsed: has("replace"),
    instead: "Drop the trigger if it exists and create it, in one transaction.",
  },
  {
    name: "DROP EXPRESSION",
    since: 13,
    node: "AlterTableCmd",
    isUsed: is("subtype", "AT_DropExpression"),
    instead: "Add a plain column and copy the values.",
  },
  {
    name: "a generated column",
    since: 12,
    node: "Constraint",
    isUsed: ({ contype, generated_kind }) => contype === "CONSTR_GENERATED" && generated_kind === "s",
    instead: "Fill a plain column in a trigger.",
  },
  {
    name: "REINDEX … CONCURRENTLY",
    since: 12,
    node: "ReindexStmt",
    isUsed: ({ params }) => JSON.stringify(params ?? []).includes('"defname":"concurrently"'),
    instead:
      "Build the index anew under another name with CREATE INDEX CONCURRENTLY, drop the old one concurrently, and rename.",
  },
  {
    name: "INCLUDE of an index",
    since: 11,
    node: "IndexStmt",
    isUsed: has("indexIncludingParams"),
    instead: "Add the columns to the key, unless the index is unique.",
  },
  { name: "INCLUDE of a constraint", since: 11, node: "Constraint", isUsed: has("including"), instead: null },
  {
    name: "a procedure",
    since: 11,
    node: "CreateFunctionStmt",
    isUsed: has("is_procedure"),
    instead: "Write a function that returns void.",
  },
  { name: "CALL", since: 11, node: "CallStmt", isUsed: always, instead: "Select a function." },
  {
    name: "PARTITION BY HASH",
    since: 11,
    node: "CreateStmt",
    isUsed: ({ partspec }) => strategyOf(partspec) === "PARTITION_STRATEGY_HASH",
    instead: null,
  },
  {
    name: "a DEFAULT partition",
    since: 11,
    node: "CreateStmt",
    isUsed: ({ partbound }) => isRecord(partbound) && partbound.is_default === true,
    instead: null,
  },
  {
    name: "an identity column",
    since: 10,
    node: "Constraint",
    isUsed: is("contype", "CONSTR_IDENTITY"),
    instead: "Use bigserial.",
  },
  {
    name: "PARTITION BY",
    since: 10,
    node: "CreateStmt",
    isUsed: has("partspec"),
    instead: "Use inheritance.",
  },
  { name: "CREATE STATISTICS", since: 10, node: "CreateStatsStmt", isUsed: always, instead: "Leave it out." },
];

/** A domain's constraint speaks of VALUE; PostgreSQL has taken those for longer. */
function isOfDomain(keys: unknown): boolean {
  return JSON.stringify(keys) === '[{"String":{"sval":"value"}}]';
}

function strategyOf(partspec: unknown): unknown {
  return isRecord(partspec) ? partspec.strategy : undefined;
}

function isRecord(value: unknown): value is Fields {
  return typeof value === "object" && value !== null;
}
