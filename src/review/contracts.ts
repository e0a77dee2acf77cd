import { say } from "./text.ts";
import type { Database, Operation, Script, TableName, Text } from "./types.ts";
import { isUse, notUsed, stillMapped, type Used, type Uses } from "./uses.ts";

/** A step of the base side's history that made what is taken away now superfluous. */
export interface Expansion {
  /** The migration's file. */
  readonly path: string;
  /** The column or table that took its place; null where the step only put the old one aside, under the name that goes now. */
  readonly successor: string | null;
  /** Whether the step made the successor, and not only brought rows to a table that was there. */
  readonly isMade: boolean;
}

/** Where a file of the base side comes from. */
export interface Origin {
  /** Commit id. */
  readonly commit: string;
  /** Number of the pull request that brought it; null when it is not known. */
  readonly pull: number | null;
}

/** Whether code of the base side, which runs until the change is deployed, names something. */
export type Naming =
  | {
      readonly kind: "searched";
      /** Files that do. */
      readonly files: readonly string[];
      /** Whether any code names its table, so that it is this repository's code that uses it. */
      readonly isHome: boolean;
    }
  | { readonly kind: "unknown"; readonly reason: string };

/** The last step of a change that an earlier one began: something goes for which the history has already made room. */
export interface Contract {
  /** The folder of the database's migrations. */
  readonly directory: string;
  readonly used: Used;
  readonly expansion: Expansion;
  readonly origin: Origin | null;
  readonly naming: Naming;
}

/** The tables and columns of the base side that the change's migrations drop. */
export function takenAway({ steps }: Database): readonly Used[] {
  const operations = steps.filter(({ status }) => status !== "kept").flatMap(({ up }) => operationsOf(up));
  const dropped = operations.flatMap((one): Used[] => {
    if (one.kind === "dropTable") return [{ kind: "table", table: one.table }];
    if (one.kind === "dropColumn") return [{ kind: "column", table: one.table, column: one.column }];
    return [];
  });
  return dropped.filter((used, i) => dropped.findIndex((other) => isUse(other, used)) === i);
}

/** Characters of a statement beyond which it is taken for data: what fills a successor is short. */
const longest = 20_000;

/**
 * The step of a history, in the order in which it ran, that put something aside or gave it a successor that is filled from it, else
 * the one that brought a table's rows to another that stays; the newest one. Null where there is none.
 */
export function expansionOf(used: Used, history: readonly Script[]): Expansion | null {
  // What fills a column may come later; a table that is filled later may have been made for something else.
  const later: string[] = [];
  const gone = new Set<TableName>();
  let brought: Expansion | null = null;
  for (const script of history.toReversed()) {
    const statements = script.statements.map(({ sql }) => sql).filter(({ length }) => length < longest);
    later.push(...statements);
    const operations = operationsOf(script);
    if (operations.some((one) => isPutAside(used, one) && !isBuiltAnew(one, operations)))
      return { path: script.path, successor: null, isMade: true };
    const successor = operations
      .flatMap((one) => successorIn(used, one))
      .filter((name) => !operations.some((one) => one.kind === "dropTable" && one.table === name))
      .find((name) => (used.kind === "table" ? statements : later).some((sql) => isFilled(used, name, sql)));
    if (successor !== undefined) return { path: script.path, successor, isMade: true };
    for (const one of operations) if (one.kind === "dropTable") gone.add(one.table);
    const other = filledIn(used, script, gone);
    if (other !== null) brought ??= { path: script.path, successor: other, isMade: false };
  }
  return brought;
}

/** Words that code which uses it holds: its own name, and for a column that of its table. */
export function wordsOf(used: Used): { readonly own: string; readonly home: string } {
  if (used.kind === "enum value") return { own: used.value, home: used.type };
  const table = bareName(used.table);
  return { own: used.kind === "column" ? used.column : table, home: table };
}

/** That nobody uses it any more, and which step began that, as sentences that follow another; null where it is not known. */
export function noLongerUsed(uses: Uses, contract: Contract | null): Text | null {
  const told = notUsed(uses);
  if (told) return contract ? say`${began(contract)}.${told}` : told;
  return uses.by.length > 0 ? null : ended(contract);
}

/** Who uses it still, and which step began that nobody should, as sentences that follow another. */
export function stillUsed(uses: Uses, contract: Contract | null): Text {
  const mapped = stillMapped(uses);
  if (!contract) return mapped ?? [];
  return mapped ? say`${began(contract)}.${mapped}` : begun(contract);
}

