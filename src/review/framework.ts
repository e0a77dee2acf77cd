import { readScript } from "./script.ts";
import type {
  Brought,
  Dialect,
  Disagreement,
  Edit,
  Habits,
  ModelStatement,
  Place,
  Script,
  Settings,
  Skipped,
  Statement,
  StatementChange,
  Text,
  TransactionMode,
} from "./types.ts";

/** One migration as its framework lays it out: paths, not yet texts. */
export interface MigrationFiles {
  readonly version: string;
  readonly name: string;
  readonly up: string;
  /** The same path as the up where one file holds both; whether it really does is known when it is read. */
  readonly down: string | null;
  /** Where the framework would look for a down that is missing; null when it owes none. */
  readonly downPath: string | null;
  /** What the tool's configuration says of it, for `read`. */
  readonly settings: Settings;
  /** Runs again, after all others, whenever its text changes. */
  readonly isRepeatable: boolean;
  /** Stands for what came before it: runs in new databases only. */
  readonly isBaseline: boolean;
}

/** A history of migrations that a framework recognises as its own. */
export interface MigrationDirectory {
  readonly directory: string;
  /**
   * What it was recognised by: marks in the files' texts, a file that only this tool keeps, the names, or hardly anything.
   * Of several frameworks that claim a directory, the one with the better reason has it.
   */
  readonly by: "text" | "file" | "name" | "guess";
  /** The database that the tool's own files name, e.g. "postgresql", "MySQL"; null when they name none. */
  readonly dialect: Dialect | { readonly other: string } | null;
  /** In the order in which the framework runs them. */
  readonly migrations: readonly MigrationFiles[];
  /** Files in it that the framework would not run, or that keep it from running; told only when they change. */
  readonly skipped: readonly Skipped[];
}

/** The files of one side, as far as they may belong to a framework that is read. */
export interface Repository {
  /** Every path, from the repository's root. */
  readonly paths: readonly string[];
  /** The same by their directories. */
  readonly folders: ReadonlyMap<string, readonly string[]>;
  /** Directories that the configuration names. */
  readonly named: readonly string[];
  /**
   * The text of a file that tells how `directory` is laid out; null while it is not known. To ask is to want it: it is
   * fetched if the change concerns the directory, and the framework is asked again.
   */
  text(path: string, directory: string): string | null;
}

/** One file of a migration, to be read in one direction. */
export interface MigrationFile {
  readonly path: string;
  readonly text: string;
  readonly direction: "up" | "down";
  readonly dialect: Dialect;
  /** Those of the migration. */
  readonly settings: Settings;
}

/** What was read of a file. */
export interface Reading {
  /** null: the file holds nothing for this direction. */
  readonly script: Script | null;
  /** What of it was not understood. */
  readonly skipped: readonly Skipped[];
}

/** A migration to be written. */
export interface Draft {
  readonly directory: string;
  readonly version: string;
  /** Words joined by `_`. */
  readonly name: string;
  /** The version of the migration that it follows; null where it takes the place of `after`. */
  readonly follows: string | null;
  /** The migration that it comes from: it is laid out like this one. */
  readonly after: Pick<MigrationFiles, "up" | "down" | "settings"> & { readonly text: string };
  readonly up: string;
  readonly down: string | null;
  /** Whether its statements must not run in a transaction. */
  readonly outsideTransaction: boolean;
}

/** A statement of a migration, with the script that it stands in and what the tool's configuration says of the migration. */
export interface Worded {
  readonly script: Script;
  readonly statement: Statement;
  readonly settings: Settings;
}

/** How a tool whose migrations are no SQL, but code that sends it, puts SQL into that code's words. */
export interface Wording {
  /** One statement as somebody writes it in a migration, on one line. */
  word(sql: string, settings: Settings): string;
  /**
   * Lets a statement do what it does in another way, or have another one behind it. The file is edited as it is written, whatever
   * it sends: keywords and comments stay. Null where the words send more than the statement, or are put together.
   */
  change(worded: Worded, change: StatementChange): readonly Edit[] | null;
  /** Takes a statement out of its file; null where its words send more than it. */
  remove(worded: Worded): readonly Edit[] | null;
  /** Writes these statements as the down of a file that holds none; null where it has no place for it. */
  writeDown(text: string, path: string, sql: readonly string[], settings: Settings): readonly Edit[] | null;
}

/** What lets a migration leave its transaction, besides what stands in its statement. */
export interface Leaving {
  readonly edits: readonly Edit[];
  /** What must follow by hand; null for nothing. */
  readonly followUp: Text | null;
}

export interface NewFile {
  readonly path: string;
  readonly text: string;
}

/** What a snapshot or a dump holds. */
export interface SnapshotReading {
  readonly statements: readonly ModelStatement[];
  /** Versions of the migrations that it was made after; null where it lists none. */
  readonly versions: readonly string[] | null;
}

/** What a tool keeps of the schema that its migrations build. */
export interface SnapshotKeeping {
  /** Where it may stand after the last of a directory's migrations. */
  pathsFor(directory: string, last: MigrationFiles): readonly string[];
  /** Whether it tells only what changed since those of the migrations before. */
  isPartial(text: string): boolean;
  /** With those before where it is partial. Why it is not understood; null for what is none of this tool. */
  read(
    text: string,
    dialect: Dialect,
    before: readonly string[],
  ): SnapshotReading | { readonly skipped: string } | null;
  /** Whether it is dumped from a database that the migrations built; it is made from the models else. */
  readonly isDumped: boolean;
  /** What comes of one that is not in step. */
  readonly follows: Text;
  /** What brings it into step. */
  readonly remedy: Text;
}

