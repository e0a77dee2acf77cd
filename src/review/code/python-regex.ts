import {
  type CallArguments,
  type PythonString,
  type PythonValue,
  pathOf,
  stringOf,
} from "./python-values.ts";

/** So many characters of a pattern and of a text are taken: enough for names, too few to be long about. */
const most = 100;
/** Repetitions of a pattern; each more multiplies what it may take. */
const mostRepetitions = 3;

/**
 * `re.sub(pattern, replacement, text)`, also of `re.compile(pattern)`, where Python and JavaScript read the pattern alike; null
 * for any other call.
 */
export function substitution(callee: PythonValue, { positional, named }: CallArguments): PythonString | null {
  if (named.size > 0) return null;
  const compiled = callee.kind === "attribute" && callee.name === "sub" ? callee.object : null;
  const isCompiled = compiled?.kind === "call" && pathOf(compiled.callee) === "re.compile";
  if (!isCompiled && pathOf(callee) !== "re.sub") return null;
  const own = isCompiled && compiled.args.named.size === 0 ? compiled.args.positional : [];
  const [pattern, replacement, text, ...more] = [...own, ...positional];
  if (pattern?.kind !== "string" || replacement?.kind !== "string" || text?.kind !== "string") return null;
  if (more.length > 0 || !isShared(pattern.value) || !/^[ -~]*$/.test(text.value)) return null;
  if (text.value.length > most || replacement.value.includes("\\g")) return null;
  const into = replacement.value.replaceAll("$", "$$$$").replace(/\\(\d)/g, "$$$1");
  return stringOf(text.value.replace(new RegExp(pattern.value, "g"), into));
}

/** Whether both languages know all of a pattern, and none of it can go on for long. */
function isShared(pattern: string): boolean {
  if (pattern.length > most || !/^(?:[\w\s^$()[\]|.+*?:=!<>-]|\\[wsdbWSDB1-9.])*$/.test(pattern))
    return false;
  if (/\(\?(?!:|=|!|<=|<!)|\)[*+?{]/.test(pattern)) return false;
  if ((pattern.match(/[*+]/g) ?? []).length > mostRepetitions) return false;
  try {
    return new RegExp(pattern).flags === "";
  } catch {
    return false;
  }
}
