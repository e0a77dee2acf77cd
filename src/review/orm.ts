import type { ModelFile, Place } from "./types.ts";

/** Where a part of a model stands, and what its declaration says that no schema can show. */
export interface Declared extends Place {
  /** The value is made by the application where none is given, so that the database need not know a default. */
  readonly hasOwnDefault: boolean;
  /** Its type is written in the database's own words, which the ORM does not understand. */
  readonly isOpaque: boolean;
}

/** What an ORM's files declare, by the names of the database: `orders`, `orders.note`, `orders(user_id)`, `OrderStatus`. */
export interface Declarations {
  find(object: string): Declared | null;
  /** Whether the database is meant to keep relations by foreign keys. */
  readonly hasForeignKeys: boolean;
}

/** A tool that maps models to tables, and whose migrations are meant to follow its models. */
export interface Orm {
  readonly title: string;
  /** Id of the framework that runs its migrations. */
  readonly framework: string;
  /** Whether a file declares models of it, by its path. */
  isModel(path: string): boolean;
  /** The files that together declare the database of a migration directory, among these; none when it cannot be told. */
  filesFor(directory: string, paths: readonly string[]): readonly string[];
  /** Where everything that the files declare stands. */
  locate(files: readonly ModelFile[]): Declarations;
}

/** Checks the shape of an ORM; its id is its file's name. */
export function defineOrm(orm: Orm): Orm {
  return orm;
}
