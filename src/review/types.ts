/**
 * The words of a review: everything that passes between reading, running, judging and reporting.
 * All of it is plain data that `structuredClone` accepts.
 */

/** A piece of text for people: trusted literal parts, and names that come from the pull request. */
export type Text = readonly (string | { readonly code: string })[];

/** A range of whole lines of one file; 1-based, both ends included. */
export interface Place {
  readonly path: string;
  readonly line: number;
  readonly endLine: number;
}

/** A half-open range of UTF-16 offsets in a file's text. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Something that was seen and not understood or not checked; always shown. */
export interface Skipped {
  readonly path: string;
  /** 1-based; null when it concerns the file as a whole. */
  readonly line: number | null;
  readonly reason: string;
  /** Whether the verdict is incomplete without it: the check then cannot be green. */
  readonly matters: boolean;
}

export type Dialect = "postgresql" | "sqlite";

/** What a tool's own configuration says of a migration, by its framework's keys. */
export type Settings = Readonly<Record<string, string>>;

// ---------------------------------------------------------------- statements and operations

/**
 * One SQL statement with its exact place in its file. Where the tool sends something else than what stands there (it replaces
 * placeholders, or the file is no SQL), `sql` is what is sent and `span` the part of the file that it was made from.
 */
export interface Statement {
  /** Position in its script, from 0. */
  readonly index: number;
  /** From the first token to the last, without surrounding comments, white space and the semicolon. */
  readonly span: Span;
  readonly line: number;
  readonly endLine: number;
  readonly sql: string;
  /** Rows that follow `COPY … FROM STDIN`, without the `\.` line. */
  readonly copyData: string | null;
  /** What it does to the schema; empty when `skipped` says why it could not be read. */
  readonly operations: readonly Operation[];
  /** Why it could not be parsed. */
  readonly skipped: string | null;
  /** Why it is never run (it could only do harm, or proves nothing in a sandbox). */
  readonly refused: string | null;
  /** Names that it may concern beside those in `sql`: where it is no SQL, its table may stand elsewhere in the file. */
  readonly mentions: readonly string[];
  /** What the migration asks the database when it comes here, in order. */
  readonly asks: readonly Question[];
  /** Where it is run only if the database answers so; null when it is always run. */
  readonly guard: Guard | null;
  /** Where the tool copies the table, as it is then, instead of sending `sql`, which its database does not know; null otherwise. */
  readonly rebuild: Rebuild | null;
}

/** A table that is made anew with a change and filled from the old one. */
export interface Rebuild {
  readonly table: string;
  readonly change: TableChange;
}

export type TableChange =
  | { readonly kind: "add column"; readonly definition: string }
  | { readonly kind: "drop column"; readonly column: string }
  | {
      readonly kind: "alter column";
      readonly column: string;
      /** null leaves it. */
      readonly type: string | null;
      readonly notNull: boolean | null;
      /** An empty text takes it away; null leaves it. */
      readonly defaultSql: string | null;
    }
  | { readonly kind: "add constraint"; readonly definition: string }
  | { readonly kind: "drop constraint"; readonly name: string };

/** Something that a migration asks the database on its way. */
export interface Question {
  /** Unique in the file: what is asked once has one answer, whatever happens after. */
  readonly id: string;
  /** A query of one value, which is true or false. */
  readonly sql: string;
  /** Asked only where this holds; null for always. */
  readonly when: Condition | null;
}

/** What answers have to be. With nothing in it, `all` always holds, and `any` never. */
export type Condition =
  | { readonly kind: "answer"; readonly question: string }
  | { readonly kind: "not"; readonly of: Condition }
  | { readonly kind: "all" | "any"; readonly of: readonly Condition[] };

/** What a statement is run for, as the migration says it. */
export interface Guard {
  readonly condition: Condition;
  /** The file's own words, e.g. `"note" not in columns`. */
  readonly words: string;
}

/**
 * How the framework sends a script to the database.
 * - `implicit`: the whole file in one simple query: one implicit transaction when it has several statements, none when it has one.
 * - `transaction`: wrapped in BEGIN … COMMIT.
 * - `autocommit`: one statement at a time, each on its own.
 */
export type TransactionMode = "implicit" | "transaction" | "autocommit";

/** One direction of a migration: a file, or the part of a file, that is run in order. */
export interface Script {
  readonly path: string;
  /** The whole file's text, into which all spans point. */
  readonly text: string;
  /** The part of the text that is this direction's: a file may hold up and down. */
  readonly range: Span;
  readonly statements: readonly Statement[];
  readonly transaction: TransactionMode;
}

/** A versioned step of the schema's history. */
export interface Migration {
  /** Unique in the change set: directory and version. */
  readonly id: string;
  readonly version: string;
  readonly name: string;
  readonly up: Script;
  /** null when there is none. */
  readonly down: Script | null;
  /** Why a down is not owed: the framework has none, or the author marked the step irreversible. */
  readonly downWaived: string | null;
  /** Where a missing down should be created. */
  readonly downPath: string | null;
  /** added by this pull request; edited = was already on the base side; kept = untouched, runs in between. */
  readonly status: "added" | "edited" | "kept";
  /** The scripts that the pull request adds, changes or removes; of an edited migration only these are judged. */
  readonly changed: readonly ("up" | "down")[];
  /** Indexes of those statements of an edited up that the base side's text holds as well: where that ran, they do not run again. */
  readonly unchanged: readonly number[];
  /** The base side's text of an edited migration; null of any other, and where it cannot be read. */
  readonly former: { readonly up: Script; readonly down: Script | null } | null;
  /** Whether the tool runs it in one transaction with what is pending beside it. */
  readonly together: boolean;
  /** The time that the tool goes by instead of the version; null when there is none. */
  readonly time: number | null;
  /** What the tool's configuration says of it. */
  readonly settings: Settings;
}

