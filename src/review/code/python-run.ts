import type { Condition, Span } from "../types.ts";
import { both, type Decision, either } from "./python-completions.ts";
import type { PythonExpression } from "./python-tree.ts";
import type { CallArguments, PythonCall, PythonPerhaps, PythonValue, Scope } from "./python-values.ts";

/** What the file leans on and does not define: the library whose calls are of interest. */
export interface Host {
  /** The value of an attribute of something from outside; null when it stays as it is written. */
  attribute(object: PythonValue, name: string): PythonValue | null;
  /** What a call of something from outside gives; null when it stays as it is written. */
  call(call: PythonCall): PythonValue | null;
  /** A `with` block begins; the value for its `as`. */
  enter(context: PythonValue, at: Span): PythonValue;
  exit(context: PythonValue, at: Span): void;
  /** Runs something without effects; says whether it would have had one. */
  speculate(run: () => void): boolean;
  /** The condition that a value is, where the outside can be asked for it when the time comes; null where it cannot. */
  decide(test: PythonValue): Condition | null;
  /** A condition without which something has no items; null where none is known. */
  mayHave(list: PythonValue): Condition | null;
  /** What follows has its effects only where a condition holds. Answers what ends that. */
  under(decision: Decision): () => void;
  /** Something that has effects cannot be followed. */
  skip(at: Span, reason: string): void;
  /** How much of what was followed so far has effects. */
  effects(): number;
  /** What `from module import name` gives, or `import module` with no name; null when nothing is known of it. */
  imported(module: string, name: string | null): PythonValue | null;
  /** What `from module import *` brings along. */
  exported(module: string): ReadonlyMap<string, PythonValue>;
  /** `object.name = value`. */
  assigned(object: PythonValue, name: string, value: PythonValue): void;
  /** A value that nothing is done with: a call for its effect. */
  statement(value: PythonValue, at: Span): void;
}

/** The place of what stands in another file. */
export const nowhere: Span = { start: -1, end: -1 };

/** One reading of a file. */
export interface Run {
  readonly host: Host;
  /** The statement of the file itself that is followed now, at whatever depth. */
  place: Span;
  /** Statements followed so far; a file that loops for long is given up. */
  steps: number;
  depth: number;
  /** In a function of another file: what of it cannot be followed; it matters where the function has effects. */
  elsewhere: { readonly at: Span; readonly reason: string }[] | null;
  /** Above 0 while statements are only tried: they may not run. */
  tried: number;
  /** Conditions without which statements do not run. */
  readonly conditions: Condition[];
  /** How certain it was that something runs where a list or a dict was made: what is added to it where that is less certain may not be. */
  readonly births: WeakMap<object, number>;
  /** What a `defaultdict` gives for keys that it has not. */
  readonly factories: WeakMap<object, PythonValue>;
  /** What runs where a context manager of the file yields. */
  readonly yields: (() => void)[];
  readonly evaluate: (expression: PythonExpression, scope: Scope) => PythonValue;
  /** Calls what the file defines. */
  readonly callOwn: (callee: PythonValue, args: CallArguments, at: Span) => PythonValue;
}

/** How much has to hold for what is followed now. */
export function doubtsIn({ tried, conditions }: Run): number {
  return tried + conditions.length;
}

/** What stands in a list or a dict where something was added that may not be; null where it certainly is. */
export function perhapsIn(container: object, run: Run): PythonPerhaps | null {
  if (doubtsIn(run) <= (run.births.get(container) ?? 0)) return null;
  return { kind: "perhaps", needs: run.conditions.length > 0 ? run.conditions.reduce(both) : null };
}

/** A condition without which a list or a dict has nothing in it; null where none is known. */
export function needsOf(value: PythonValue): Condition | null {
  const items = itemsIn(value);
  const needs = items.map((item) => (item.kind === "perhaps" ? item.needs : null));
  return items.length === 0 || needs.includes(null)
    ? null
    : needs.flatMap((each) => each ?? []).reduce(either);
}

function itemsIn(value: PythonValue): readonly PythonValue[] {
  if (value.kind === "sequence") return value.items;
  return value.kind === "dict" ? value.entries.map(([key]) => key) : [];
}

/** An exception that is raised, with its message. */
export function raised(value: PythonValue): string {
  const [first] = value.kind === "call" ? value.args.positional : [];
  const name = (value.kind === "call" ? describe(value.callee) : describe(value)).split(".").at(-1) ?? "";
  return first?.kind === "string" ? `${name}: ${first.value}` : name;
}

/** How a value came about, in words of the file. */
export function describe(value: PythonValue): string {
  switch (value.kind) {
    case "unknown":
      return value.reason;
    case "name":
      return value.path
        .split(".")
        .slice(-2)
        .join(".")
        .replace(/^builtins\./, "");
    case "attribute":
      return `${describe(value.object)}.${value.name}`;
    case "subscript":
      return `${describe(value.object)}[…]`;
    case "call":
      return `${describe(value.callee)}(…)`;
    case "operation":
      return describe(value.left !== null && isOutside(value.left) ? value.left : value.right);
    case "sequence":
      return describe(value.items.find(isOutside) ?? { kind: "name", path: "list" });
    case "dict":
      return describe(value.entries.flat().find(isOutside) ?? { kind: "name", path: "dict" });
    case "choice":
      return describe(isOutside(value.body) ? value.body : value.otherwise);
    case "perhaps":
      return "what is only known when it runs";
    case "listed":
      return describe(value.source);
    case "element":
      return describe(value.of);
    case "function":
    case "class":
      return value.definition.name;
    case "lambda":
      return "lambda";
    default:
      return String(value.value);
  }
}

function isOutside({ kind }: PythonValue): boolean {
  return kind !== "string" && kind !== "number" && kind !== "constant";
}
