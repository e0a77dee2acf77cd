import { defineRule } from "../rule.ts";
import { isDefault, millisecondsOf } from "../settings-in-effect.ts";
import { say } from "../text.ts";
import { isInTransaction } from "../transaction.ts";
import type {
  Edit,
  Fix,
  Migration,
  OperationOf,
  Problem,
  Script,
  Severity,
  Statement,
  Text,
} from "../types.ts";

/** Settings that change what later statements do, with PostgreSQL's own value. */
const changing: ReadonlyMap<string, string> = new Map([
  ["search_path", '"$user", public'],
  ["role", "none"],
  ["session_authorization", "default"],
  ["session_replication_role", "origin"],
  ["lock_timeout", "0"],
  ["statement_timeout", "0"],
  ["transaction_timeout", "0"],
  ["idle_in_transaction_session_timeout", "0"],
  ["row_security", "on"],
  ["default_transaction_read_only", "off"],
  ["default_transaction_isolation", "read committed"],
  ["default_tablespace", ""],
  ["check_function_bodies", "on"],
  ["timezone", ""],
]);

/** Later statements run as somebody else, or without triggers and foreign keys. */
const grave: ReadonlySet<string> = new Set(["role", "session_authorization", "session_replication_role"]);

export default defineRule({
  summary: "End a setting with the migration that needs it",
  why: "SET lasts as long as the connection: what the tool runs next in the same session, a later migration or its own bookkeeping, runs with it too; so does whoever gets the connection next from a pool.",
  instead: "Use SET LOCAL, which ends with the transaction, or RESET the setting at the end of the file.",
  // What comes next in the session is not always known; without triggers, or as another role, it matters.
  severity: "warning",
  ignoreWhen: "the tool opens a connection for every file, or the setting is meant for all that follows.",
  sources: ["PostgreSQL documentation, SET", "PostgreSQL documentation, RESET"],
  check: {
    migration(migration, context) {
      const { resetSettings } = context.framework;
      if (context.onlyDown || resetSettings === "all") return;
      const last = new Map<string, Leak>();
      const ending = endingIn(migration.up);
      for (const statement of migration.up.statements)
        for (const setting of statement.operations)
          if (setting.kind === "set" && !setting.local) record(last, { statement, setting });
      return [...last.values()]
        .filter((leak) => !isOrdinary(leak.setting) && !isPutBack(leak, ending, migration.up))
        .filter(({ setting }) => hidesTables(setting) || !isDump(migration.up))
        .filter(({ setting }) => !resetSettings.includes(setting.name.toLowerCase()))
        .map((leak) => problemOf(leak, migration));
    },
  },
});

/** The statements at the end of a script that only set something: they are for what follows it. */
function endingIn({ statements }: Script): readonly Statement[] {
  const work = statements.findLastIndex(({ operations }) => operations.some(({ kind }) => kind !== "set"));
  return statements.slice(work + 1);
}

/** A value that the connection begins with, which only its own configuration tells: it is set again when the work is done. */
function isPutBack(
  { statement, setting }: Leak,
  ending: readonly Statement[],
  { statements }: Script,
): boolean {
  const name = setting.name.toLowerCase();
  const isOther = ({ operations }: Statement) =>
    operations.some(
      (one) => one.kind === "set" && one.name.toLowerCase() === name && one.value !== setting.value,
    );
  return !grave.has(name) && ending.includes(statement) && statements.some(isOther);
}

interface Leak {
  readonly statement: Statement;
  readonly setting: OperationOf<"set">;
}

/** Of each setting only what it is left at. */
function record(last: Map<string, Leak>, leak: Leak): void {
  const name = leak.setting.name.toLowerCase();
  if (name === "all") last.clear();
  else if (changing.has(name)) last.set(name, leak);
}

function problemOf({ statement, setting }: Leak, { up }: Migration): Problem {
  const name = setting.name.toLowerCase();
  const severity: Severity = grave.has(name) || hidesTables(setting) ? "warning" : "info";
  const local = isInTransaction(up, statement);
  return {
    message: hidesTables(setting)
      ? say`${name} stays empty: what the tool runs next on the same connection, a later migration or its own bookkeeping, finds no table by its name alone.`
      : say`${name} stays at ${setting.value} for what the tool runs next on the same connection.`,
    instead: local ? insteadOf(statement) : outside(name),
    at: statement.span,
    object: name,
    severity,
    fix: local ? localFix(statement, up) : null,
  };
}

function insteadOf(statement: Statement): Text {
  return lastArgument.test(statement.sql)
    ? say`Let it end with the transaction: ${"true"} as the last argument.`
    : say`Write SET LOCAL, which ends with the transaction.`;
}

function outside(name: string): Text {
  return say`End the file with ${`RESET ${name}`}, or put the statements that need it between BEGIN and COMMIT and write SET LOCAL.`;
}

/** Only where one transaction holds the whole file. */
function localFix(statement: Statement, up: Script): Fix | null {
  const words = localWords(statement);
  if (!words || up.statements.slice(0, -1).some(endsTransaction)) return null;
  return {
    title: "Let the setting end with the transaction",
    edits: [{ path: up.path, ...words }],
    followUp: null,
  };
}

/** `SET x`, `SET SESSION x` become `SET LOCAL x`, and the last argument of `set_config` becomes `true`. */
function localWords({ sql, span }: Statement): Omit<Edit, "path"> | null {
  const call = lastArgument.exec(sql);
  if (call) {
    const start = span.start + call.index;
    return { start, end: start + call[0].length, text: "true" };
  }
  const word = /^SET\s+(?:(SESSION)\s+(?!AUTHORIZATION|CHARACTERISTICS))?/i.exec(sql);
  if (!word) return null;
  const end = span.start + word[0].length;
  const start = word[1] === undefined ? end : span.start + word[0].search(/SESSION/i);
  return { start, end, text: "LOCAL " };
}

/** That of a call of `set_config` which stands alone. */
const lastArgument = /(?<=^SELECT\s+(?:pg_catalog\.)?set_config\s*\([^()]*,\s*)false(?=\s*\)\s*$)/i;

function isOrdinary(setting: OperationOf<"set">): boolean {
  const name = setting.name.toLowerCase();
  const usual = changing.get(name);
  if (isDefault(setting) || setting.value.toLowerCase() === usual) return true;
  if (name === "search_path") return /^(?:"?\$user"?\s*,\s*)?"?public"?$/i.test(setting.value.trim());
  return usual === "0" && millisecondsOf(setting.value) === 0;
}

/** With an empty one nothing is found that is named without its schema. */
function hidesTables({ name, value }: Leak["setting"]): boolean {
  return name.toLowerCase() === "search_path" && value.trim() === "";
}

/**
 * What pg_dump writes at the head of its output is meant for the whole of it, which has every name in full; Hasura keeps only the
 * last of it in what it exports.
 */
function isDump({ statements }: Script): boolean {
  return statements
    .slice(0, 12)
    .some(({ operations }, at) =>
      operations.some(
        (one) =>
          one.kind === "set" &&
          (one.name === "standard_conforming_strings" || (at === 0 && one.name === "check_function_bodies")),
      ),
    );
}

function endsTransaction({ operations }: Statement): boolean {
  return operations.some(({ kind }) => kind === "transaction");
}