/** `orders` in schema public is "orders"; elsewhere "billing.orders". Unquoted, as PostgreSQL stores it. */
export type TableName = string;

interface At {
  /** Offsets in the file's text of the part of the statement that does it. */
  readonly at: Span;
}

export interface ColumnDefinition extends At {
  readonly name: string;
  /** As PostgreSQL names it, e.g. "integer", "character varying(20)", "my_enum[]". */
  readonly type: string;
  readonly notNull: boolean;
  readonly primaryKey: boolean;
  readonly unique: boolean;
  /** The default expression's own text; null when none is given. */
  readonly defaultSql: string | null;
  readonly identity: boolean;
  /** serial, bigserial, smallserial. */
  readonly serial: boolean;
  readonly generated: "stored" | "virtual" | null;
}

export type ConstraintKind = "primary-key" | "unique" | "foreign-key" | "check" | "not-null" | "exclude";

export interface ConstraintDefinition extends At {
  readonly kind: ConstraintKind;
  readonly name: string | null;
  readonly columns: readonly string[];
  readonly notValid: boolean;
  readonly usingIndex: string | null;
  /** foreign keys only */
  readonly references: { readonly table: TableName; readonly columns: readonly string[] } | null;
  /** checks only: the expression's own text */
  readonly expression: string | null;
}

/** A column that an UPDATE sets, and the columns that the new value is made from. */
export interface SetColumn {
  readonly column: string;
  readonly from: readonly string[];
}

/** What running code can call by its name, tables and their columns aside. */
export type NamedObject =
  | "table"
  | "view"
  | "materialized view"
  | "sequence"
  | "function"
  | "procedure"
  | "type"
  | "index"
  | "constraint";

/** The small union that rules see, instead of a parser's tree. One statement may do several. */
export type Operation =
  | ({
      readonly kind: "createTable";
      readonly table: TableName;
      readonly columns: readonly ColumnDefinition[];
      readonly constraints: readonly ConstraintDefinition[];
      readonly ifNotExists: boolean;
      readonly temporary: boolean;
      readonly partitionOf: TableName | null;
    } & At)
  | ({
      readonly kind: "dropTable";
      readonly table: TableName;
      readonly ifExists: boolean;
      readonly cascade: boolean;
    } & At)
  | ({ readonly kind: "renameTable"; readonly table: TableName; readonly to: string } & At)
  | ({ readonly kind: "truncateTable"; readonly table: TableName; readonly cascade: boolean } & At)
  | ({
      readonly kind: "addColumn";
      readonly table: TableName;
      readonly column: ColumnDefinition;
      readonly constraints: readonly ConstraintDefinition[];
      readonly ifNotExists: boolean;
    } & At)
  | ({
      readonly kind: "dropColumn";
      readonly table: TableName;
      readonly column: string;
      readonly ifExists: boolean;
      readonly cascade: boolean;
    } & At)
  | ({
      readonly kind: "renameColumn";
      readonly table: TableName;
      readonly column: string;
      readonly to: string;
    } & At)
  | ({
      readonly kind: "alterColumnType";
      readonly table: TableName;
      readonly column: string;
      readonly type: string;
      /** Whether it says how the values are sorted. */
      readonly isCollated: boolean;
      readonly using: string | null;
    } & At)
  | ({ readonly kind: "setNotNull"; readonly table: TableName; readonly column: string } & At)
  | ({ readonly kind: "dropNotNull"; readonly table: TableName; readonly column: string } & At)
  | ({
      readonly kind: "setDefault";
      readonly table: TableName;
      readonly column: string;
      readonly defaultSql: string | null;
    } & At)
  | ({
      readonly kind: "addConstraint";
      readonly table: TableName;
      readonly constraint: ConstraintDefinition;
    } & At)
  | ({ readonly kind: "validateConstraint"; readonly table: TableName; readonly name: string } & At)
  | ({
      readonly kind: "dropConstraint";
      readonly table: TableName;
      readonly name: string;
      readonly ifExists: boolean;
      readonly cascade: boolean;
    } & At)
  | ({
      readonly kind: "createIndex";
      readonly table: TableName;
      readonly name: string | null;
      readonly columns: readonly string[];
      readonly unique: boolean;
      readonly concurrently: boolean;
      readonly ifNotExists: boolean;
      readonly method: string;
      readonly where: string | null;
    } & At)
  | ({
      readonly kind: "dropIndex";
      readonly name: string;
      readonly concurrently: boolean;
      readonly ifExists: boolean;
    } & At)
  | ({ readonly kind: "reindex"; readonly name: string; readonly concurrently: boolean } & At)
  | ({ readonly kind: "createView"; readonly name: string; readonly materialized: boolean } & At)
  | ({ readonly kind: "refreshView"; readonly name: string; readonly concurrently: boolean } & At)
  | ({ readonly kind: "createType"; readonly name: string } & At)
  | ({ readonly kind: "addEnumValue"; readonly type: string; readonly value: string } & At)
  | ({
      readonly kind: "renameEnumValue";
      readonly type: string;
      readonly value: string;
      readonly to: string;
    } & At)
  | ({ readonly kind: "renameSchema"; readonly schema: string; readonly to: string } & At)
  /** ALTER … SET SCHEMA of a table, view, sequence, function or type. */
  | ({
      readonly kind: "setSchema";
      readonly object: NamedObject;
      readonly name: string;
      readonly to: string;
    } & At)
  /** A rename of something that is neither a table nor a column of one. */
  | ({
      readonly kind: "renameObject";
      readonly object: NamedObject;
      readonly name: string;
      readonly to: string;
    } & At)
  | ({
      readonly kind: "write";
      readonly verb: "insert" | "update" | "delete" | "merge";
      readonly table: TableName;
      /** Columns that an UPDATE sets; null when they are not known. */
      readonly sets: readonly SetColumn[] | null;
      readonly filtered: boolean;
    } & At)
  | ({ readonly kind: "transaction"; readonly verb: "begin" | "commit" | "rollback" | "savepoint" } & At)
  | ({ readonly kind: "set"; readonly name: string; readonly value: string; readonly local: boolean } & At)
  | ({ readonly kind: "attachPartition"; readonly table: TableName; readonly partition: TableName } & At)
  | ({
      readonly kind: "detachPartition";
      readonly table: TableName;
      readonly partition: TableName;
      readonly concurrently: boolean;
    } & At)
  | ({
      readonly kind: "rewriteTable";
      /** "" for every table of the database. */
      readonly table: TableName;
      /** What writes the whole table anew. */
      readonly by:
        | "VACUUM FULL"
        | "CLUSTER"
        | "SET LOGGED"
        | "SET UNLOGGED"
        | "SET ACCESS METHOD"
        | "SET TABLESPACE";
    } & At)
  | ({ readonly kind: "lockTable"; readonly table: TableName; readonly mode: LockMode } & At)
  | ({
      readonly kind: "toggleTrigger";
      readonly table: TableName;
      /** A trigger's name; null for ALL and USER. */
      readonly trigger: string | null;
      /** Whether PostgreSQL's own triggers, which keep foreign keys, are meant as well (ALL). */
      readonly internal: boolean;
      readonly enabled: boolean;
    } & At)
  | ({
      readonly kind: "dropObject";
      /** E.g. "schema", "database", "view", "type", "function". */
      readonly object: string;
      readonly name: string;
      readonly ifExists: boolean;
      readonly cascade: boolean;
    } & At)
  | ({
      readonly kind: "addDomainConstraint";
      readonly domain: string;
      /** null for a constraint without a name. */
      readonly name: string | null;
      readonly notNull: boolean;
      readonly notValid: boolean;
    } & At)
  | ({ readonly kind: "validateDomainConstraint"; readonly domain: string; readonly name: string } & At)
  | ({ readonly kind: "other"; readonly node: string } & At);

