import { executeFor, executeIf, executeLoop, loseTrack, tryOut, under } from "./python-branches.ts";
import {
  type Completion,
  deciding,
  type EndKind,
  givenBy,
  mayEnd,
  next,
  raisesIn,
  replaced,
} from "./python-completions.ts";
import { bind, evaluate, isContextManager } from "./python-evaluate.ts";
import { parametersIn } from "./python-names.ts";
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
    conditions: [],
    births: new WeakMap(),
    factories: new WeakMap(),
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
