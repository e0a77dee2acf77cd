import { joined } from "../code/typescript-paths.ts";
import {
  defineFramework,
  type MigrationFile,
  noSettings,
  type Reading,
  type Repository,
} from "../framework.ts";
import {
  leadingVersion,
  type MarkedFolder,
  markedFolders,
  nameAfterVersion,
  refusedFile,
} from "../marked-files.ts";
import { directoryOf, fileNameOf, groupBy, joinPath } from "../paths.ts";
import { readScript } from "../script.ts";
import { readDump } from "../sql/dump.ts";
import { startedAbove } from "../started.ts";
import { say } from "../text.ts";
import type { Span } from "../types.ts";
import { compareText } from "../versions.ts";

/**
 * dbmate keeps up and down in one file, `<digits><anything>.sql`, after `-- migrate:up` and `-- migrate:down`, and sends each
 * of them as one query: in a transaction, or without one after `transaction:false` (dbmate README.md, Creating Migrations,
 * Migration Options; pkg/dbmate/migration.go). Files run in the order of their names, also late ones; the version is the key
 * of its table (pkg/dbmate/db.go). `schema.sql` is a dump that it writes itself after each run, with the versions that ran.
 */
export default defineFramework({
  title: "dbmate",
  concerns: null,
  find: (repository) =>
    joinedAsTold(
      markedFolders(repository, (name) => /^\d+.*\.sql$/.test(name), mark),
      repository,
    ).map(({ directory, paths }) => ({
      directory,
      by: "text",
      dialect: null,
      migrations: paths
        .toSorted((a, b) => compareText(fileNameOf(a), fileNameOf(b)))
        .map((path) => ({
          version: leadingVersion(path) ?? "",
          name: nameAfterVersion(path),
          up: path,
          down: path,
          downPath: path,
          settings: noSettings,
          isRepeatable: false,
          isBaseline: false,
        })),
      skipped: [],
    })),
  read,
  hasDowns: true,
  habits: { late: "run", duplicates: "refused", checksums: false, together: false },
  outsideTransaction: say`a migration of its own, as its only statement after ${"-- migrate:up transaction:false"}`,
  leave({ path, text, statements }) {
    const up = /^--\s*migrate:up[^\r\n]*/m.exec(text);
    // Several statements in one query are a transaction all the same.
    if (!up || statements.length > 1 || /transaction:/.test(up[0])) return null;
    const end = up.index + up[0].trimEnd().length;
    return { edits: [{ path, start: end, end, text: " transaction:false" }], followUp: null };
  },
  write({ directory, version, name, up, down, outsideTransaction }) {
    const option = outsideTransaction ? " transaction:false" : "";
    const body = (sql: string | null) => (sql === null || sql.endsWith("\n") ? (sql ?? "") : `${sql}\n`);
    const text = `-- migrate:up${option}\n${body(up)}\n-- migrate:down${option}\n${body(down)}`;
    return [{ path: joinPath(directory, `${version}_${name}.sql`), text }];
  },
  snapshot: {
    pathsFor: (directory) => [joinPath(directoryOf(directory), "schema.sql")],
    isPartial: () => false,
    read(text, dialect) {
      const dump = readDump(text, "schema_migrations", dialect);
      // Without versions it cannot be told when it was made.
      return /^-- Dbmate schema migrations/m.test(text) && dump.versions ? dump : null;
    },
    isDumped: true,
    follows: say`${"dbmate load"} sets up databases without it`,
    remedy: say`Run ${"dbmate up"}, or ${"dbmate dump"} where it ran, and commit the file with the migration.`,
  },
});

/** Folders that are given together, by `--migrations-dir` or the environment, hold one history (dbmate README.md, Command Line Options). */
function joinedAsTold(folders: readonly MarkedFolder[], repository: Repository): readonly MarkedFolder[] {
  if (folders.length < 2) return folders;
  const lists = folders.flatMap(({ directory }) =>
    startedAbove(directory, repository).flatMap(({ folder, text }) => foldersGiven(text, folder)),
  );
  const groups = groupBy(
    folders,
    ({ directory }) => lists.find((list) => list.includes(directory))?.[0] ?? directory,
  );
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    return first ? [{ ...first, paths: group.flatMap(({ paths }) => paths) }] : [];
  });
}

/** Each list of several folders in a text: of one command, or of the variable. */
function foldersGiven(text: string, folder: string): string[][] {
  const given = [
    ...[...text.matchAll(/\bDBMATE_MIGRATIONS_DIR["']?\s*[:=]\s*["']?([^"'\s]+)/g)].map(([, list = ""]) =>
      list.split(","),
    ),
    ...[...text.matchAll(/\bdbmate\b.*/g)].map(([command]) =>
      [...command.matchAll(/(?:--migrations-dir|-d)[ =]["']?([^"'\s]+)/g)].flatMap(([, list = ""]) =>
        list.split(","),
      ),
    ),
  ];
  return given
    .filter((list) => list.length > 1)
    .map((list) => list.flatMap((one) => joined(folder, one) ?? []));
}

const mark = /^--\s*migrate:(up|down)(\s*$|\s+\S+)/m;

/** pkg/dbmate/migration.go, "Stricter migration parsing": an up alone was run before. */
const withoutDown =
  "dbmate refuses it from version 2.0 on: it has no `-- migrate:down`, beneath which nothing has to stand";

interface Block extends Span {
  readonly direction: "up" | "down";
  readonly isTransaction: boolean;
}

function read(file: MigrationFile): Reading {
  const { path, text, direction, dialect } = file;
  const blocks = blocksOf(text);
  const [first] = blocks;
  if (first?.direction !== "up")
    return refusedFile(
      file,
      0,
      "dbmate refuses this file: it has no `-- migrate:up` before `-- migrate:down`",
    );
  const early = /^(?![ \t\r]*(?:--|$)).*\S.*$/m.exec(text.slice(0, first.start));
  if (early)
    return refusedFile(file, early.index, "dbmate refuses this file: SQL stands before `-- migrate:up`");
  const own = blocks.filter((block) => block.direction === direction);
  const [start] = own;
  if (!start) return { script: null, skipped: [{ path, line: null, reason: withoutDown, matters: false }] };
  const wanted = direction === "up" ? own : own.toReversed();
  const script = readScript(path, text, start.isTransaction ? "transaction" : "implicit", wanted, dialect);
  return { script, skipped: [] };
}

/** The blocks in the file's order, each from its mark to the next one. */
function blocksOf(text: string): Block[] {
  const marks = [...text.matchAll(new RegExp(mark, "gm"))];
  return marks.map(({ 0: found, 1: direction, index }, i) => {
    const newline = text.indexOf("\n", index);
    const options = text.slice(index, newline < 0 ? text.length : newline).split(/\s+/);
    return {
      direction: direction === "up" ? "up" : "down",
      isTransaction: !options.includes("transaction:false") && found !== "",
      start: index,
      end: marks[i + 1]?.index ?? text.length,
    };
  });
}
