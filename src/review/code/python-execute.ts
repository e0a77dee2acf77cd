import type { Span } from "../types.ts";
import {
  type Completion,
  type Decision,
  deciding,
  type EndKind,
  fork,
  givenBy,
  isAlways,
  mayEnd,
  next,
  opposite,
  raisesIn,
  replaced,
} from "./python-completions.ts";
import { bind, evaluate, isContextManager, itemsOf, lookUp } from "./python-evaluate.ts";
import { assignedIn, parametersIn } from "./python-names.ts";
import { compare } from "./python-operators.ts";
import { describe, type Host, nowhere, type Run, raised } from "./python-run.ts";
import type { PythonStatement } from "./python-tree.ts";
import { type CallArguments, none, type PythonValue, type Scope, truthOf, unknown } from "./python-values.ts";

const maxSteps = 50_000;
const maxDepth = 40;

/** Begins to read a file for a host. */
export function startRun(host: Host): Run {
  const run: Run = {
    host,
    place: nowhere,
    steps: 0,
    depth: 0,
    elsewhere: null,
    tried: 0,
    guarded: 0,
    births: new WeakMap(),
    yields: [],
    evaluate: (expression, scope) => evaluate(expression, scope, run),
    callOwn: (callee, args) => callOwn(callee, args, run).value,
  };
  return run;
}

/** Follows statements one after another. */
export function execute(statements: readonly PythonStatement[], scope: Scope, run: Run): Completion {
  for (const [i, statement] of statements.entries()) {
    run.steps += 1;
    if (run.steps > maxSteps) {
      if (run.steps === maxSteps + 1) run.host.skip(statement.at, "the file takes too many steps to follow");
      return { kind: "stopped" };
    }
    if (statement.at.start >= 0) run.place = statement.at;
    const completion = executeOne(statement, scope, run);
    if (completion.kind === "next") continue;
    if (!mayEnd(completion, ["next"])) return completion;
    const rest = () => execute(statements.slice(i + 1), scope, run);
    const after = under(deciding(completion, ["next"]), run, rest);
    return replaced(completion, (end) => (end === "next" ? after : null));
  }
  return next;
}

/** What is done here has its effects only where a condition holds. */
function under(decision: Decision, run: Run, action: () => Completion): Completion {
  if (isAlways(decision.condition)) return action();
  const end = run.host.under(decision);
  run.guarded += 1;
  const completion = action();
  run.guarded -= 1;
  end();
  return completion;
}

/** Calls a function of the file; how it ended, and what it gave. */
export function callOwn(
  callee: PythonValue,
  args: CallArguments,
  run: Run,
): { readonly value: PythonValue; readonly completion: Completion } {
  if (callee.kind === "lambda") {
    const inner = parametersIn(callee.parameters, args, callee.scope, run);
    return { value: evaluate(callee.value, inner, run), completion: next };
  }
  if (callee.kind !== "function" || run.depth >= maxDepth)
    return { value: unknown(describe(callee)), completion: { kind: "stopped" } };
  const inner = parametersIn(callee.definition.parameters, args, callee.scope, run);
  const { place } = run;
  const isElsewhere = callee.definition.at.start < 0 && run.elsewhere === null;
  const before = run.host.effects();
  if (isElsewhere) run.elsewhere = [];
  run.depth += 1;
  const completion = execute(callee.definition.body, inner, run);
  run.depth -= 1;
  run.place = place;
  const lost = isElsewhere ? (run.elsewhere ?? []) : [];
  if (isElsewhere) run.elsewhere = null;
  if (lost.length > 0 && run.host.effects() === before)
    return { value: unknown(`${describe(callee)}(…)`), completion: next };
  for (const { at, reason } of lost) run.host.skip(at, reason);
  if (completion.kind === "fork") sayRaised(completion, run);
  return { value: givenBy(completion), completion };
}

/** Something that has no effects may end what has some. */
function loseTrack(at: Span, reason: string, run: Run): void {
  if (run.elsewhere) run.elsewhere.push({ at, reason });
  else run.host.skip(at, reason);
}

/** What it raises only where a condition holds is told; the rest is followed as if it did not. */
function sayRaised(completion: Completion, run: Run): void {
  for (const { when, end } of raisesIn(completion)) {
    const leave = when && run.host.under(when);
    run.host.skip(end.statement.at, `it raises ${raised(end.value)}`);
    leave?.();
  }
}