export type OperationKind = Operation["kind"];
export type OperationOf<Kind extends OperationKind> = Extract<Operation, { kind: Kind }>;

// ---------------------------------------------------------------- the change set

/** A migration of the base side that is replayed; its text is fetched only when no migrated base is cached. */
export interface HistoryEntry {
  readonly path: string;
  readonly version: string;
  /** Git blob id of the file. */
  readonly digest: string;
  readonly settings: Settings;
}

/** What a framework does with files that are not simply the next ones; "unknown" where no one tool runs them. */
export interface Habits {
  /** A version lower than the last one that ran. */
  readonly late: "skipped" | "refused" | "run" | "unknown";
  /** Two files of one version. */
  readonly duplicates: "refused" | "skipped" | "run" | "unknown";
  /** Whether it compares a file that ran with what it was then, comments included. */
  readonly checksums: boolean;
  /** Whether all that is pending runs in one transaction, unless a migration's settings say otherwise. */
  readonly together: boolean;
}

/** What databases have before a migration runs in them. */
export interface Brought {
  /** The platform that brings it, as its users know it; empty where nothing is brought. */
  readonly by: string;
  /** With what is in them, which is not known here. */
  readonly schemas: readonly string[];
  readonly types: readonly string[];
  readonly extensions: readonly string[];
  /** Schemas that the tool makes itself, and puts nothing of the migrations into. */
  readonly emptySchemas: readonly string[];
}

/** One migration history and what the pull request does to it. */
export interface Database {
  readonly directory: string;
  readonly framework: string;
  readonly dialect: Dialect;
  readonly habits: Habits;
  readonly brought: Brought;
  /** The up files of the base side that run before the first step, in the order of the framework. */
  readonly history: readonly HistoryEntry[];
  /** From the first changed migration on, in the order in which they run. */
  readonly steps: readonly Migration[];
  /** Ups of the base side that are gone, with nothing after them that stays. */
  readonly takenBack: readonly Script[];
  /** The models that belong to it, where the pull request changes them or its migrations; null when there are none that are read. */
  readonly models: Models | null;
  /** What the tool keeps of the schema, where the pull request adds migrations; null when it keeps nothing that is read. */
  readonly snapshots: Snapshots | null;
}

/** What a tool keeps of the schema that its migrations build, on both sides: a snapshot, a dump. */
export interface Snapshots {
  /** The head side's file. */
  readonly path: string;
  /** Added migrations of which it was to list the version and does not, by the paths of their ups. */
  readonly unlisted: readonly string[];
  /** What builds it, side by side. */
  readonly statements: {
    readonly base: readonly ModelStatement[];
    readonly head: readonly ModelStatement[];
  };
}

/** A file that declares models. */
export interface ModelFile {
  readonly path: string;
  readonly text: string;
}

/** One statement of those that build models in an empty database. */
export interface ModelStatement {
  /** The table that it makes, or makes something of; null for what stands by itself (a type, a schema, an extension). */
  readonly table: TableName | null;
  readonly sql: string;
}

