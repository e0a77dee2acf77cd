import type { Additions } from "./additions.ts";
import type { Contract } from "./contracts.ts";
import type { Framework, SnapshotKeeping } from "./framework.ts";
import type { Push } from "./orm.ts";
import type {
  AnnotatedQuery,
  Break,
  CodeFile,
  Database,
  DeployedQuery,
  Dialect,
  Drift,
  Migration,
  MigrationRun,
  ModelChange,
  OperationKind,
  OperationOf,
  Problem,
  QueryRun,
  Refusal,
  RoundTrip,
  Schema,
  Script,
  Severity,
  StaleSnapshot,
  Statement,
  StatementRun,
  Suppression,
  TableName,
} from "./types.ts";
import type { Used, Uses } from "./uses.ts";

/** A query that running code sends until it is replaced, and how it fails on the schema that the pull request leaves. */
export interface BrokenQuery extends DeployedQuery {
  readonly code: string;
  readonly message: string;
}

/** What every rule may ask. */
export interface Context {
  readonly database: Database;
  /** What runs the migrations of the database. */
  readonly framework: Framework;
  /** The schema before the pull request; null when it could not be built. */
  readonly base: Schema | null;
  /** The schema that the pull request leaves; null when it could not be built. */
  readonly head: Schema | null;
  /** Rows of a table in production, by the configuration, else by the statistics file; null when neither says. */
  rows(table: TableName): number | null;
  /** Bytes of a table in production, without its indexes, by the statistics file; null when it does not say. */
  bytes(table: TableName): number | null;
  /** Queries of running code that the base schema takes and the new one does not. */
  readonly brokenQueries: readonly BrokenQuery[];
  /** What of the base side's code does not fit the schema that the change leaves; none where that is not known. */
  readonly brokenCode: readonly Break[];
  /** Where models part from the migrations; none where that is not known. */
  readonly drift: readonly Drift[];
  /** Who of the base side's code, which runs until the change is deployed, uses what the change takes away. */
  uses(used: Used): Uses;
  /** What an earlier, merged step did so that it can be taken away now; null when there is none. */
  contract(used: Used): Contract | null;
  /** Major version of the PostgreSQL for which the migrations are meant, as the configuration states it. */
  readonly postgres: number;
}

/** What a rule is asked about one operation of an up script. */
export interface OperationContext extends Context {
  readonly migration: Migration;
  readonly script: Script;
  readonly statement: Statement;
  /** What was observed when the statement ran; null when nothing was. */
  readonly run: StatementRun | null;
  /** The schema before this migration; null when it could not be built. */
  readonly before: Schema | null;
  /** The schema that this migration leaves; null when it could not be built. */
  readonly after: Schema | null;
  /** What up and down together did; null when they were not run. */
  readonly roundTrip: RoundTrip | null;
  /** Whether the table was created by this pull request, before or in this statement. */
  isNew(table: TableName): boolean;
  /** Whether the column was added by this pull request before this statement, or its table was. */
  isNewColumn(table: TableName, column: string): boolean;
  /** The name that an older table had before the pull request. */
  formerName(table: TableName): TableName;
  /** The name that an older column had before the pull request. */
  formerColumn(table: TableName, column: string): string;
  /** Whether the table was seen to hold seeded rows when the migration ran. */
  hasRows(table: TableName): boolean;
}

/** What a rule is asked about one migration as a whole. */
export interface MigrationContext extends Context {
  /** What was observed; null when it was not run. */
  readonly run: MigrationRun | null;
  /** Whether the history replayed in full, so that a failure is the migration's own. */
  readonly historyComplete: boolean;
  /** Whether only the down is new: nothing is said about the up then. */
  readonly onlyDown: boolean;
  /** Whether a more precise rule already answered for this statement of the up having failed. */
  isExplained(statement: Statement): boolean;
}

export interface QueryContext extends Context {
  readonly run: QueryRun | null;
  /** Whether history and changes ran in full, so that a failure is the query's own. */
  readonly schemaComplete: boolean;
  /** Whether something was stubbed that the schema needs, e.g. an extension's functions. */
  readonly hasStandIns: boolean;
}

