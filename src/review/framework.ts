import type { Habits, Skipped } from "./types.ts";

/** One migration as its framework lays it out: paths, not yet texts. */
export interface MigrationFiles {
  readonly version: string;
  readonly name: string;
  readonly up: string;
  readonly down: string | null;
  /** Where the framework would look for a down that is missing; null when it has none. */
  readonly downPath: string | null;
}

/** A folder that a framework recognises as its own. */
export interface MigrationDirectory {
  readonly directory: string;
  /** In the order in which the framework runs them. */
  readonly migrations: readonly MigrationFiles[];
  /** Files in it that the framework would not run, or that keep it from running; told only when they change. */
  readonly skipped: readonly Skipped[];
}

/**
 * Runs migrations: golang-migrate, goose, … A framework is found by the marks it leaves on paths, orders its versions,
 * and says how a file's text is cut into an up and a down and sent to the database.
 */
export interface Framework {
  /** As its users write it, e.g. "golang-migrate". */
  readonly title: string;
  /**
   * Directories among these paths (all from the repository's root) that belong to it. A directory that the configuration
   * names for it needs no further marks.
   */
  find(paths: readonly string[], named: readonly string[]): readonly MigrationDirectory[];
  /** How a script of it is run. */
  readonly transaction: "implicit" | "transaction" | "autocommit";
  /** Whether every migration owes a down. */
  readonly hasDowns: boolean;
  /** What it does with files that are not simply the next ones. */
  readonly habits: Habits;
}

export function defineFramework(framework: Framework): Framework {
  return framework;
}
