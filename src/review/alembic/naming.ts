import { parsePython } from "../code/python.ts";
import { evaluate } from "../code/python-evaluate.ts";
import { execute, startRun } from "../code/python-execute.ts";
import type { Scope } from "../code/python-values.ts";
import type { NamingConvention } from "./context.ts";
import { quietHost } from "./quiet.ts";

/** The naming convention that one of these texts writes out as a dict of constants; none when none does. */
export function namingOf(texts: readonly string[]): NamingConvention {
  for (const text of texts) {
    const start =
      /naming_convention\s*(?::[^=\n]*)?=\s*(?=\{)|NAMING_CONVENTION\s*(?::[^=\n]*)?=\s*(?=\{)/.exec(text);
    if (!start) continue;
    const from = start.index + start[0].length;
    const end = closing(text, from);
    const module = parsePython(`found = ${text.slice(from, end)}\n`);
    if (module.kind === "unreadable") continue;
    const scope: Scope = { names: new Map(), parent: null };
    const run = startRun(quietHost);
    execute(module.body, scope, run);
    const value = evaluate({ kind: "name", name: "found", at: { start: 0, end: 0 } }, scope, run);
    if (value.kind !== "dict") continue;
    return Object.fromEntries(
      value.entries.flatMap(([key, pattern]) =>
        key.kind === "string" && pattern.kind === "string" ? [[key.value, pattern.value]] : [],
      ),
    );
  }
  return {};
}

function closing(text: string, from: number): number {
  let depth = 0;
  for (let at = from; at < text.length; at += 1) {
    if (text[at] === "{") depth += 1;
    if (text[at] === "}") depth -= 1;
    if (depth === 0) return at + 1;
  }
  return text.length;
}