/** What an ORM declares for one database, on both sides of the pull request. */
export interface Models {
  /** Id of the ORM. */
  readonly orm: string;
  /** Whether it brings them to the database itself: no migrations are kept. */
  readonly isPushed: boolean;
  readonly base: readonly ModelFile[];
  readonly head: readonly ModelFile[];
  /** Whether files of theirs could not be read, on either side: these are left out of both. */
  readonly isIncomplete: boolean;
  /** What builds them, side by side; null where the ORM's own engine is asked. */
  readonly statements: {
    readonly base: readonly ModelStatement[];
    readonly head: readonly ModelStatement[];
  } | null;
}

/** A query of the application, named by a comment `drydock:explain [name]`. */
export interface AnnotatedQuery extends Place {
  readonly name: string;
  /** With placeholders as $1, $2 … */
  readonly sql: string;
  /** The same query (by name, else by path and order) as the base side has it; null when it is new. */
  readonly baseSql: string | null;
  /** Tables it reads or writes, as pgsql-ast-parser sees them; empty when it could not be parsed. */
  readonly tables: readonly TableName[];
}

/** A comment `drydock:ignore <rule> <reason>`, or `drydock:ignore-file …`, of the head side; its place is the comment's own. */
export interface Suppression extends Place {
  readonly scope: "statement" | "file";
  /** As it is written; "" when none is. */
  readonly rule: string;
  /** "" when none is given: nothing is suppressed then. */
  readonly reason: string;
  /** The statement or the query that it stands on, above or in; null for a whole file, or when nothing follows. */
  readonly target: Omit<Place, "path"> | null;
  /** Of code and models: whether the pull request adds both the comment and the line that it stands on. */
  readonly isNew: boolean;
}

/** A query of the base side that the pull request changes or takes away: running code sends it until it is replaced. */
export interface DeployedQuery {
  readonly name: string;
  /** Where the base side has it. */
  readonly path: string;
  readonly line: number;
  /** With placeholders as $1, $2 … */
  readonly sql: string;
}

/** A changed file of the application, or of how it is deployed, that a rule wants to read. */
export interface CodeFile {
  readonly path: string;
  readonly text: string;
  /** The lines that the pull request adds or changes; 1-based. */
  readonly added: readonly number[];
  /** The lines that it takes away. */
  readonly removed: readonly string[];
  /** Directories of the repository that hold migrations. */
  readonly migrations: readonly string[];
}

/** Files of a tool that disagree, so that it runs nothing of a directory. */
export type Disagreement =
  /** The file that signs the others, and one of them that is not as it was signed; null: its own first line is wrong. */
  | {
      readonly kind: "signature";
      readonly file: string;
      readonly signed: string | null;
      readonly how: "unlisted" | "changed" | "gone";
    }
  /** The databases that the file beside the migrations and the schema name. */
  | {
      readonly kind: "provider";
      readonly file: string;
      readonly locked: string;
      readonly declared: string;
    };

/** Why a tool refuses to run what a directory holds, since this pull request. */
export interface Refusal extends Place {
  readonly directory: string;
  readonly disagreement: Disagreement;
}

/** What the pull request does to the database. */
export interface ChangeSet {
  readonly databases: readonly Database[];
  readonly refusals: readonly Refusal[];
  readonly queries: readonly AnnotatedQuery[];
  /** In the changed migrations and in the files of queries. */
  readonly suppressions: readonly Suppression[];
  readonly deployed: readonly DeployedQuery[];
  readonly code: readonly CodeFile[];
  readonly skipped: readonly Skipped[];
}

// ---------------------------------------------------------------- the dry run

/** PostgreSQL's table-level lock modes, weakest first (documentation, section 13.3.1). */
export type LockMode =
  | "ACCESS SHARE"
  | "ROW SHARE"
  | "ROW EXCLUSIVE"
  | "SHARE UPDATE EXCLUSIVE"
  | "SHARE"
  | "SHARE ROW EXCLUSIVE"
  | "EXCLUSIVE"
  | "ACCESS EXCLUSIVE";

export interface Lock {
  /** The name that the relation had before the statement. */
  readonly relation: string;
  readonly kind: "table" | "index" | "view" | "sequence";
  /** For an index: its table. */
  readonly table: TableName | null;
  readonly mode: LockMode;
  /** Whether the relation was made by this pull request. */
  readonly isNew: boolean;
  /** documented: the statement cannot run inside a transaction, so the lock is PostgreSQL's documented one. */
  readonly source: "observed" | "documented";
}

export interface Scan {
  readonly relation: TableName;
  readonly isNew: boolean;
  /** Seeded rows that the scan read. */
  readonly rows: number;
}

export interface RowChanges {
  readonly relation: TableName;
  readonly inserted: number;
  readonly updated: number;
  readonly deleted: number;
}

/** What became of one statement. Only `ran` means that it was seen to run. */
export type Outcome =
  | { readonly kind: "ran"; readonly tag: string }
  | {
      readonly kind: "failed";
      readonly code: string;
      readonly message: string;
      readonly detail: string | null;
      readonly hint: string | null /** UTF-16 offset in the statement */;
      readonly position: number | null;
    }
  /** Its guard does not hold: the migration itself leaves it out. */
  | { readonly kind: "not-due"; readonly words: string }
  | { readonly kind: "not-evaluated"; readonly reason: string }
  | { readonly kind: "not-reached" };

