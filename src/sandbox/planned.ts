/**
 * A question of our own that the database plans once and keeps under a name: large questions about its catalogues take several
 * times longer to plan than to answer. It stays in the database's memory, and so in every checkpoint.
 */
export interface Planned {
  readonly name: string;
  /** Of its values. */
  readonly types: readonly string[];
  readonly sql: string;
}

/** A question with its values as text. */
export interface Asked {
  readonly question: Planned;
  readonly values: readonly string[];
}

/** What the server answers when no statement has such a name (documentation, appendix A: invalid_sql_statement_name). */
export const notPrepared = "26000";

/**
 * Names print as they do where only `public` needs no schema, one plan serves all values, and joins are made as they are written:
 * of few objects the rows are found sooner than the best order to find them in.
 */
const settings =
  "SET LOCAL search_path = public; SET LOCAL plan_cache_mode = force_generic_plan; SET LOCAL join_collapse_limit = 1";

/** How many answers come before those of the questions. */
export const answersBefore = 4;

/** Asks the questions, one after the other; valid outside of a transaction. */
export function askSql(asked: readonly Asked[]): string {
  return `BEGIN; ${settings}; ${executions(asked)}; ROLLBACK`;
}

/** How many answers come before those of the questions where they are asked inside of a transaction. */
export const answersBeforeInside = 1;

/** The same inside of a stranger's transaction, after which nothing but its end comes: for questions that need no search path. */
export function askInsideSql(asked: readonly Asked[]): string {
  return `SET LOCAL plan_cache_mode = force_generic_plan; ${executions(asked)}`;
}

function executions(asked: readonly Asked[]): string {
  return asked
    .map(({ question, values }) => {
      const list = values.map((value) => `'${value}'`).join(", ");
      return `EXECUTE "${question.name}"${list && ` (${list})`}`;
    })
    .join("; ");
}

/**
 * Has the database remember a question; valid outside of a transaction. Each alone: the server keeps with each statement the text
 * of all that it was sent with.
 */
export function prepareSql({ name, types, sql }: Planned): string {
  const list = types.join(", ");
  return `BEGIN; ${settings}; PREPARE "${name}"${list && ` (${list})`} AS ${sql}; ROLLBACK`;
}
