import { dataDirectory, entriesOf, type FileNode, type Internals } from "./internals.ts";
import type { Reply } from "./messages.ts";

type Exec = (sql: string, copyData: string | null) => Promise<Reply>;

/** Whether there are tables, indexes or sequences that are not in the write-ahead log. */
export async function hasUnlogged(exec: Exec): Promise<boolean> {
  const sql = "SELECT EXISTS (SELECT 1 FROM pg_catalog.pg_class WHERE relpersistence = 'u')";
  const { sets, error } = await exec(sql, null);
  return error !== null || sets[0]?.rows[0]?.[0] !== "f";
}

/** One of its own, and gone again at once. */
const copy = "drydock_copy";

/**
 * Copying a database is what has all of it written to its files (documentation, CREATE DATABASE, FILE_COPY): a CHECKPOINT leaves out
 * what is not in the log.
 */
const writesAll = [
  "SET SESSION AUTHORIZATION DEFAULT",
  "RESET ROLE",
  `CREATE DATABASE ${copy} TEMPLATE postgres STRATEGY file_copy`,
  `DROP DATABASE ${copy}`,
];

/**
 * Has the files hold what is not in the log, as a database finds it that starts from them. PostgreSQL empties such a table where its files
 * were not shut down, by the empty file that stands beside it for that (documentation, section 66.4): they are taken away. The
 * database is to be put back. Answers whether that went well.
 */
export async function writeUnlogged({ FS }: Internals, exec: Exec): Promise<boolean> {
  for (const sql of writesAll) {
    const { error, ready } = await exec(sql, null);
    if (error || ready !== "I") return false;
  }
  for (const root of ["base", "pg_tblspc"]) {
    const path = `${dataDirectory}/${root}`;
    for (const fork of emptyForks(FS.lookupPath(path).node, path, FS)) FS.unlink(fork);
  }
  return true;
}

function emptyForks(node: FileNode, path: string, FS: Internals["FS"]): string[] {
  return Object.entries(entriesOf(node)).flatMap(([name, entry]) => {
    const below = `${path}/${name}`;
    if (FS.isDir(entry.mode)) return emptyForks(entry, below, FS);
    return /^\d+_init$/.test(name) ? [below] : [];
  });
}