/** The files of one side, to see whether those of a tool agree. */
export interface FilesOfSide {
  readonly paths: readonly string[];
  /** null while it is not known. To ask is to want it: it is fetched, and asked again. */
  text(path: string): string | null;
}

/** Where the files of a tool disagree. */
export interface Refused {
  readonly disagreement: Disagreement;
  /** Where that can be seen, what is more likely to be at fault first. */
  readonly places: readonly Place[];
}

/**
 * Runs migrations: golang-migrate, goose, … A framework is found by the marks it leaves on paths, in its own files or in
 * the migrations' texts; it orders its migrations, cuts a file's text into an up and a down, says how each is sent to the
 * database, and how a migration of it is written.
 */
export interface Framework {
  /** As its users write it, e.g. "golang-migrate". */
  readonly title: string;
  /** Paths of files, besides SQL, that belong to it: a change of one concerns the database. */
  readonly concerns: RegExp | null;
  /**
   * Directories of the repository that belong to it. One that the configuration names for it needs no further marks.
   * Asked again when texts that it wanted are there.
   */
  find(repository: Repository): readonly MigrationDirectory[];
  /** Reads one direction of a migration's file. Never throws: what cannot be understood is in `skipped`. */
  read(file: MigrationFile): Reading;
  /** Whether every migration owes a down. */
  readonly hasDowns: boolean;
  /** What it does with files that are not simply the next ones. */
  readonly habits: Habits;
  /** The settings that it resets before each migration, so that they do not outlive one. */
  readonly resetSettings: "all" | readonly string[];
  /** Whether it switches SQLite's foreign keys off before it opens a transaction. */
  readonly switchesForeignKeysOff: boolean;
  /** By what it remembers a migration that ran: a file whose name changes is the same one, or another. */
  readonly knownBy: "version" | "name";
  /** Where a statement that cannot run in a transaction belongs, after "Move it to". */
  readonly outsideTransaction: Text;
  /** How a file that holds one statement for this direction leaves its transaction; null when it cannot. */
  leave(script: Script): Leaving | null;
  /** What a version is ordered by, where that is not its own number. */
  orderOf(version: string): string;
  /** The version of a migration of this name that is to follow another one. */
  versionAfter(version: string, name: string): string;
  /** The files of a new migration; null when the tool has no way to run it so. */
  write(draft: Draft): readonly NewFile[] | null;
  /** null for a tool whose migrations are SQL. */
  readonly wording: Wording | null;
  /** null for a tool that keeps nothing of the schema. */
  readonly snapshot: SnapshotKeeping | null;
  /** What databases have whose migrations lie in a directory, whoever runs them; null for nothing that is known. */
  brings(directory: string): Pick<Brought, "by" | "schemas" | "types" | "extensions"> | null;
  /**
   * Where files of its own in a directory, whoever runs that, disagree so that it refuses to run anything; "unknown" where not all
   * of them can be read.
   */
  refusal(directory: string, files: FilesOfSide): Refused | "unknown" | null;
}

/** What most frameworks leave out. */
type Usual = Pick<
  Framework,
  | "leave"
  | "orderOf"
  | "versionAfter"
  | "wording"
  | "snapshot"
  | "brings"
  | "refusal"
  | "knownBy"
  | "resetSettings"
  | "switchesForeignKeysOff"
>;

/** Checks the shape of a framework; its id is its file's name. */
export function defineFramework(framework: Omit<Framework, keyof Usual> & Partial<Usual>): Framework {
  return {
    leave: () => null,
    orderOf: (version) => version,
    versionAfter: nextNumber,
    wording: null,
    snapshot: null,
    brings: () => null,
    refusal: () => null,
    knownBy: "version",
    resetSettings: [],
    switchesForeignKeysOff: false,
    ...framework,
  };
}

/** The last number of the version is one higher, and as wide as before. */
function nextNumber(version: string): string {
  return version.replace(/\d+(?=\D*$)/, (digits) => String(BigInt(digits) + 1n).padStart(digits.length, "0"));
}

/** A file that is one script, all of it. */
export function readWhole({ path, text, dialect }: MigrationFile, transaction: TransactionMode): Reading {
  return { script: readScript(path, text, transaction, undefined, dialect), skipped: [] };
}

/** The time that a tool goes by instead of the version, where its own files give one. */
export function timeIn({ when }: Settings): number | null {
  return when === undefined ? null : Number(when);
}

/** What is done with a late migration: what the tool's configuration says, else what the tool does. */
export function lateIn({ late }: Settings, habits: Habits): Habits["late"] {
  return late === "run" || late === "unknown" || late === "skipped" ? late : habits.late;
}

/** Usual for a migration: settings of its own are rare. */
export const noSettings: Settings = {};

/** Usual for a database: nothing is there before its migrations. */
export const nothingBrought: Brought = { by: "", schemas: [], types: [], extensions: [], emptySchemas: [] };
