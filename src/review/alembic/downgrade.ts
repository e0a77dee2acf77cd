import { parsePython } from "../code/python.ts";
import type { PythonFunction, PythonStatement } from "../code/python-tree.ts";
import type { Edit } from "../types.ts";
import type { Project } from "./calls.ts";
import { indentAt } from "./python-places.ts";
import { callsOf } from "./write.ts";

/**
 * `downgrade()` with calls that send these statements, in place of its `pass`, or behind `upgrade()` where the file has none. Null
 * where something else stands in it, or `upgrade()` takes arguments, as it does with several databases.
 */
export function writeDowngrade(
  text: string,
  path: string,
  sql: readonly string[],
  project: Project,
): readonly Edit[] | null {
  const module = parsePython(text);
  if (module.kind === "unreadable") return null;
  const named = (name: string) =>
    module.body.find((one): one is PythonFunction => one.kind === "function" && one.name === name);
  const [up, down] = [named("upgrade"), named("downgrade")];
  const [first] = up?.body ?? [];
  const unit = first && indentAt(text, first.at.start);
  if (!up || !unit || up.parameters.length > 0) return null;
  const isConcurrent = sql.some((one) => /^DROP INDEX CONCURRENTLY /.test(one));
  const lines = callsOf(sql, isConcurrent, project, unit).join("\n");
  if (!down) {
    const returns = up.returns ? ` -> ${text.slice(up.returns.at.start, up.returns.at.end)}` : "";
    const end = text.trimEnd().length;
    return [{ path, start: end, end, text: `\n\n\ndef downgrade()${returns}:\n${lines}` }];
  }
  const [pass, ...others] = down.body.filter((one) => !isText(one));
  if (pass?.kind !== "pass" || others.length > 0 || down.parameters.length > 0) return null;
  const indent = indentAt(text, pass.at.start);
  return indent === unit ? [{ path, ...pass.at, text: lines.trimStart() }] : null;
}

function isText(statement: PythonStatement): boolean {
  return statement.kind === "expression" && statement.value.kind === "string";
}