/** Some rows of a table that were brought to another one do not say that nobody needs the rest. */
function ended(contract: Contract | null): Text | null {
  return contract?.expansion.isMade ? unnamed(contract) : null;
}

function unnamed(contract: Contract): Text | null {
  if (contract.naming.kind !== "searched") return null;
  const { files, isHome } = contract.naming;
  return isHome && files.length === 0
    ? say`${began(contract)}. No code of the base branch names it any more.`
    : null;
}

function begun(contract: Contract): Text {
  const { naming, used } = contract;
  const { own } = wordsOf(used);
  if (naming.kind === "unknown")
    return say`${began(contract)}; whether code still names ${own} is not known: ${naming.reason}.`;
  const [first, ...more] = naming.files;
  if (first === undefined)
    return (
      unnamed(contract) ??
      say`${began(contract)}, and no file of this repository names ${own}; its code is elsewhere.`
    );
  const others = more.length > 0 ? [` and ${more.length} more`] : [];
  return say`${began(contract)}, but ${first}${others} on the base branch still ${[more.length > 0 ? "hold" : "holds"]} that name.`;
}

/** Which step began it, as the beginning of a sentence. */
function began({ expansion, origin }: Contract): Text {
  const by = origin ? say` (${originText(origin)})` : [];
  const { path, successor, isMade } = expansion;
  if (successor === null) return say` ${path}${by} put it aside`;
  return isMade
    ? say` ${path}${by} made ${successor} in its place`
    : say` ${path}${by} filled ${successor} from it`;
}

function originText({ commit, pull }: Origin): Text {
  return pull === null ? say`commit ${commit.slice(0, 7)}` : [`#${pull}`];
}

function isPutAside(used: Used, operation: Operation): boolean {
  if (used.kind === "column")
    return (
      operation.kind === "renameColumn" && operation.table === used.table && operation.to === used.column
    );
  if (used.kind !== "table" || operation.kind !== "renameTable") return false;
  const schema = operation.table.slice(0, operation.table.length - bareName(operation.table).length);
  return `${schema}${operation.to}` === used.table;
}

/** A table that the same script makes, and gives the name under which another one goes. */
function isBuiltAnew(operation: Operation, all: readonly Operation[]): boolean {
  return (
    operation.kind === "renameTable" &&
    all.some((one) => one.kind === "createTable" && one.table === operation.table)
  );
}

/** What an operation makes that could take its place. */
function successorIn(used: Used, operation: Operation): readonly string[] {
  if (used.kind === "column" && operation.kind === "addColumn" && operation.table === used.table)
    return operation.column.name === used.column ? [] : [operation.column.name];
  if (
    used.kind === "table" &&
    operation.kind === "createTable" &&
    operation.table !== used.table &&
    !operation.temporary
  )
    return [operation.table];
  return [];
}

/** A table that a script fills from one that is taken away, and that neither the script nor a later one makes or drops. */
function filledIn(used: Used, script: Script, gone: ReadonlySet<TableName>): TableName | null {
  if (used.kind !== "table") return null;
  const made = operationsOf(script).flatMap((one) => (one.kind === "createTable" ? [one.table] : []));
  for (const { sql, operations } of script.statements) {
    if (sql.length >= longest) continue;
    const filled = operations.find(
      (one) =>
        one.kind === "write" &&
        one.verb === "insert" &&
        one.table !== used.table &&
        !gone.has(one.table) &&
        !made.includes(one.table) &&
        isFilled(used, one.table, sql),
    );
    if (filled?.kind === "write") return filled.table;
  }
  return null;
}

/** Whether a statement, or the body of a function in it, fills the successor from what is taken away. */
function isFilled(used: Used, successor: string, sql: string): boolean {
  const [to, from] = [word(bareName(successor)), word(wordsOf(used).own)];
  if (used.kind === "column") return new RegExp(`${to}\\s*:?=(?!=)[^;,]*${from}`, "iu").test(sql);
  return new RegExp(`\\binsert\\s+into\\s[^;]*${to}[^;]*\\bselect\\b[^;]*\\bfrom\\b[^;]*${from}`, "iu").test(
    sql,
  );
}

function word(name: string): string {
  return `(?<![\\w$])"?${name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}"?(?![\\w$])`;
}

function operationsOf({ statements }: Script): readonly Operation[] {
  return statements.flatMap(({ operations }) => operations);
}

function bareName(table: TableName): string {
  return table.slice(table.indexOf(".") + 1);
}
