import type { Run } from "../code/python-run.ts";
import { isNone, type PythonValue } from "../code/python-values.ts";

/** What a class derived from `TypeDecorator` stands for; null when it is no such class. */
export function innerType(value: PythonValue, run: Run): PythonValue | null {
  const type = value.kind === "call" ? value.callee : value;
  if (type.kind !== "class") return null;
  const loads = type.members.names.get("load_dialect_impl");
  if (loads?.kind === "function") {
    const asked: PythonValue = { kind: "name", path: "alembic.dialect" };
    const given = run.callOwn(loads, { positional: [value, asked], named: new Map() }, { start: 0, end: 0 });
    const described =
      given.kind === "call" && given.callee.kind === "attribute" && given.callee.name === "type_descriptor"
        ? given.args.positional[0]
        : given;
    if (described && described.kind !== "unknown" && !isNone(described) && described.kind !== "attribute")
      return described;
  }
  const impl = type.members.names.get("impl");
  if (!impl || isNone(impl)) return null;
  return value.kind === "call" && impl.kind !== "call" ? { ...value, callee: impl } : impl;
}
