import type {
  Dialect,
  Drift,
  Edit,
  ModelChange,
  ModelFile,
  ModelStatement,
  Place,
  Policy,
  Skipped,
  TableName,
  Text,
  Wanted,
} from "./types.ts";

/** Where a part of a model stands, and what its declaration says that no schema can show. */
export interface Declared extends Place {
  /** The value is made by the application where none is given, so that the database need not know a default. */
  readonly hasOwnDefault: boolean;
  /** Its type is written in the database's own words, or was not understood: it is not compared. */
  readonly isOpaque: boolean;
  /**
   * What it does not say and the ORM takes by its conventions: the database may have it otherwise. Of a type only the family
   * is compared then (text, whole numbers, times …).
   */
  readonly unsaid: readonly Drift["kind"][];
  /** It is declared, but no statement of the application names it (Prisma's `@ignore`). It is not when left out. */
  readonly isUnused?: boolean;
}

/** What is told by a list of columns, or by a name of its own in its place. */
export const keyKinds = ["index", "unique", "foreign key", "policy"] as const;

export type KeyKind = (typeof keyKinds)[number];

/** A policy as a model declares it. */
export type DeclaredPolicy = Pick<Policy, "name" | "permissive" | "command" | "roles">;

/** What an ORM's files declare, by the names of the database: `orders`, `orders.note`, `orders(user_id)`, `OrderStatus`. */
export interface Declarations {
  /** Where columns have several keys, `kind` tells which one is meant; an ORM that tells them not apart answers for any. */
  find(object: string, kind?: KeyKind): Declared | null;
  /** Whether the database is meant to keep relations by foreign keys. */
  readonly hasForeignKeys: boolean;
  /** Whether not all that makes up the table was understood: what its model seems to lack says nothing then. */
  isPartial(table: TableName): boolean;
  /** Whether there may be further tables that were not understood: a table without a model says nothing then. */
  readonly isIncomplete: boolean;
  /** The policies that a table is declared with; null where they are not known, and for what declares none. */
  policiesOf(table: TableName): readonly DeclaredPolicy[] | null;
}

/** The models of one side. */
export interface ModelReading {
  readonly declarations: Declarations;
  /** What builds them in an empty database, in order; null where the ORM's own engine is asked for it. */
  readonly statements: readonly ModelStatement[] | null;
  /** What was not understood. */
  readonly skipped: readonly Skipped[];
}

/** The files of one side, as far as they may declare models or lead to them. */
export interface ModelRepository {
  /** Every path, from the repository's root. */
  readonly paths: readonly string[];
  /** The text of a file that leads to the models; null while it is not known. To ask is to want it: it is fetched, and the ORM asked again. */
  text(path: string): string | null;
}

/** How a model declares what a rule asks for. */
export interface Remedy {
  /** In the words of the ORM, e.g. `@@index([userId])`. */
  readonly words: string;
  /** Edits of the files that do it; null when where it belongs is not certain. */
  readonly edits: readonly Edit[] | null;
}

/** Models of a database for which no migrations are kept. */
export interface PushedModels {
  /** The folder that they stand in, by which the database is known. */
  readonly directory: string;
  /** The files that together declare the database. */
  readonly files: readonly string[];
  readonly dialect: Dialect;
}

/** What brings models to a database for which no migrations are kept. */
export interface Push {
  /** As its users call it, e.g. "AutoMigrate". */
  readonly title: string;
  /** The databases that these model files belong to; none where it is not plain that they are brought so. */
  find(
    paths: readonly string[],
    repository: ModelRepository,
    /** Directories that hold migrations. */
    migrations: readonly string[],
  ): readonly PushedModels[];
  /** Whether it leaves a table that is there as it is, though its model changed so. */
  leavesOut(change: ModelChange): boolean;
  /** What it does before it drops what is gone from the models, data included; null where it leaves that. */
  readonly drops: Text | null;
  /** What it sends to PostgreSQL for a change of a column's type; null where it leaves that out, or it is not known. */
  retype(change: ModelChange): string | null;
}

/** A tool that maps models to tables, and whose migrations are meant to follow its models. */
export interface Orm {
  readonly title: string;
  /** Ids of the frameworks that can run its migrations. */
  readonly frameworks: readonly string[];
  /** Whether a changed file can declare models of it, by its path and its hunks alone. */
  isModel(path: string, patch: string | null): boolean;
  /** The files that together declare the database of a migration directory; none when it cannot be told. */
  filesFor(directory: string, repository: ModelRepository): readonly string[];
  /** What the files of one side declare. Never throws: what is not understood is in `skipped`. */
  read(files: readonly ModelFile[], dialect: Dialect): ModelReading;
  /** How these files declare what a rule asks for; null when that cannot be told. */
  remedyFor(wanted: Wanted, files: readonly ModelFile[], find: Declarations["find"]): Remedy | null;
  /** null for an ORM whose models are brought by migrations alone. */
  readonly push: Push | null;
}

/** What an ORM may leave out: it knows no words for what a rule asks for, and has nothing to push its models with. */
type Usual = Pick<Orm, "remedyFor" | "push">;

/** Checks the shape of an ORM; its id is its file's name. */
export function defineOrm(orm: Omit<Orm, keyof Usual> & Partial<Usual>): Orm {
  return { remedyFor: () => null, push: null, ...orm };
}
