import { always, type Feature, type Fields, has, holds, is } from "./feature.ts";

/** What defines objects, newest first. */
export const definitions: readonly Feature[] = [
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
    name: "ALTER CONSTRAINT … ENFORCED or NOT ENFORCED",
    since: 18,
    node: "ATAlterConstraint",
    isUsed: has("alterEnforceability"),
    instead: "Drop the constraint, and add it again later.",
  },
  {
    name: "ALTER CONSTRAINT … INHERIT or NO INHERIT",
    since: 18,
    node: "ATAlterConstraint",
    isUsed: has("alterInheritability"),
    instead: null,
  },
  {
    name: "ALTER COLUMN … SET EXPRESSION",
    since: 17,
    node: "AlterTableCmd",
    isUsed: is("subtype", "AT_SetExpression"),
    instead: "Add the column anew with the other expression.",
  },
  {
    name: "an exclusion of a partitioned table",
    since: 17,
    node: "CreateStmt",
    isUsed: ({ partspec, tableElts }) =>
      Boolean(partspec) && holds(tableElts, '"contype":"CONSTR_EXCLUSION"'),
    instead: "Add it to each partition.",
  },
  {
    name: "SET STATISTICS DEFAULT",
    since: 17,
    node: "AlterTableCmd",
    isUsed: ({ subtype, def }) => subtype === "AT_SetStatistics" && def === undefined,
    instead: "Write SET STATISTICS -1.",
  },
  {
    name: "SET ACCESS METHOD DEFAULT",
    since: 17,
    node: "AlterTableCmd",
    isUsed: ({ subtype, name }) => subtype === "AT_SetAccessMethod" && name === undefined,
    instead: "Name the method.",
  },
  {
    name: "the privilege MAINTAIN",
    since: 17,
    node: "AccessPriv",
    isUsed: is("priv_name", "maintain"),
    instead: "Let the owner do it.",
  },
  {
    name: "an event trigger on login",
    since: 17,
    node: "CreateEventTrigStmt",
    isUsed: is("eventname", "login"),
    instead: null,
  },
  {
    name: "STORAGE in a column's definition",
    since: 16,
    node: "ColumnDef",
    isUsed: has("storage_name"),
    instead: "Use ALTER COLUMN … SET STORAGE.",
  },
  {
    name: "GRANT of a role WITH INHERIT or SET",
    since: 16,
    node: "GrantRoleStmt",
    isUsed: ({ opt }) => holds(opt, '"defname":"inherit"') || holds(opt, '"defname":"set"'),
    instead: "Set INHERIT or NOINHERIT for the role itself.",
  },
  {
    name: "CREATE STATISTICS without a name",
    since: 16,
    node: "CreateStatsStmt",
    isUsed: ({ defnames }) => defnames === undefined,
    instead: "Give it a name.",
  },
  ...["IndexStmt", "Constraint"].map((node) => ({
    name: "NULLS NOT DISTINCT",
    since: 15,
    node,
    isUsed: has("nulls_not_distinct"),
    instead: "Add a second, partial unique index for the rows that hold NULL.",
  })),
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
    name: "a publication of all tables of a schema",
    since: 15,
    node: "PublicationObjSpec",
    isUsed: ({ pubobjtype }) => /^PUBLICATIONOBJ_TABLES_IN_/.test(String(pubobjtype)),
    instead: "Name the tables.",
  },
  {
    name: "a publication of some columns or rows",
    since: 15,
    node: "PublicationObjSpec",
    isUsed: ({ pubtable }) => holds(pubtable, '"columns":[') || holds(pubtable, '"whereClause":{'),
    instead: "Publish the whole table.",
  },
  {
    name: "an unlogged sequence",
    since: 15,
    node: "CreateSeqStmt",
    isUsed: ({ sequence }) => holds(sequence, '"relpersistence":"u"'),
    instead: "Leave UNLOGGED out.",
  },
  {
    name: "a privilege on a setting",
    since: 15,
    node: "GrantStmt",
    isUsed: is("objtype", "OBJECT_PARAMETER_ACL"),
    instead: null,
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
    name: "CREATE STATISTICS of an expression",
    since: 14,
    node: "StatsElem",
    isUsed: has("expr"),
    instead: "Index the expression, which has statistics as well.",
  },
  {
    name: "DROP EXPRESSION",
    since: 13,
    node: "AlterTableCmd",
    isUsed: is("subtype", "AT_DropExpression"),
    instead: "Add a plain column and copy the values.",
  },
  {
    name: "ALTER VIEW … RENAME COLUMN",
    since: 13,
    node: "RenameStmt",
    isUsed: ({ renameType, relationType }) =>
      renameType === "OBJECT_COLUMN" && relationType === "OBJECT_VIEW",
    instead: "Write ALTER TABLE … RENAME COLUMN, which takes views as well.",
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
    name: "a table's access method",
    since: 12,
    node: "CreateStmt",
    isUsed: has("accessMethod"),
    instead: "Leave it out.",
  },
  {
    name: "a nondeterministic collation",
    since: 12,
    node: "DefElem",
    isUsed: is("defname", "deterministic"),
    instead: "Compare lower(…), or use citext.",
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
