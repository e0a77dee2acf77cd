import type { Node } from "@pgsql/types";

const harmful: Readonly<Record<string, string>> = {
  pg_read_file: "reads a file of the server",
  pg_read_binary_file: "reads a file of the server",
  pg_ls_dir: "lists a folder of the server",
  pg_stat_file: "looks at a file of the server",
  lo_import: "reads a file of the server",
  lo_export: "writes a file of the server",
  pg_terminate_backend: "ends other sessions of the server",
  pg_cancel_backend: "cancels queries of other sessions",
  pg_reload_conf: "reloads the server's configuration",
  dblink: "connects to another server",
  dblink_connect: "connects to another server",
  dblink_exec: "connects to another server",
};

/** Why a statement is never run: it could only do harm, or would prove nothing in a sandbox. null when it may run. */
export function refusalOf(node: Node): string | null {
  const what = directRefusal(node) ?? functionRefusal(node);
  return what === null ? null : `It ${what}; it was not run.`;
}

function directRefusal(node: Node): string | null {
  if ("CopyStmt" in node) {
    if (node.CopyStmt.is_program) return "runs a program on the server (COPY … PROGRAM)";
    if (node.CopyStmt.filename !== undefined) return "reads or writes a file of the server (COPY)";
  }
  if ("CreateSubscriptionStmt" in node || "AlterSubscriptionStmt" in node)
    return "connects to another server (SUBSCRIPTION)";
  if ("AlterSystemStmt" in node) return "changes the server's configuration (ALTER SYSTEM)";
  if ("LoadStmt" in node) return "loads a library into the server (LOAD)";
  if ("VariableSetStmt" in node && node.VariableSetStmt.name === "session_authorization")
    return "changes the session's user (SET SESSION AUTHORIZATION)";
  if (
    "CreateFunctionStmt" in node &&
    /^(c|internal)$/i.test(languageOf(node.CreateFunctionStmt.options ?? []))
  )
    return "defines a function in machine code (LANGUAGE c or internal)";
  return null;
}

function languageOf(options: readonly Node[]): string {
  for (const option of options) {
    if (!("DefElem" in option) || option.DefElem.defname !== "language") continue;
    const value = option.DefElem.arg;
    return value && "String" in value ? (value.String.sval ?? "") : "";
  }
  return "";
}

function functionRefusal(root: Node): string | null {
  const open: unknown[] = [root];
  while (open.length > 0) {
    const value = open.pop();
    if (typeof value !== "object" || value === null) continue;
    const call = (value as { FuncCall?: { funcname?: { String?: { sval?: string } }[] } }).FuncCall;
    const name = call?.funcname?.at(-1)?.String?.sval ?? "";
    if (Object.hasOwn(harmful, name)) return `${harmful[name]} (${name})`;
    open.push(...Object.values(value));
  }
  return null;
}