export interface StatementRun {
  /** Index of the statement in its script. */
  readonly index: number;
  readonly outcome: Outcome;
  /** Locks on relations that existed before the statement, ACCESS SHARE left out; strongest first. */
  readonly locks: readonly Lock[];
  /** Tables and indexes that existed before and got a new file. */
  readonly rewrites: readonly {
    readonly relation: string;
    readonly kind: "table" | "index" | "view";
    readonly isNew: boolean;
  }[];
  /** Full scans of tables that existed before the statement. */
  readonly scans: readonly Scan[];
  readonly writes: readonly RowChanges[];
  /** Whether a loop of it had no rows to go over, so that what it runs for each was not seen. */
  readonly hasIdleLoop: boolean;
  readonly ms: number;
}

export interface ScriptRun {
  readonly statements: readonly StatementRun[];
  /** A transaction was still open when the file ended: without COMMIT nothing of it takes effect. */
  readonly leftOpen: boolean;
}

/** One difference between two schemas. */
export interface Difference {
  /** table, column, index, constraint, function, type, trigger, … */
  readonly kind: string;
  readonly identity: string;
  /** extra: there though it was not before; missing: gone though it was there; changed: other definition. */
  readonly change: "extra" | "missing" | "changed";
  readonly before: string | null;
  readonly after: string | null;
}

/** Data of seeded rows that up and down together did not bring back. */
export interface DataChange {
  readonly table: TableName;
  /** null: whole rows. */
  readonly column: string | null;
  readonly rows: number;
  readonly of: number;
  readonly change: "lost" | "changed" | "added";
}

export interface RoundTrip {
  readonly down: ScriptRun;
  /** Schema after the down against before the up. */
  readonly residue: readonly Difference[];
  /** Differences that are no defect (an enum value, an extension, white space in a body). */
  readonly benign: readonly Difference[];
  readonly data: readonly DataChange[];
  /** null when the down did not get through. */
  readonly upAgain: ScriptRun | null;
  /** Schema after the second up against after the first. */
  readonly upAgainResidue: readonly Difference[];
  /** Why it could not be judged; null when it was. */
  readonly notEvaluated: string | null;
}

export interface MigrationRun {
  readonly migration: string;
  /** In the framework's transaction mode. */
  readonly up: ScriptRun;
  readonly before: Schema;
  readonly after: Schema;
  readonly roundTrip: RoundTrip | null;
  /** What the base side's text of an edited migration did in the same place; null where there is none, or nothing was run. */
  readonly former: { readonly up: ScriptRun; readonly roundTrip: RoundTrip | null } | null;
}

export interface PlanNode {
  readonly type: string;
  readonly relation: TableName | null;
  readonly index: string | null;
  readonly cost: number;
  readonly rows: number;
  /** Filter, Index Cond, Hash Cond, Sort Key … as EXPLAIN prints them. */
  readonly details: Readonly<Record<string, string>>;
  readonly children: readonly PlanNode[];
}

export type PlanOutcome =
  | { readonly kind: "planned"; readonly cost: number; readonly root: PlanNode }
  | { readonly kind: "failed"; readonly code: string; readonly message: string }
  | { readonly kind: "not-evaluated"; readonly reason: string };

export interface QueryRun {
  /** Index in `ChangeSet.queries`. */
  readonly query: number;
  /** The base side's text on the base schema; null when the query is new. */
  readonly before: PlanOutcome | null;
  /** The head side's text on the base schema, as code sends it that is deployed before the migrations; null when the base side has the same. */
  readonly early: PlanOutcome | null;
  /** The head side's text on the schema that the pull request leaves. */
  readonly after: PlanOutcome;
}

export interface DeployedRun {
  /** Index in `ChangeSet.deployed`. */
  readonly query: number;
  /** On the base schema. */
  readonly before: PlanOutcome;
  /** On the schema that the pull request leaves. */
  readonly after: PlanOutcome;
}

/** What the models of one side declare, as a database reads it; or why that is not known. */
export type ModelSchema =
  | {
      readonly kind: "built";
      readonly schema: Schema;
      /** What the database refused; tables that it belongs to are not compared. */
      readonly refused: readonly { readonly table: TableName | null; readonly reason: string }[];
    }
  | { readonly kind: "not-built"; readonly reason: string };

export interface ModelRun {
  readonly base: ModelSchema;
  readonly head: ModelSchema;
  /** Columns, as `orders.total`, for whose new type what brings the models was seen to write their table anew. */
  readonly rewrites: readonly string[];
}

export interface FailedHistory {
  readonly path: string;
  readonly line: number;
  readonly code: string;
  readonly reason: string;
  /** Names that the statement mentions, in lower case; null when it could have made anything. */
  readonly words: readonly string[] | null;
}

/** What was seen when a database's history and changes were run in a throwaway database. */
export interface DryRun {
  /** Directory of the database it belongs to. */
  readonly directory: string;
  /** E.g. "PostgreSQL 18.6 (PGlite 0.5.16)". */
  readonly engine: string;
  readonly history: {
    readonly migrations: number;
    readonly statements: number;
    readonly cached: boolean;
    readonly failed: readonly FailedHistory[];
  };
  /** Roles created, extensions and functions stubbed so that the history could replay. */
  readonly standIns: readonly string[];
  readonly seeded: {
    readonly tables: number;
    readonly rows: number;
    readonly empty: readonly { readonly table: TableName; readonly reason: string }[];
  };
  readonly base: Schema;
  readonly head: Schema;
  readonly migrations: readonly MigrationRun[];
  readonly queries: readonly QueryRun[];
  readonly deployed: readonly DeployedRun[];
  /** The schemas that the models declare; null when there are none. */
  readonly models: ModelRun | null;
  /** The schemas that the tool's own snapshots tell; null when there are none. */
  readonly snapshots: ModelRun | null;
  /** Why the run as a whole came to no verdict; null when it did. */
  readonly lost: string | null;
  readonly timings: Readonly<Record<string, number>>;
}

