/**
 * What people are told when something cannot be read: what happened, and what to do about it. Every sentence starts
 * small, because it follows a path, and ends without a full stop.
 */
export const reasons = {
  missing: (why: string) => `its content could not be fetched: ${why}`,
  binary: () => "it is a binary file; save it as UTF-8 text to have it read",
  nul: () => "it holds NUL bytes, which PostgreSQL refuses in SQL; remove them",
  invalidUtf8: () => "it is not valid UTF-8; save it as UTF-8 to have it read",
  invalidUtf16: () => "it is not valid UTF-16; save it as UTF-8 to have it read",
  lfsPointer: () =>
    "it is stored in Git LFS, and only a pointer is in the repository; keep SQL files out of LFS",
  link: () =>
    "it holds nothing but a path, as a symbolic link does; what it leads to is not read: commit the file itself",
  tooLarge: (bytes: number) =>
    `it has ${megabytes(bytes)} MB, and files of more than 8 MB are not read; load large data outside of migrations`,
  tooManyStatements: (limit: number) =>
    `it has more than ${thousands(limit)} statements, and the rest is not read; split the file`,
  byteOrderMark: () =>
    "it starts with a byte order mark, left out here; most tools send it on, and PostgreSQL then refuses the first statement; save it as UTF-8 without the mark",
  utf16: () =>
    "it is UTF-16 text, read here as such; PostgreSQL refuses it as most tools send it; save it as UTF-8",
  psql: (command: string) => `\`${command}\` is a command of psql, which migration tools cannot run`,
  libsql: () => "ALTER COLUMN … TO is libSQL's own, which SQLite does not know; it is not run here",
  template: (mark: string) =>
    `it is a template (\`${mark}\`), whose values are not in this file; it is not run here`,
  removed: (count: number) =>
    count === 1
      ? "this migration is removed; databases that already ran it keep what it did"
      : `${count} migrations are removed here; databases that already ran them keep what they did`,
  neighbour: (directory: string, isCompared: boolean) =>
    `its migrations need what those of ${directory} make, so that these were run first${isCompared ? "; models and snapshots are not compared with both" : ""}`,
  toolNotRead: (tool: string) => `${tool} migrations are not read yet`,
  inCode: (count: number) =>
    `${count === 1 ? "a step" : `${count} steps`} between these migrations ${count === 1 ? "is" : "are"} written in code and not run; what later migrations need of them is missing`,
  dialectNotRead: (dialect: string) => `migrations for ${dialect} are not read yet`,
  dialectStarted: (dialect: string, path: string) =>
    `migrations for ${dialect} are not read yet; ${path} starts it`,
  modelUnreadable: (reason: string) => `the models in it are not reviewed: ${reason}`,
  modelWithoutDatabase: () =>
    "these models belong to no database that is read, so that they are not reviewed",
  pushed: (tool: string) =>
    `its migrations are not in the repository: ${tool} brings the models to the database, and what they change is judged by what they build`,
  gormUnclear: (what: string, why: "type" | "relation" | "table" | "naming" | "syntax") =>
    ({
      type: `the type of \`${what}\` is not known, so that it is not compared with the database`,
      relation: `the relation \`${what}\` is not understood, so that its keys are not compared with the database`,
      table: `the table of \`${what}\` is not told by a constant, so that it is not compared with the database`,
      naming: `tables are named by a strategy that is put together at run time, so that \`${what}\` and others without a \`TableName\` of their own are not compared with the database`,
      syntax: `the Go here is not understood, so that \`${what}\` is not compared with the database as a whole`,
    })[why],
  prismaExternals: () =>
    "which tables are managed elsewhere is told only when this file runs: tables that only the models or only the migrations have are not compared",
  gormIndexClass: (what: string, kind: string) =>
    `the index on \`${what}\` is of the class ${kind}, which this database does not have: GORM could not create it either, and it is not compared`,
  snapshotParts: (limit: number) =>
    `this snapshot is not compared with the migrations: it tells only what changed, and builds on more than ${limit} others`,
  snapshotPart: (why: string) =>
    `this snapshot is not compared with the migrations: of one that it builds on, ${why}`,
  modelNotRead: () => "models are not read yet",
  testData: (folder: string) =>
    `migrations in a folder called ${folder} are taken for test data; name the directory under \`migrations\` in .github/drydock.yml to have them reviewed`,
  notMigrations: (count: number) =>
    count === 1
      ? "it is neither a migration nor holds a query marked `drydock:explain`"
      : `${count} changed SQL files are neither migrations nor hold a query marked \`drydock:explain\``,
  dump: () =>
    "it is a dump of a schema, which is compared with SQL migrations beside it alone: `structure.sql` or `schema.sql` in the folder above them",
  scanLimit: (read: number, of: number) =>
    `only ${read} of ${of} SQL files were searched for queries marked \`drydock:explain\``,
  queryLimit: (limit: number) =>
    `more than ${limit} queries are marked \`drydock:explain\`; the rest are not planned`,
  noQuery: () => "no SQL follows this `drydock:explain`",
  builtQuery: () =>
    "this query is put together from parts, so that it cannot be planned; mark a query that stands whole",
  queryTables: (why: string) =>
    `the tables of this query could not be read (${why}); it is planned all the same`,
  unread: (why: string) => `this statement could not be read: ${why}`,
  moreUnread: (count: number) => `${count} more statements of this file could not be read`,
} as const;

function megabytes(bytes: number): string {
  return (bytes / (1024 * 1024)).toFixed(1);
}

function thousands(count: number): string {
  return count.toLocaleString("en-US");
}
