/**
 * Server functions that reach for the server's files, or end or steer its processes (documentation, sections 9.28 and
 * 33.4). A throwaway database has neither, so that what they answer would prove nothing. The base image renames them:
 * a call, also from dynamic SQL, fails with 42883 (undefined_function) and can be told from a migration's own mistake.
 */
export const refusedFunctions: readonly string[] = [
  "lo_export",
  "lo_import",
  "pg_cancel_backend",
  "pg_ls_archive_statusdir",
  "pg_ls_dir",
  "pg_ls_logdir",
  "pg_ls_logicalmapdir",
  "pg_ls_logicalsnapdir",
  "pg_ls_replslotdir",
  "pg_ls_summariesdir",
  "pg_ls_tmpdir",
  "pg_ls_waldir",
  "pg_promote",
  "pg_read_binary_file",
  "pg_read_file",
  "pg_reload_conf",
  "pg_rotate_logfile",
  "pg_stat_file",
  "pg_terminate_backend",
];

/** What a refused function is called in the base image. */
export function refusedName(name: string): string {
  return `drydock_refused_${name}`;
}
