import { frameworks } from "./frameworks/index.ts";
import { fileNameOf } from "./paths.ts";
import { say } from "./text.ts";
import type { Database, Migration, Operation, Script, TableName, Text } from "./types.ts";
import { normalVersion } from "./versions.ts";

/** A migration that another open pull request adds. */
export interface OtherMigration {
  readonly pull: number;
  readonly path: string;
  /** null when it could not be read: only its name is compared then. */
  readonly text: string | null;
}

/** What this pull request and another one cannot both do. */
export interface Conflict {
  readonly pull: number;
  /** The migration of this pull request. */
  readonly path: string;
  readonly message: Text;
}

/**
 * What the added migrations of this pull request and those of others cannot both do: the same version, the same new object,
 * or one takes away what the other uses. Of every pair of migrations each object is told once.
 */
export function conflictsOf(
  databases: readonly Database[],
  others: readonly OtherMigration[],
): readonly Conflict[] {
  return databases.flatMap((database) => {
    const own = database.steps.filter(({ status }) => status === "added");
    const theirs = others.filter((other) => isWithin(other.path, database.directory));
    return theirs.flatMap((other) => own.flatMap((step) => compare(step, other, database)));
  });
}

/** Paths of another pull request that may hold migrations of these databases. */
export function isMigrationOf(databases: readonly Database[], path: string): boolean {
  const name = fileNameOf(path);
  const isScript = /\.(sql|py)$/i.test(name) && !/\.down\.|^U\d/i.test(name);
  return isScript && databases.some(({ directory }) => isWithin(path, directory));
}

function compare(step: Migration, other: OtherMigration, database: Database): Conflict[] {
  const { pull } = other;
  const path = step.up.path;
  const version = versionIn(path);
  const isSame = version !== null && version === versionIn(other.path) && path !== other.path;
  const ofVersion = isSame
    ? [say`#${[String(pull)]} adds ${other.path} with the same version as ${path}: ${[lateOf(database)]}.`]
    : [];
  const script = other.text === null ? null : readOther(other.path, other.text, database);
  const ofObjects = script === null ? [] : compareClaims(claimsOf(step.up), claimsOf(script), pull);
  return [...ofVersion, ...ofObjects].map((message) => ({ pull, path, message }));
}

/** What the tool does with a version that it has already. */
function lateOf({ framework, habits }: Database): string {
  const title = frameworks[framework]?.title ?? framework;
  if (habits.late === "skipped") return `${title} runs only the one that is merged first`;
  return "rename the one that is merged second";
}

function readOther(path: string, text: string, { framework, dialect }: Database): Script | null {
  const file = { path, text, direction: "up", dialect, settings: {} } as const;
  return frameworks[framework]?.read(file).script ?? null;
}

/** The version that a migration's file or folder begins with, normalised; null when it begins with none. */
function versionIn(path: string): string | null {
  const parts = path.split("/");
  const name = parts.at(-1) === "migration.sql" ? (parts.at(-2) ?? "") : (parts.at(-1) ?? "");
  const found = /^V?(\d+(?:[._]\d+)*)(?=[_.-])/i.exec(name)?.[1];
  return found === undefined ? null : normalVersion(found);
}

/** What a statement does to one object. */
interface Claim {
  /** E.g. "table orders", "column orders.note". */
  readonly object: string;
  readonly table: TableName | null;
  readonly does: "adds" | "removes" | "changes";
}

function claimsOf({ statements }: Script): readonly Claim[] {
  const all = statements.flatMap(({ operations }) => operations.flatMap(claimOf));
  const made = new Set(all.filter(({ does }) => does === "adds").map(({ object }) => object));
  // What a migration does to its own new table concerns nobody else.
  return all.filter(({ table, does }) => does === "adds" || table === null || !made.has(`table ${table}`));
}

function claimOf(operation: Operation): Claim[] {
  const on = (what: string, table: TableName | null, does: Claim["does"]) => [{ object: what, table, does }];
  if (operation.kind === "createTable")
    return operation.temporary || operation.ifNotExists
      ? []
      : on(`table ${operation.table}`, operation.table, "adds");
  if (operation.kind === "dropTable" || operation.kind === "renameTable")
    return on(`table ${operation.table}`, operation.table, "removes");
  if (operation.kind === "addColumn")
    return operation.ifNotExists
      ? on(`column ${operation.table}.${operation.column.name}`, operation.table, "changes")
      : on(`column ${operation.table}.${operation.column.name}`, operation.table, "adds");
  if (operation.kind === "dropColumn" || operation.kind === "renameColumn")
    return on(`column ${operation.table}.${operation.column}`, operation.table, "removes");
  if (operation.kind === "alterColumnType" || operation.kind === "setNotNull")
    return on(`column ${operation.table}.${operation.column}`, operation.table, "changes");
  if (operation.kind === "createIndex" && operation.name !== null && !operation.ifNotExists)
    return on(`index ${operation.name}`, operation.table, "adds");
  if (operation.kind === "addConstraint" && operation.constraint.name !== null)
    return on(`constraint ${operation.constraint.name} on ${operation.table}`, operation.table, "adds");
  if (operation.kind === "createIndex" || operation.kind === "addConstraint" || operation.kind === "write")
    return on(`rows of ${operation.table}`, operation.table, "changes");
  return [];
}

function compareClaims(own: readonly Claim[], theirs: readonly Claim[], pull: number): Text[] {
  const told = new Set<string>();
  return own.flatMap((mine) =>
    theirs.flatMap((other) => {
      const message = clash(mine, other, pull);
      const key = `${mine.object} ${mine.does} ${other.does}`;
      if (message === null || told.has(key)) return [];
      told.add(key);
      return [message];
    }),
  );
}

function clash(mine: Claim, other: Claim, pull: number): Text | null {
  const who = [`#${pull}`];
  const isSame = mine.object === other.object;
  if (isSame && mine.does === "adds" && other.does === "adds")
    return say`Both this pull request and ${who} add ${mine.object}: the one that is merged second fails.`;
  if (isSame && mine.does === "removes" && other.does === "removes")
    return say`Both this pull request and ${who} take ${mine.object} away: the one that is merged second fails.`;
  if (isSame && (mine.does === "removes" || other.does === "removes"))
    return mine.does === "removes"
      ? say`This pull request takes ${mine.object} away, which ${who} changes.`
      : say`${who} takes ${mine.object} away, which this pull request changes.`;
  if (isSame && mine.does === "changes" && other.does === "changes" && mine.object.startsWith("column "))
    return say`Both this pull request and ${who} change ${mine.object}: what it is in the end depends on which is merged last.`;
  const table = mine.table ?? other.table;
  if (other.does === "removes" && other.object === `table ${mine.table}`)
    return say`${who} takes table ${table ?? ""} away, to which this pull request does something.`;
  if (mine.does === "removes" && mine.object === `table ${other.table}`)
    return say`This pull request takes table ${table ?? ""} away, to which ${who} does something.`;
  return null;
}

function isWithin(path: string, directory: string): boolean {
  return directory === "" || directory === "." || path.startsWith(`${directory}/`);
}
