import type { Feature, Fields } from "./feature.ts";

/** Functions by the version that brought them; those whose name others have used before are left out. */
const functions: Readonly<Record<string, readonly string[]>> = {
  18: ["uuidv7", "uuidv4", "array_reverse", "array_sort", "casefold"],
  17: ["uuid_extract_timestamp", "uuid_extract_version", "to_bin", "to_oct", "xmltext"],
  16: ["any_value", "array_sample", "array_shuffle", "pg_input_is_valid", "random_normal"],
  15: ["regexp_count", "regexp_instr", "regexp_like", "regexp_substr"],
  14: ["date_bin", "string_to_table", "range_agg", "bit_count", "unistr", "trim_array"],
  13: ["gcd", "lcm", "min_scale", "trim_scale"],
  12: [
    "jsonb_path_exists",
    "jsonb_path_match",
    "jsonb_path_query",
    "jsonb_path_query_array",
    "jsonb_path_query_first",
  ],
  11: ["sha224", "sha256", "sha384", "sha512", "starts_with", "websearch_to_tsquery"],
};

/** Settings by the version that brought them. */
const settings: Readonly<Record<string, readonly string[]>> = {
  17: ["transaction_timeout"],
  14: ["idle_session_timeout", "default_toast_compression", "client_connection_check_interval"],
  12: ["default_table_access_method", "plan_cache_mode"],
};

/** What is known by its name alone. */
export const named: readonly Feature[] = [
  ...byVersion(functions).map(
    ({ name, since }): Feature => ({
      name: `${name}()`,
      since,
      node: "FuncCall",
      isUsed: ({ funcname }) => isBuiltIn(funcname, name),
      instead: null,
      function: name,
    }),
  ),
  ...byVersion(settings).map(
    ({ name, since }): Feature => ({
      name: `the setting ${name}`,
      since,
      node: "VariableSetStmt",
      isUsed: (fields: Fields) => String(fields.name).toLowerCase() === name,
      instead: "Leave it out.",
    }),
  ),
];

function byVersion(names: Readonly<Record<string, readonly string[]>>) {
  return Object.entries(names).flatMap(([version, own]) =>
    own.map((name) => ({ name, since: Number(version) })),
  );
}

/** `name` or `pg_catalog.name`: of another schema it is somebody's own. */
function isBuiltIn(funcname: unknown, name: string): boolean {
  const text = JSON.stringify(funcname);
  const last = `{"String":{"sval":"${name}"}}]`;
  return text === `[${last}` || text === `[{"String":{"sval":"pg_catalog"}},${last}`;
}
