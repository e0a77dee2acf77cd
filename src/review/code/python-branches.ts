import type { Condition, Span } from "../types.ts";
import {
  type Completion,
  type Decision,
  deciding,
  type EndKind,
  fork,
  isAlways,
  mayEnd,
  next,
  opposite,
  replaced,
} from "./python-completions.ts";
import { bind, evaluate, itemsOf, lookUp } from "./python-evaluate.ts";
import { execute } from "./python-execute.ts";
import { assignedIn } from "./python-names.ts";
import { describe, needsOf, type Run } from "./python-run.ts";
import type { PythonStatement } from "./python-tree.ts";
import { type PythonValue, type Scope, truthOf, unknown } from "./python-values.ts";

/** What is done here has its effects only where a condition holds. */
export function under(decision: Decision, run: Run, action: () => Completion): Completion {
  if (isAlways(decision.condition)) return action();
  const end = run.host.under(decision);
  run.conditions.push(decision.condition);
  const completion = action();
  run.conditions.pop();
  end();
  return completion;
}

/** `if`, as far as what it asks is known. */
export function executeIf(
  statement: Extract<PythonStatement, { kind: "if" }>,
  scope: Scope,
  run: Run,
): Completion {
  for (const [i, { test, body }] of statement.branches.entries()) {
    if (test === null) return execute(body, scope, run);
    const value = evaluate(test, scope, run);
    const truth = truthOf(value);
    if (truth === true) return execute(body, scope, run);
    if (truth === false) continue;
    const condition = run.host.decide(value);
    const decision = condition && { condition, at: test.at, isOpposite: false };
    if (decision) return executeEither(statement, i, decision, scope, run);
    const bodies = statement.branches.slice(i).map((branch) => branch.body);
    const attempt = () =>
      tryOut(statement, bodies, `whether it runs depends on ${describe(value)}`, scope, run);
    const needs = i + 1 === statement.branches.length ? needsOf(value) : null;
    return needs ? under({ condition: needs, at: test.at, isOpposite: false }, run, attempt) : attempt();
  }
  return next;
}

/** A branch, or what stands behind it, by what the outside answers when it runs. */
function executeEither(
  statement: Extract<PythonStatement, { kind: "if" }>,
  i: number,
  decision: Decision,
  scope: Scope,
  run: Run,
): Completion {
  const { condition, at } = decision;
  const branch = statement.branches[i];
  const behind = statement.branches.slice(i + 1);
  const names = new Set(statement.branches.slice(i).flatMap(({ body }) => assignedIn(body)));
  const valuesOf = () => new Map([...names].map((name) => [name, lookUp(scope, name)] as const));
  const own = new Map([...names].map((name) => [name, scope.names.get(name)] as const));
  const body = under(decision, run, () => execute(branch?.body ?? [], scope, run));
  const first = valuesOf();
  for (const [name, value] of own) {
    if (value) scope.names.set(name, value);
    else scope.names.delete(name);
  }
  const otherwise = under({ condition: opposite(condition), at, isOpposite: true }, run, () =>
    executeIf({ ...statement, branches: behind }, scope, run),
  );
  const second = valuesOf();
  // What a branch that is left for good gives a name is not seen after it.
  const goesOn = [body, otherwise].map((completion) => mayEnd(completion, ["next"]));
  for (const name of names) {
    const [a, b] = [
      goesOn[0] ? first.get(name) : second.get(name),
      goesOn[1] ? second.get(name) : first.get(name),
    ];
    if (a && b && a !== b) scope.names.set(name, { kind: "choice", condition, body: a, otherwise: b });
    else if (a && a === b) scope.names.set(name, a);
    else scope.names.set(name, unknown(name));
  }
  return fork(decision, body, otherwise);
}

/** `for`, over what is known and over what is not. */
export function executeFor(
  statement: Extract<PythonStatement, { kind: "for" }>,
  scope: Scope,
  run: Run,
): Completion {
  const list = evaluate(statement.iterable, scope, run);
  const items = itemsOf(list);
  if (!items) {
    bind(statement.targets, { kind: "element", of: list }, scope, run);
    return tryItem(statement, list, run.host.mayHave(list), scope, run);
  }
  return executeItems([...items], statement, scope, run);
}

/** The body for any one of the items of a list, where it has one. */
function tryItem(
  statement: Extract<PythonStatement, { kind: "for" }>,
  list: PythonValue,
  condition: Condition | null,
  scope: Scope,
  run: Run,
): Completion {
  const attempt = () =>
    tryOut(statement, [statement.body], `what it goes over depends on ${describe(list)}`, scope, run);
  if (!condition) return attempt();
  return under({ condition, at: statement.iterable.at, isOpposite: false }, run, attempt);
}

const onwards: readonly EndKind[] = ["next", "continue"];

function executeItems(
  items: readonly PythonValue[],
  statement: Extract<PythonStatement, { kind: "for" }>,
  scope: Scope,
  run: Run,
): Completion {
  for (const [i, item] of items.entries()) {
    bind(statement.targets, item, scope, run);
    if (item.kind === "perhaps") {
      tryItem(statement, item, item.needs, scope, run);
      continue;
    }
    const completion = execute(statement.body, scope, run);
    if (completion.kind === "next" || completion.kind === "continue") continue;
    const rest = () => executeItems(items.slice(i + 1), statement, scope, run);
    const after = mayEnd(completion, onwards) ? under(deciding(completion, onwards), run, rest) : next;
    return replaced(completion, (end) => {
      if (onwards.includes(end)) return after;
      return end === "break" ? next : null;
    });
  }
  return execute(statement.otherwise, scope, run);
}

/** `while True` ends when nothing is left to do, which is not known: what it does is followed once. */
export function executeLoop(body: readonly PythonStatement[], scope: Scope, run: Run): Completion {
  return replaced(execute(body, scope, run), (end) => (/^(break|continue)$/.test(end) ? next : null));
}

/**
 * Statements of which is not known whether they run: they have no effect here, what they assign is not known
 * afterwards, and when they would have had an effect, or would have ended the function, that is said.
 */
export function tryOut(
  statement: PythonStatement,
  bodies: readonly (readonly PythonStatement[])[],
  reason: string,
  scope: Scope,
  run: Run,
): Completion {
  const ends: Completion[] = [];
  run.tried += 1;
  const touches = run.host.speculate(() => {
    for (const body of bodies) ends.push(execute(body, scope, run));
  });
  run.tried -= 1;
  for (const name of bodies.flatMap(assignedIn)) scope.names.set(name, unknown(name));
  const leaves = ends.some((end) => mayEnd(end, ["return", "stopped"]));
  if (touches) run.host.skip(statement.at, reason);
  else if (leaves) loseTrack(statement.at, reason.replace("it runs", "the rest runs"), run);
  return next;
}

/** Something that has no effects may end what has some. */
export function loseTrack(at: Span, reason: string, run: Run): void {
  if (run.elsewhere) run.elsewhere.push({ at, reason });
  else run.host.skip(at, reason);
}