/** What a rule may ask about a change of models that no migration brings. */
export interface ModelContext extends Context {
  /** What brings them. */
  readonly push: Push;
  /** What the models of the base side build. */
  readonly before: Schema;
  /** Columns, as `orders.total`, for whose new type it was seen to write their table anew. */
  readonly rewrites: readonly string[];
}

/** What is asked of a suppression: whether it did anything. */
export interface SuppressionContext {
  /**
   * - applied: it accepted a finding
   * - unused: its rule was asked about everything that it speaks of, and said nothing
   * - refused: it stands on something that was seen to fail, which no comment accepts
   * - undecided: not all of it could be judged, or its rule is off
   */
  readonly outcome: "applied" | "unused" | "refused" | "undecided";
  /** Whether a rule has the id. */
  readonly isKnown: boolean;
  /** The rule that was most likely meant; null when none is near, or the id is right. */
  readonly nearest: string | null;
}

type Answer = Problem | readonly Problem[] | undefined;

type OperationChecks = {
  readonly [Kind in OperationKind]?: (operation: OperationOf<Kind>, context: OperationContext) => Answer;
};

/** The questions a rule answers: one for each kind of operation, for migrations, for what they or models add, for models that
 * part from migrations, for annotated queries, for changed code, for suppressions. */
export interface Checks extends OperationChecks {
  readonly migration?: (migration: Migration, context: MigrationContext) => Answer;
  /** Advice on design: asked of what a migration adds, and of what models add that no migration brings. */
  readonly additions?: (added: Additions, context: Context) => Answer;
  readonly drift?: (drift: Drift, context: Context) => Answer;
  /** Asked of the tool's own snapshot or dump, where migrations are added that it does not tell. */
  readonly snapshot?: (stale: StaleSnapshot, keeping: SnapshotKeeping) => Answer;
  /** Asked of files of a tool that disagree, so that it runs nothing. */
  readonly refusal?: (refusal: Refusal) => Answer;
  readonly query?: (query: AnnotatedQuery, context: QueryContext) => Answer;
  /** Asked of models that are brought to the database without migrations. */
  readonly modelChange?: (change: ModelChange, context: ModelContext) => Answer;
  /** Asked of a changed file that `reads` picks. */
  readonly code?: (file: CodeFile) => Answer;
  readonly suppression?: (suppression: Suppression, context: SuppressionContext) => Answer;
}

export interface Rule {
  /** An instruction, no full stop. */
  readonly summary: string;
  /** The lock, the loss or the cost. */
  readonly why: string;
  /** What can be done today. */
  readonly instead: string;
  readonly severity: Severity;
  /** The databases of which what it says is true; it is not asked about others. */
  readonly dialects: readonly Dialect[];
  /** When it is right to ignore it. */
  readonly ignoreWhen: string;
  /** PostgreSQL's documentation by section, or where else the fact comes from. */
  readonly sources: readonly string[];
  /**
   * SQLSTATEs with which a statement fails for the very reason that this rule speaks of. Operations of a failed
   * statement are shown only to rules that name its code; their answer then stands in place of the failure.
   */
  readonly explains: readonly string[];
  /** Whether it tells what was seen to fail: a comment in the pull request does not accept that, only the base side's configuration. */
  readonly isFact: boolean;
  /** For which versions of PostgreSQL what it says holds, or since when the remedy exists; null when for all that are maintained. */
  readonly versions: string | null;
  /** Whether a line that is added to a file makes the file one to be read and asked about. */
  readonly reads: (path: string, line: string) => boolean;
  readonly check: Checks;
}

/** What most rules leave out: they speak of PostgreSQL, explain no failure, and hold for every version. */
type Usual = Pick<Rule, "explains" | "dialects" | "isFact" | "versions" | "reads">;

/** Checks the shape of a rule; its id is its file's name. */
export function defineRule(rule: Omit<Rule, keyof Usual> & Partial<Usual>): Rule {
  return {
    explains: [],
    dialects: ["postgresql"],
    isFact: false,
    versions: null,
    reads: () => false,
    ...rule,
  };
}
