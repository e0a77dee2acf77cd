import type { Node, SelectStmt, VariableSetStmt } from "@pgsql/types";
import type { OperationOf, Span } from "../types.ts";
import { constantOf, stringOf } from "./tree.ts";

type Setting = OperationOf<"set">;

/** SET, SET LOCAL and RESET of one setting, a reset with the value DEFAULT; null for SET TRANSACTION and its like. */
export function settingOf(statement: VariableSetStmt, at: Span): Setting | null {
  const local = statement.is_local ?? false;
  const name = statement.name ?? "";
  switch (statement.kind) {
    case "VAR_SET_VALUE":
      return { kind: "set", name, value: (statement.args ?? []).map(textOfArgument).join(", "), local, at };
    case "VAR_SET_CURRENT":
      return { kind: "set", name, value: "CURRENT", local, at };
    case "VAR_SET_DEFAULT":
    case "VAR_RESET":
      return { kind: "set", name, value: "DEFAULT", local, at };
    case "VAR_RESET_ALL":
      return { kind: "set", name: "all", value: "DEFAULT", local, at };
    default:
      return null;
  }
}

/** `SELECT set_config(name, value, is_local), …` with constants and nothing else, as pg_dump writes it. */
export function settingsOf(select: SelectStmt, at: Span): Setting[] {
  const targets = select.targetList ?? [];
  const settings = targets.flatMap((target) => configCallOf(target, at) ?? []);
  return settings.length === targets.length && !select.fromClause ? settings : [];
}

function configCallOf(target: Node, at: Span): Setting | null {
  const value = "ResTarget" in target ? target.ResTarget.val : undefined;
  if (!value || !("FuncCall" in value)) return null;
  if (stringOf(value.FuncCall.funcname?.at(-1)) !== "set_config") return null;
  const [name, setting, local] = (value.FuncCall.args ?? []).map(constantOf);
  if (name === undefined || name === null || setting === undefined || setting === null) return null;
  return {
    kind: "set",
    name: name.toLowerCase(),
    value: setting,
    local: /^(t|true|on|1)$/i.test(local ?? ""),
    at,
  };
}

function textOfArgument(node: Node): string {
  return constantOf(node) ?? "";
}
