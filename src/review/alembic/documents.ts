import { describe } from "../code/python-run.ts";
import { calleeOf, type PythonValue, pathOf } from "../code/python-values.ts";
import { stringIn } from "./names.ts";
import { unreadable } from "./unreadable.ts";

/** What a list or a dict is as a document. */
export function documentOf(value: PythonValue): unknown {
  if (value.kind === "sequence") return value.items.map(documentOf);
  if (value.kind === "dict")
    return Object.fromEntries(value.entries.map(([key, each]) => [stringIn(key, "a key"), documentOf(each)]));
  if (value.kind === "string" || value.kind === "number" || value.kind === "constant") return value.value;
  return unreadable(`a value depends on ${describe(value)}, known only when it runs`);
}

/** Whether a list or a dict stands where a document is wanted. */
export function isDocument(value: PythonValue, type: PythonValue | undefined): boolean {
  if (value.kind !== "sequence" && value.kind !== "dict") return false;
  const word = type && (calleeOf(type) ?? pathOf(type)?.split(".").at(-1));
  return /^JSONB?$/.test(word ?? "");
}