// ---------------------------------------------------------------- schema

export interface Column {
  readonly name: string;
  readonly type: string;
  readonly notNull: boolean;
  readonly defaultSql: string | null;
  /** GENERATED … AS IDENTITY; null for a column that does not number itself so. */
  readonly identity: "always" | "by default" | null;
  readonly generated: boolean;
  /** As it is written in SQL; null for the type's own. */
  readonly collation: string | null;
  /** What is not as its type has it, as ALTER COLUMN takes it, e.g. "SET STATISTICS 500". */
  readonly settings: readonly string[];
  readonly comment: string | null;
  /** Those on this column alone, e.g. "SELECT to app". */
  readonly privileges: readonly string[];
}

export type ReferentialAction = "NO ACTION" | "RESTRICT" | "CASCADE" | "SET NULL" | "SET DEFAULT";

export interface Constraint {
  readonly name: string;
  readonly kind: ConstraintKind;
  readonly columns: readonly string[];
  readonly valid: boolean;
  /** Whether it is checked at all: false for NOT ENFORCED. */
  readonly enforced: boolean;
  /** foreign keys only */
  readonly onDelete: ReferentialAction | null;
  readonly definition: string;
  readonly references: { readonly table: TableName; readonly columns: readonly string[] } | null;
}

/** One key of an index; two indexes with equal keys sort or find the same. */
export interface IndexKey {
  /** The column's name, or the expression as PostgreSQL prints it. */
  readonly text: string;
  readonly operatorClass: string;
  /** PostgreSQL's object id; 0 when the type has no collation. */
  readonly collation: number;
  readonly descending: boolean;
  readonly nullsFirst: boolean;
}

export interface Index {
  readonly name: string;
  /** Key columns in order; null for an expression. INCLUDE columns are left out. */
  readonly columns: readonly (string | null)[];
  /** The same keys in full; empty for a database that does not tell them. */
  readonly keys: readonly IndexKey[];
  /** Columns that are stored and no keys. */
  readonly include: readonly string[];
  readonly unique: boolean;
  readonly nullsNotDistinct: boolean;
  readonly primary: boolean;
  /** Whether a primary key, UNIQUE or EXCLUDE constraint rests on it. */
  readonly backsConstraint: boolean;
  /** Whether rows are told apart by it where they are replicated (REPLICA IDENTITY USING INDEX). */
  readonly replicaIdentity: boolean;
  readonly valid: boolean;
  readonly method: string;
  readonly where: string | null;
  readonly definition: string;
}

export interface Table {
  readonly name: TableName;
  /** PostgreSQL's object id: tells a new table of an old name from the old one. */
  readonly oid: number;
  readonly kind: "table" | "partitioned" | "partition" | "foreign";
  readonly temporary: boolean;
  readonly unlogged: boolean;
  /** Tables whose columns it has as well: those that it inherits from, or whose partition it is. */
  readonly parents: readonly TableName[];
  /** Storage parameters, e.g. "autovacuum_enabled=false". */
  readonly options: readonly string[];
  readonly rowSecurity: boolean;
  /** Whether its owner is held to its policies as well. */
  readonly rowSecurityForced: boolean;
  readonly policies: readonly Policy[];
  /** Beyond the owner's, e.g. "SELECT to app". */
  readonly privileges: readonly string[];
  readonly columns: readonly Column[];
  readonly constraints: readonly Constraint[];
  readonly indexes: readonly Index[];
}

/** A policy of row level security. */
export interface Policy {
  readonly name: string;
  readonly permissive: boolean;
  readonly command: "SELECT" | "INSERT" | "UPDATE" | "DELETE" | "ALL";
  /** "public" stands for every role. */
  readonly roles: readonly string[];
  readonly using: string | null;
  readonly check: string | null;
}

export interface View {
  readonly name: string;
  readonly materialized: boolean;
  readonly definition: string;
  /** E.g. "security_invoker=true". */
  readonly options: readonly string[];
  /** By name, in its own order; null where they are not known. */
  readonly columns: readonly string[] | null;
  /** Tables and views that it reads itself. */
  readonly reads: readonly TableName[];
  readonly privileges: readonly string[];
  /** Of a materialized view. */
  readonly indexes: readonly Index[];
}

export interface SchemaFunction {
  /** With the types of its arguments. */
  readonly name: string;
  readonly definition: string;
  readonly securityDefiner: boolean;
  readonly volatility: "immutable" | "stable" | "volatile";
  /** Settings that hold while it runs, e.g. "search_path=public". */
  readonly settings: readonly string[];
  /** Whether its body was parsed when it was made (BEGIN ATOMIC, RETURN), so that its names are settled. */
  readonly parsed: boolean;
}

export interface Sequence {
  readonly name: string;
  readonly type: string;
  readonly ownedBy: { readonly table: TableName; readonly column: string } | null;
  /** What is other than for any sequence of its type, as CREATE SEQUENCE has it, e.g. "INCREMENT BY 10"; empty when nothing is. */
  readonly options: string;
}

export interface Trigger {
  readonly name: string;
  readonly table: TableName;
  /** The function that it calls, with the types of its arguments; null for SQLite, whose triggers have a body. */
  readonly function: string | null;
  readonly definition: string;
}

export interface Role {
  readonly name: string;
  readonly superuser: boolean;
  readonly bypassesRowSecurity: boolean;
}

