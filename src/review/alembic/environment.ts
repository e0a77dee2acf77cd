import { describe } from "../code/python-run.ts";
import { type PythonCall, type PythonValue, pathOf } from "../code/python-values.ts";
import type { Span } from "../types.ts";

/** A setting of the environment in whose place its default is taken. */
export interface Assumed {
  readonly name: string;
  /** As the code gives it. */
  readonly value: string;
  readonly at: Span;
}

/**
 * What `os.environ.get("NAME", default)` gives where the environment does not set it. What it does set where the migration
 * runs is known to nobody here: that this is taken is told.
 */
export function settingIn(
  { callee, args, at }: PythonCall,
  assume: (assumed: Assumed) => void,
): PythonValue | null {
  if (!/^os\.(environ\.get|getenv)$/.test(pathOf(callee) ?? "")) return null;
  const [name, second] = args.positional;
  const otherwise = second ?? args.named.get("default");
  if (name?.kind !== "string" || !otherwise || !/^(string|number|constant)$/.test(otherwise.kind))
    return null;
  const value = otherwise.kind === "string" ? JSON.stringify(otherwise.value) : describe(otherwise);
  assume({ name: name.value, value, at });
  return otherwise;
}

/** How it is told that a default was taken. */
export function assumption({ name, value }: Assumed): string {
  return `it is read as where the environment does not set ${name}, for which the code gives ${value}`;
}
