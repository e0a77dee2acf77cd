import { bind, evaluate, isAsked, itemsOf } from "./python-evaluate.ts";
import { describe, doubtsIn, type Run } from "./python-run.ts";
import type { PythonComprehension, PythonExpression } from "./python-tree.ts";
import { none, type PythonPerhaps, type PythonValue, type Scope, truthOf, unknown } from "./python-values.ts";

/** A list, a set, a dict or a generator, as far as what it goes over is known. */
export function comprehension(
  expression: Extract<PythonExpression, { kind: "comprehension" }>,
  scope: Scope,
  run: Run,
): PythonValue {
  const inner: Scope = { names: new Map(), parent: scope };
  const asked = overAsked(expression, inner, run);
  if (asked) return asked;
  const values: [PythonValue, PythonValue][] = [];
  const found = () => {
    const key = expression.key ? evaluate(expression.key, inner, run) : none;
    values.push([key, evaluate(expression.value, inner, run)]);
  };
  const lost = each(expression.clauses, inner, run, found, (item) => values.push([item, item]));
  if (lost) return lost;
  const items = values.map(([, value]) => value);
  for (const made of [values, items]) run.births.set(made, doubtsIn(run));
  if (expression.type === "dict") return { kind: "dict", entries: values };
  return { kind: "sequence", type: expression.type, items };
}

/** A comprehension over one list that only the outside knows; null for any other. */
function overAsked(
  { clauses, key, value }: Extract<PythonExpression, { kind: "comprehension" }>,
  scope: Scope,
  run: Run,
): PythonValue | null {
  const [clause, ...more] = clauses;
  if (!clause || more.length > 0) return null;
  const source = evaluate(clause.iterable, scope, run);
  if (itemsOf(source) || !isAsked(source)) return null;
  const element: PythonValue = { kind: "element", of: source };
  bind(clause.targets, element, scope, run);
  return {
    kind: "listed",
    element,
    source,
    conditions: clause.conditions.map((condition) => evaluate(condition, scope, run)),
    key: key && evaluate(key, scope, run),
    value: evaluate(value, scope, run),
  };
}

/** Runs something for every combination; what is not known about them, if anything. */
function each(
  clauses: readonly PythonComprehension[],
  scope: Scope,
  run: Run,
  found: () => void,
  perhaps: (item: PythonPerhaps) => void,
): PythonValue | null {
  const [clause, ...rest] = clauses;
  if (!clause) {
    found();
    return null;
  }
  const list = evaluate(clause.iterable, scope, run);
  const items = itemsOf(list);
  if (!items) return unknown(describe(list));
  for (const item of items) {
    run.steps += 1;
    if (item.kind === "perhaps") {
      perhaps(item);
      continue;
    }
    bind(clause.targets, item, scope, run);
    const tests = clause.conditions.map((condition) => evaluate(condition, scope, run));
    const truths = tests.map(truthOf);
    if (truths.includes(false)) continue;
    const open = tests.find((test) => truthOf(test) === null);
    if (open) return unknown(describe(open));
    const lost = each(rest, scope, run, found, perhaps);
    if (lost) return lost;
  }
  return null;
}
