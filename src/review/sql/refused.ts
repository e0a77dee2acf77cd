import type { Node } from "@pgsql/types";
import { objectsOf, stringOf } from "./tree.ts";

/** Why statements are never run: they could only do harm, or would prove nothing in a sandbox. */
export const refusals = {
  nul: "it holds a NUL byte, which PostgreSQL does not accept in SQL; it was not run",
  program: "COPY … PROGRAM starts a program on the database server; it was not run",
  serverFile: "COPY with a file name reads or writes a file of the database server; it was not run",
  subscription: "a subscription connects the database server to another one; it was not run",
  system: "ALTER SYSTEM changes the configuration of the whole database server; it was not run",
  load: "LOAD loads a library into the database server; it was not run",
  sessionUser: "SET SESSION AUTHORIZATION changes who runs all that follows; it was not run",
  machineCode: (language: string) =>
    `a function with LANGUAGE ${language} runs machine code in the database server; it was not run`,
  call: (name: string, what: string) => `${name}() ${what}; it was not run`,
} as const;

/** Why a parsed statement is never run; null when it may be. Functions count only where the statement calls them itself. */
export function refusalOf(node: Node, sql: string): string | null {
  if ("CopyStmt" in node) {
    if (node.CopyStmt.is_program) return refusals.program;
    if (node.CopyStmt.filename !== undefined) return refusals.serverFile;
  }
  if ("CreateSubscriptionStmt" in node || "AlterSubscriptionStmt" in node) return refusals.subscription;
  if ("AlterSystemStmt" in node) return refusals.system;
  if ("LoadStmt" in node) return refusals.load;
  if ("VariableSetStmt" in node) {
    const { kind, name } = node.VariableSetStmt;
    return kind === "VAR_SET_VALUE" && name === "session_authorization" ? refusals.sessionUser : null;
  }
  if ("CreateFunctionStmt" in node) {
    const language = languageOf(node.CreateFunctionStmt.options ?? []);
    return /^(c|internal)$/i.test(language) ? refusals.machineCode(language.toLowerCase()) : null;
  }
  return onlyDefines(node) || !mayCall.test(sql) ? null : callRefusal(node);
}

const files = "reads files of the database server";
const sessions = "acts on other sessions of the database server";
const servers = "connects to another database server";

const harmful = new Map([
  ["pg_read_file", files],
  ["pg_read_binary_file", files],
  ["pg_ls_dir", files],
  ["pg_ls_logdir", files],
  ["pg_ls_waldir", files],
  ["pg_ls_tmpdir", files],
  ["pg_stat_file", files],
  ["lo_import", files],
  ["lo_export", "writes a file of the database server"],
  ["pg_file_write", "writes a file of the database server"],
  ["pg_terminate_backend", sessions],
  ["pg_cancel_backend", sessions],
  ["pg_reload_conf", "reloads the configuration of the database server"],
  ["dblink", servers],
  ["dblink_connect", servers],
  ["dblink_connect_u", servers],
  ["dblink_exec", servers],
  ["dblink_open", servers],
  ["dblink_send_query", servers],
]);

/** Spares the walk through every other tree. */
const mayCall = /pg_|lo_|dblink/i;

/** Statements that keep their expressions for later. */
function onlyDefines(node: Node): boolean {
  return ["ViewStmt", "RuleStmt", "CreatePolicyStmt", "AlterPolicyStmt", "CreateTrigStmt"].some(
    (name) => name in node,
  );
}

function callRefusal(root: Node): string | null {
  for (const object of objectsOf(root)) {
    if (!("funcname" in object)) continue;
    const name = stringOf((object as { funcname?: Node[] }).funcname?.at(-1)) ?? "";
    const what = harmful.get(name);
    if (what !== undefined) return refusals.call(name, what);
  }
  return null;
}

function languageOf(options: readonly Node[]): string {
  const option = options.find((node) => "DefElem" in node && node.DefElem.defname === "language");
  return option && "DefElem" in option ? (stringOf(option.DefElem.arg) ?? "") : "";
}