export interface Schema {
  readonly tables: readonly Table[];
  readonly views: readonly View[];
  readonly enums: readonly { readonly name: string; readonly labels: readonly string[] }[];
  readonly functions: readonly SchemaFunction[];
  readonly triggers: readonly Trigger[];
  readonly sequences: readonly Sequence[];
  readonly roles: readonly Role[];
}

// ---------------------------------------------------------------- findings and the report

export type Severity = "error" | "warning" | "info";

/** Replace the range [start, end) of the file's text. */
export interface Edit extends Span {
  readonly path: string;
  readonly text: string;
}

/** Edits of the user's own text that remove a finding. */
export interface Fix {
  readonly title: string;
  readonly edits: readonly Edit[];
  /** What must follow by hand, e.g. a VALIDATE in the next migration. */
  readonly followUp: Text | null;
  /** What the advice says besides, which the edits do not show: why they help, or another way. Nothing when left out. */
  readonly beyond?: Text;
}

/** What a statement should do otherwise, which each tool writes in its own way. */
export type StatementChange =
  /** Build or drop its index with CONCURRENTLY, outside any transaction. */
  | { readonly kind: "concurrently" }
  /** Add a foreign key or a check, the part of the statement that stands there, as NOT VALID. */
  | { readonly kind: "not valid"; readonly at: Span }
  /** Have another statement right behind it. */
  | { readonly kind: "followed by"; readonly sql: string };

/** A down for a migration that has none: its statements, and where the tool looks for it. */
export interface MissingDown {
  readonly kind: "down";
  readonly path: string;
  readonly sql: readonly string[];
}

/** A fix that is the same in every tool, but for the words. */
export interface PlannedFix extends Pick<Fix, "title" | "followUp" | "beyond"> {
  readonly change: StatementChange | MissingDown;
}

/** What a few statements did to tables and indexes that are older than the pull request. */
export interface Effect {
  /** The strongest lock on each table. */
  readonly locks: readonly Pick<Lock, "relation" | "mode" | "source">[];
  readonly rewrites: readonly string[];
  readonly scans: readonly TableName[];
  /** What the database answered when one of them failed; null when none did. */
  readonly failure: string | null;
}

/** A fix that was run in the sandbox: what the statements did before it, and what they do with it. */
export interface Verified {
  readonly before: Effect;
  readonly after: Effect;
}

/** One migration of a sequence, before it is written as files. */
export interface PlannedStep {
  /** expand: running code does not notice; migrate: data and constraints follow; contract: only when old code is gone. */
  readonly phase: "expand" | "migrate" | "contract";
  /** What it does, and what must have happened before. */
  readonly title: Text;
  /** For the file's name: lower case, words joined by `_`. */
  readonly name: string;
  /** Statements without their semicolon. */
  readonly up: readonly string[];
  readonly down: readonly string[];
  /** Whether its only statement must run outside a transaction. */
  readonly outsideTransaction: boolean;
}

/** The migrations that take a statement's place, or why they are not written out. */
export type Plan = readonly PlannedStep[] | Withheld;

export interface Withheld {
  /** Part of a sentence: "the view … reads it". */
  readonly withheld: Text;
}

export interface SequenceStep extends Pick<PlannedStep, "phase" | "title"> {
  readonly files: readonly { readonly path: string; readonly text: string }[];
}

/** Several migrations, one after the other, that together do what one statement would do at once. */
export interface MigrationSequence {
  readonly steps: readonly SequenceStep[];
  /** Files that go: the first step takes their place. */
  readonly replaces: readonly string[];
  /** Takes the statement out of a file that stays. */
  readonly edits: readonly Edit[];
}

/** What the schema should have instead, which each ORM declares in its own words. */
export type Wanted =
  | {
      readonly kind: "index";
      readonly table: TableName;
      readonly columns: readonly string[];
      readonly method: "btree" | "gin";
    }
  /** The type as PostgreSQL names it. */
  | { readonly kind: "type"; readonly table: TableName; readonly column: string; readonly type: string }
  | { readonly kind: "not null"; readonly table: TableName; readonly column: string }
  /** No column: the value is the application's own. */
  | { readonly kind: "absent"; readonly table: TableName; readonly column: string };

/** A rule's answer. */
export interface Problem {
  readonly message: Text;
  /** What was observed in the sandbox, one fact an entry. */
  readonly evidence?: readonly Text[];
  /** What to do instead, with the user's own names; the rule's general `instead` when left out. */
  readonly instead?: Text;
  /** Offsets in the subject's file; the whole statement when left out. */
  readonly at?: Span;
  /** Where it stands when that is in no script: a part of a model. */
  readonly place?: Place;
  /** For a migration: the script into which `at` points; the up when left out. */
  readonly side?: "up" | "down";
  /** The database object it is about, e.g. "orders.user_id": part of the finding's identity. */
  readonly object: string;
  /** The same for a model, which its ORM puts into its own words. */
  readonly wanted?: Wanted;
  /** Lower than the rule's severity when the case is milder. */
  readonly severity?: Severity;
  readonly fix?: Fix | null;
  /** The same, as a change of the statement that the problem is about, or as a down of the migration. */
  readonly planned?: PlannedFix | null;
  /** The migrations that take this statement's place, where one edit is not enough. */
  readonly sequence?: Plan | null;
}

/** One thing in which the schema that the models declare differs from the one that the migrations build. */
export interface Drift extends Place {
  readonly kind:
    | "table"
    | "column"
    | "type"
    | "nullability"
    | "default"
    | "primary key"
    | "unique"
    | "index"
    | "foreign key"
    | "enum"
    | "enum value"
    | "policy"
    | "row security";
  /** What it is about, e.g. "orders.note", "orders(user_id)", and of a policy "orders(its name)". */
  readonly object: string;
  /** What the model declares, in words of the database; null when only the migrations have it. */
  readonly model: string | null;
  /** What the migrations build; null when only the model has it. */
  readonly migrations: string | null;
}

