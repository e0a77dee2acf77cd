import { describe } from "../code/python-run.ts";
import { type PythonCall, type PythonValue, pathOf } from "../code/python-values.ts";
import type { Span } from "../types.ts";

/** A setting of the environment, and its default as the code gives it. */
interface Setting {
  readonly name: string;
  readonly value: PythonValue;
}

/** A setting in whose place its default is taken. */
export interface Assumed extends Setting {
  readonly at: Span;
}

/**
 * What `os.environ.get("NAME", default)` gives where the environment does not set it; null for any other call. What it does
 * set where the migration runs is known to nobody here.
 */
export function settingIn({ callee, args }: PythonCall): Setting | null {
  if (!/^os\.(environ\.get|getenv)$/.test(pathOf(callee) ?? "")) return null;
  const [name, second] = args.positional;
  const value = second ?? args.named.get("default");
  if (name?.kind !== "string" || !value || !/^(string|number|constant)$/.test(value.kind)) return null;
  return { name: name.value, value };
}

/** How it is told that a default was taken. */
export function assumption({ name, value }: Assumed): string {
  const given = value.kind === "string" ? JSON.stringify(value.value) : describe(value);
  return `it is read as where the environment does not set ${name}, for which the code gives ${given}`;
}
