import { bind, evaluate, isContextManager, itemsOf } from "./python-evaluate.ts";
import { compare } from "./python-operators.ts";
import { describe, type Host, type Run } from "./python-run.ts";
import type { PythonExpression, PythonParameter, PythonStatement } from "./python-tree.ts";
import {
  type CallArguments,
  none,
  type PythonValue,
  type Scope,
  stringOf,
  truthOf,
  unknown,
} from "./python-values.ts";

/** How a block of statements ended. */
export type Completion =
  | { readonly kind: "next" | "break" | "continue" | "stopped" }
  | { readonly kind: "return"; readonly value: PythonValue }
  | { readonly kind: "raise"; readonly value: PythonValue; readonly statement: PythonStatement };

const next: Completion = { kind: "next" };
const maxSteps = 50_000;
const maxDepth = 40;

/** Begins to read a file for a host. */
export function startRun(host: Host): Run {
  const run: Run = {
    host,
    steps: 0,
    depth: 0,
    tried: 0,
    yields: [],
    evaluate: (expression, scope) => evaluate(expression, scope, run),
    callOwn: (callee, args) => callOwn(callee, args, run).value,
  };
  return run;
}

/** Follows statements one after another. */
export function execute(statements: readonly PythonStatement[], scope: Scope, run: Run): Completion {
  for (const statement of statements) {
    run.steps += 1;
    if (run.steps > maxSteps) {
      if (run.steps === maxSteps + 1) run.host.skip(statement.at, "the file takes too many steps to follow");
      return { kind: "stopped" };
    }
    const completion = executeOne(statement, scope, run);
    if (completion.kind !== "next") return completion;
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
  run.depth += 1;
  const completion = execute(callee.definition.body, inner, run);
  run.depth -= 1;
  return { value: completion.kind === "return" ? completion.value : none, completion };
}

function parametersIn(
  parameters: readonly PythonParameter[],
  { positional, named }: CallArguments,
  parent: Scope,
  run: Run,
): Scope {
  const inner: Scope = { names: new Map(), parent };
  let at = 0;
  for (const { name, stars, defaultValue } of parameters) {
    if (stars === "*") {
      inner.names.set(name, { kind: "sequence", type: "tuple", items: positional.slice(at) });
      at = positional.length;
    } else if (stars === "**") {
      const others = [...named].filter(([each]) => !parameters.some((one) => one.name === each));
      inner.names.set(name, {
        kind: "dict",
        entries: others.map(([each, value]) => [stringOf(each), value]),
      });
    } else {
      const given = positional[at] ?? named.get(name);
      if (positional[at]) at += 1;
      inner.names.set(name, given ?? (defaultValue ? evaluate(defaultValue, parent, run) : unknown(name)));
    }
  }
  return inner;
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
      run.host.skip(statement.at, "a statement that is not followed");
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
    const bodies = statement.branches.slice(i).map((branch) => branch.body);
    return tryOut(statement, bodies, `whether it runs depends on ${describe(value)}`, scope, run);
  }
  return next;
}

function executeFor(
  statement: Extract<PythonStatement, { kind: "for" }>,
  scope: Scope,
  run: Run,
): Completion {
  const list = evaluate(statement.iterable, scope, run);
  const items = itemsOf(list);
  if (!items) {
    bind(statement.targets, unknown(describe(list)), scope, run);
    return tryOut(statement, [statement.body], `what it goes over depends on ${describe(list)}`, scope, run);
  }
  for (const item of [...items]) {
    bind(statement.targets, item, scope, run);
    const completion = execute(statement.body, scope, run);
    if (completion.kind === "break") return next;
    if (completion.kind !== "next" && completion.kind !== "continue") return completion;
  }
  return execute(statement.otherwise, scope, run);
}

/** `while True` ends when nothing is left to do, which is not known: what it does is followed once. */
function executeLoop(body: readonly PythonStatement[], scope: Scope, run: Run): Completion {
  const completion = execute(body, scope, run);
  return completion.kind === "break" || completion.kind === "continue" ? next : completion;
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
  const leaves = ends.some(({ kind }) => kind === "return" || kind === "stopped");
  if (touches) run.host.skip(statement.at, reason);
  else if (leaves) run.host.skip(statement.at, reason.replace("it runs", "the rest runs"));
  return next;
}

/** Names that statements give a value to, at any depth below them. */
function assignedIn(statements: readonly PythonStatement[]): string[] {
  return statements.flatMap((statement): string[] => {
    switch (statement.kind) {
      case "assign":
        return statement.targets.flat().flatMap(namesIn);
      case "update":
        return namesIn(statement.target);
      case "if":
        return statement.branches.flatMap(({ body }) => assignedIn(body));
      case "for":
        return [...statement.targets.flatMap(namesIn), ...assignedIn(statement.body)];
      case "while":
      case "with":
        return assignedIn(statement.body);
      case "try":
        return [statement.body, ...statement.handlers, statement.otherwise, statement.last].flatMap(
          assignedIn,
        );
      default:
        return [];
    }
  });
}

function namesIn(target: PythonExpression): string[] {
  if (target.kind === "name") return [target.name];
  return target.kind === "sequence" ? target.items.flatMap(({ value }) => namesIn(value)) : [];
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
  const caught = body.kind === "raise" && statement.handlers.length > 0;
  const after = caught ? execute(statement.handlers[0] ?? [], scope, run) : body;
  const rest = after.kind === "next" && !caught ? execute(statement.otherwise, scope, run) : after;
  const last = execute(statement.last, scope, run);
  return last.kind === "next" ? rest : last;
}