/** A snapshot or a dump that does not tell what the migrations build, and the migration since which it does not. */
export interface StaleSnapshot extends Place {
  /** The file of the snapshot. */
  readonly file: string;
  /** Whether it does not list the migration at all; then nothing is compared. */
  readonly isUnlisted: boolean;
  /** What it tells otherwise, as `model`. */
  readonly differences: readonly Pick<Drift, "kind" | "object" | "model" | "migrations">[];
}

/** Something that code needs and the schema that it meets does not give it. */
export interface Break {
  /**
   * - table, column, enum value: it is not there
   * - type: its type is of another kind
   * - nullable: the code may write no value, and it has to have one
   * - unwritten: the code does not know it, and every INSERT has to give it
   * - query: an annotated query fails
   */
  readonly kind: "table" | "column" | "enum value" | "type" | "nullable" | "unwritten" | "query";
  /** By the names of the database; of a query its name. */
  readonly object: string;
  /** Where the code has it. */
  readonly path: string;
  /** 1-based; null where only the file is known. */
  readonly line: number | null;
  /** What the code does and why it fails; the place is its subject. */
  readonly reason: Text;
}

/** How the code of each side and the schema of the other fit. */
export interface Compatibility {
  /** What breaks in the base side's code once the migrations ran. */
  readonly oldCode: readonly Break[];
  /** What breaks in the head side's code until the migrations ran. */
  readonly newCode: readonly Break[];
  /** Whether that is all, of models and annotated queries: an empty list then says that nothing breaks. */
  readonly isAllOld: boolean;
  readonly isAllNew: boolean;
  /** What was looked at: the files of the models, and how many annotated queries. */
  readonly models: readonly string[];
  readonly queries: number;
}

/** In which order a database's migrations and the code are released. */
export interface DeployOrder extends Compatibility {
  /** The database. */
  readonly directory: string;
  readonly order: "migrate-first" | "deploy-first" | "any" | "not-in-one-step";
  /** What to do where one step is not safe, in order; none otherwise. */
  readonly steps: readonly Text[];
}

/** One thing that the pull request changes in models that are brought to the database without migrations. */
export interface ModelChange extends Place {
  readonly kind: "table" | "column" | "type" | "nullability" | "default" | "unique" | "index" | "foreign key";
  readonly table: TableName;
  /** What it is about, e.g. "orders", "orders.note", "orders(user_id)". */
  readonly object: string;
  /** What the base side's models build; null when it is new. */
  readonly before: string | null;
  /** What the head side's models build; null when it is gone. */
  readonly after: string | null;
  /** The column as it is, or as it was; null for tables, keys and indexes. */
  readonly column: Column | null;
}

/** A problem with its rule, its severity and its place. */
export interface Finding extends Place {
  readonly rule: string;
  readonly severity: Severity;
  /** Whether it fails the check. */
  readonly gates: boolean;
  readonly message: Text;
  readonly evidence: readonly Text[];
  readonly instead: Text;
  readonly object: string;
  /** After a review: only one that was run. */
  readonly fix: Fix | null;
  /** What the sandbox saw of the fix; null when there is none, or it was not run. */
  readonly verified: Verified | null;
  /** After a review: only one that was run. */
  readonly sequence: MigrationSequence | null;
  /** Stable over pushes and rebases: rule, object and normalised statement, never a line number. */
  readonly fingerprint: string;
}

/** A finding that somebody accepted. */
export interface Accepted {
  readonly finding: Finding;
  readonly reason: string;
  /** comment: in the pull request's own text; config and baseline: on the base side; command: said on the pull request. */
  readonly by: "comment" | "config" | "baseline" | "command";
}

export type Conclusion = "success" | "failure" | "neutral" | "skipped";

export interface Receipt {
  readonly migrations: { readonly history: number; readonly changed: number };
  /** Statements of the changed scripts, ups and downs. */
  readonly statements: { readonly seen: number; readonly ran: number };
  readonly roundTrips: { readonly run: number; readonly restored: number };
  readonly queries: { readonly found: number; readonly planned: number };
  readonly engines: readonly string[];
  readonly standIns: readonly string[];
  readonly notChecked: readonly string[];
  /** Findings that were accepted, with a reason. */
  readonly accepted: number;
  /** Tables of findings whose size in production is not known. */
  readonly unsized: readonly TableName[];
  /** The version of PostgreSQL for which was judged, where the sandbox ran another one; null otherwise. */
  readonly postgres: number | null;
}

/** All that a review has to say. */
export interface Report {
  readonly conclusion: Conclusion;
  /** One line. */
  readonly title: string;
  readonly findings: readonly Finding[];
  /** Findings that a comment, the configuration or the baseline accepts; they count for nothing else. */
  readonly accepted: readonly Accepted[];
  readonly skipped: readonly Skipped[];
  /** One for each database of which something is known. */
  readonly deploy: readonly DeployOrder[];
  readonly receipt: Receipt;
  /** Where the rules' pages stand; null: rules are not linked. */
  readonly rulesUrl: string | null;
  /** Why the pull request was not reviewed at all, e.g. "labelled release"; null when it was. */
  readonly leftOut: string | null;
  readonly changes: ChangeSet;
  readonly runs: readonly DryRun[];
  /** Milliseconds by phase. */
  readonly timings: Readonly<Record<string, number>>;
}