function executeOne(statement: PythonStatement, scope: Scope, run: Run): Completion {
  switch (statement.kind) {
    case "function":
      scope.names.set(statement.name, { kind: "function", definition: statement, scope });
      return next;
    case "class": {
      const members: Scope = { names: new Map(), parent: scope };
      execute(statement.body, members, run);
      scope.names.set(statement.name, { kind: "class", definition: statement, scope, members });
      return next;
    }
    case "import":
      importInto(statement, scope, run);
      return next;
    case "assign": {
      if (!statement.value) return next;
      const value = evaluate(statement.value, scope, run);
      for (const targets of statement.targets) bind(targets, value, scope, run);
      return next;
    }
    case "update": {
      const before = evaluate(statement.target, scope, run);
      const value = evaluate(statement.value, scope, run);
      bind([statement.target], compare(statement.operator.slice(0, -1), before, value), scope, run);
      return next;
    }
    case "expression":
      run.host.statement(evaluate(statement.value, scope, run), statement.at);
      return next;
    case "if":
      return executeIf(statement, scope, run);
    case "for":
      return executeFor(statement, scope, run);
    case "while": {
      const test = evaluate(statement.test, scope, run);
      if (truthOf(test) === false) return next;
      if (truthOf(test) === true) return executeLoop(statement.body, scope, run);
      return tryOut(
        statement,
        [statement.body],
        `how often it runs depends on ${describe(test)}`,
        scope,
        run,
      );
    }
    case "with":
      return executeWith(statement, scope, run);
    case "try":
      return executeTry(statement, scope, run);
    case "return":
      return { kind: "return", value: statement.value ? evaluate(statement.value, scope, run) : none };
    case "raise":
      return {
        kind: "raise",
        value: statement.value ? evaluate(statement.value, scope, run) : none,
        statement,
      };
    case "pass":
      return next;
    case "break":
    case "continue":
      return { kind: statement.kind };
    case "other":
      if (
        /^(AssertStatement|ScopeStatement|DeleteStatement|FunctionDefinition|TypeDefinition)$/.test(
          statement.node,
        )
      )
        return next;
      loseTrack(statement.at, "a statement that is not followed", run);
      return next;
  }
}

function importInto(
  { from, names }: Extract<PythonStatement, { kind: "import" }>,
  scope: Scope,
  run: Run,
): void {
  for (const { name, as } of names) {
    if (from !== null && name === "*") {
      for (const [each, value] of run.host.exported(from)) scope.names.set(each, value);
      continue;
    }
    const path = from === null ? name : `${from}.${name}`;
    const bound = as ?? (from === null ? (name.split(".")[0] ?? name) : name);
    const known = from === null ? run.host.imported(name, null) : run.host.imported(from, name);
    scope.names.set(bound, known ?? { kind: "name", path: as === null && from === null ? bound : path });
  }
}

function executeIf(statement: Extract<PythonStatement, { kind: "if" }>, scope: Scope, run: Run): Completion {
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
    return tryOut(statement, bodies, `whether it runs depends on ${describe(value)}`, scope, run);
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

function executeFor(
  statement: Extract<PythonStatement, { kind: "for" }>,
  scope: Scope,
  run: Run,
): Completion {
  const list = evaluate(statement.iterable, scope, run);
  const items = itemsOf(list);
  if (!items) {
    bind(statement.targets, { kind: "element", of: list }, scope, run);
    const condition = run.host.mayHave(list);
    const attempt = () =>
      tryOut(statement, [statement.body], `what it goes over depends on ${describe(list)}`, scope, run);
    if (!condition) return attempt();
    return under({ condition, at: statement.iterable.at, isOpposite: false }, run, attempt);
  }
  return executeItems([...items], statement, scope, run);
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
function executeLoop(body: readonly PythonStatement[], scope: Scope, run: Run): Completion {
  return replaced(execute(body, scope, run), (end) => (/^(break|continue)$/.test(end) ? next : null));
}

/**
 * Statements of which is not known whether they run: they have no effect here, what they assign is not known
 * afterwards, and when they would have had an effect, or would have ended the function, that is said.
 */
function tryOut(
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

function executeWith(
  statement: Extract<PythonStatement, { kind: "with" }>,
  scope: Scope,
  run: Run,
): Completion {
  const contexts: PythonValue[] = [];
  const [only] = statement.items;
  const around = statement.items.length === 1 && only ? evaluate(only.value, scope, run) : null;
  if (around?.kind === "call" && isContextManager(around.callee)) {
    let inner: Completion = next;
    run.yields.push(() => {
      inner = execute(statement.body, scope, run);
    });
    callOwn(around.callee, around.args, run);
    return inner;
  }
  for (const [i, { value, as }] of statement.items.entries()) {
    const context = (i === 0 ? around : null) ?? evaluate(value, scope, run);
    contexts.push(context);
    const entered = run.host.enter(context, statement.at);
    if (as) bind([as], entered, scope, run);
  }
  const completion = execute(statement.body, scope, run);
  for (const context of contexts.toReversed()) run.host.exit(context, statement.at);
  return completion;
}

/** A `try` is taken to succeed; what would only run after a failure is not followed. */
function executeTry(
  statement: Extract<PythonStatement, { kind: "try" }>,
  scope: Scope,
  run: Run,
): Completion {
  const body = execute(statement.body, scope, run);
  const [handler] = statement.handlers;
  const follow = (kind: EndKind, block: readonly PythonStatement[]) =>
    under(deciding(body, [kind]), run, () => execute(block, scope, run));
  const caught = handler && mayEnd(body, ["raise"]) ? follow("raise", handler) : null;
  const through = mayEnd(body, ["next"]) ? follow("next", statement.otherwise) : next;
  const rest = replaced(body, (end) => {
    if (end === "next") return through;
    return end === "raise" ? caught : null;
  });
  const last = execute(statement.last, scope, run);
  return last.kind === "next" ? rest : last;
}
