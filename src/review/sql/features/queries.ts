import { always, type Feature, type Fields, has, holds, is } from "./feature.ts";

/** What reads and writes rows, and ends transactions, newest first. */
export const queries: readonly Feature[] = [
  {
    name: "RETURNING WITH (OLD AS …, NEW AS …)",
    since: 18,
    node: "ReturningOption",
    isUsed: always,
    instead: null,
  },
  ...["InsertStmt", "UpdateStmt", "DeleteStmt", "MergeStmt"].map((node) => ({
    name: "RETURNING of OLD and NEW",
    since: 18,
    node,
    isUsed: (fields: Fields) => /"fields":\[\{"String":\{"sval":"(?:old|new)"\}\},/.test(returned(fields)),
    instead: null,
  })),
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
  ...["JsonParseExpr", "JsonScalarExpr", "JsonSerializeExpr"].map((node) => ({
    name: "JSON, JSON_SCALAR and JSON_SERIALIZE",
    since: 17,
    node,
    isUsed: always,
    instead: "Write a cast, or to_json.",
  })),
  {
    name: "COPY … ON_ERROR",
    since: 17,
    node: "CopyStmt",
    isUsed: ({ options }) => holds(options, '"defname":"on_error"'),
    instead: null,
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
    name: "a subquery of FROM without a name",
    since: 16,
    node: "RangeSubselect",
    isUsed: ({ alias }) => alias === undefined,
    instead: "Give it one: FROM (…) AS name.",
  },
  {
    name: "MERGE",
    since: 15,
    node: "MergeStmt",
    isUsed: always,
    instead: "Use INSERT … ON CONFLICT, or UPDATE and INSERT.",
  },
  {
    name: "SEARCH and CYCLE",
    since: 14,
    node: "CommonTableExpr",
    isUsed: (fields) => has("search_clause")(fields) || has("cycle_clause")(fields),
    instead: "Keep the path in a column of the recursive query.",
  },
  {
    name: "WITH TIES",
    since: 13,
    node: "SelectStmt",
    isUsed: is("limitOption", "LIMIT_OPTION_WITH_TIES"),
    instead: "Use rank().",
  },
  {
    name: "MATERIALIZED and NOT MATERIALIZED",
    since: 12,
    node: "CommonTableExpr",
    isUsed: ({ ctematerialized }) => ctematerialized !== "CTEMaterializeDefault",
    instead: "Leave it out: before 12 every WITH is materialized.",
  },
  {
    name: "AND CHAIN",
    since: 12,
    node: "TransactionStmt",
    isUsed: has("chain"),
    instead: "Write BEGIN after it.",
  },
  { name: "CALL", since: 11, node: "CallStmt", isUsed: always, instead: "Select a function." },
];

/** What a statement returns, unless a table of it is called so itself. */
function returned(fields: Fields): string {
  if (/"aliasname":"(?:old|new)"|"relname":"(?:old|new)"/.test(JSON.stringify(fields))) return "";
  return JSON.stringify(fields.returningClause ?? null);
}
