import { builtinCall, isBuiltin } from "./typescript-builtins.ts";
import { asObject, keyIn, memberOf, type Run } from "./typescript-members.ts";
import { operate, printed, unaryOf } from "./typescript-operators.ts";
import type {
  TypeScriptExpression,
  TypeScriptItem,
  TypeScriptPattern,
  TypeScriptStatement,
} from "./typescript-tree.ts";
import {
  arrayOf,
  describe,
  type ObjectEntry,
  type Scope,
  type SourcePlace,
  stringOf,
  type TypeScriptClosure,
  type TypeScriptUnknown,
  type TypeScriptValue,
  truthOf,
  undefinedValue,
  unknown,
} from "./typescript-values.ts";

const maxDepth = 150;

/** What an expression comes to. */
export function evaluate(expression: TypeScriptExpression, scope: Scope, run: Run): TypeScriptValue {
  run.steps -= 1;
  if (run.steps < 0 || run.depth > maxDepth) return unknown("what is computed at length");
  run.depth += 1;
  try {
    return valueFor(expression, scope, run);
  } finally {
    run.depth -= 1;
  }
}

function valueFor(expression: TypeScriptExpression, scope: Scope, run: Run): TypeScriptValue {
  const at = { path: scope.path, ...expression.at };
  switch (expression.kind) {
    case "string":
      return stringOf(expression.value);
    case "number":
      return { kind: "number", value: expression.value };
    case "bigint":
      return { kind: "bigint", value: expression.value };
    case "boolean":
      return { kind: "boolean", value: expression.value };
    case "null":
      return { kind: "null" };
    case "name":
      return lookUp(expression.name, scope);
    case "template":
      return templateOf(expression, scope, run, at);
    case "array":
      return listOf(expression.items, scope, run) ?? unknown("a list that is not known as a whole");
    case "object":
      return objectOf(expression, scope, run);
    case "member": {
      const { property } = expression;
      const object = evaluate(expression.object, scope, run);
      if (expression.isOptional && (object.kind === "undefined" || object.kind === "null"))
        return undefinedValue;
      const name = typeof property === "string" ? property : keyIn(evaluate(property, scope, run));
      return name === null ? unknown(`a part of ${describe(object)}`) : memberOf(object, name, run);
    }
    case "call":
      return callOf(expression, scope, run, at);
    case "function":
      return { kind: "function", definition: expression, scope };
    case "conditional": {
      const test = truthOf(evaluate(expression.test, scope, run));
      if (test === null) return unknown("what depends on a condition");
      return evaluate(test ? expression.whenTrue : expression.otherwise, scope, run);
    }
    case "binary":
      return binaryOf(expression, scope, run);
    case "unary":
      return unaryOf(expression.operator, evaluate(expression.value, scope, run));
    default:
      return unknown(`code of the kind ${expression.node}`);
  }
}

function lookUp(name: string, scope: Scope): TypeScriptValue {
  for (let one: Scope | null = scope; one; one = one.parent) {
    const binding = one.names.get(name);
    if (binding) return binding();
  }
  return name === "undefined" ? undefinedValue : { kind: "external", from: "", name };
}

/** Puts a name into a scope that is worked out when it is first asked for. */
export function bind(scope: Scope, name: string, compute: () => TypeScriptValue): void {
  scope.names.set(name, once(name, compute));
}

function once(name: string, compute: () => TypeScriptValue): () => TypeScriptValue {
  let state: TypeScriptValue | "new" | "busy" = "new";
  return () => {
    if (state === "busy") return unknown(`${name}, which needs itself`);
    if (state !== "new") return state;
    state = "busy";
    const value = compute();
    state = value;
    return value;
  };
}

/** Puts what a declaration declares into its scope; says by which names. */
export function declare(
  { pattern, value }: TypeScriptStatement & { readonly kind: "declare" },
  scope: Scope,
  changed: ReadonlySet<string>,
  run: Run,
): string[] {
  const whole = once("it", () => (value ? evaluate(value, scope, run) : undefinedValue));
  return bindPattern(pattern, whole, scope, run, changed);
}

function bindPattern(
  pattern: TypeScriptPattern,
  value: () => TypeScriptValue,
  scope: Scope,
  run: Run,
  changed: ReadonlySet<string> = new Set(),
): string[] {
  const part = (name: string, compute: () => TypeScriptValue) => {
    bind(scope, name, changed.has(name) ? () => unknown(`${name}, which changes`) : compute);
    return name;
  };
  switch (pattern.kind) {
    case "name":
      return [part(pattern.name, value)];
    case "default":
      return bindPattern(
        pattern.target,
        () => {
          const given = value();
          return given.kind === "undefined" ? evaluate(pattern.value, scope, run) : given;
        },
        scope,
        run,
        changed,
      );
    case "object": {
      const names = pattern.entries.flatMap(({ key, value: target }) =>
        bindPattern(target, () => memberOf(value(), key, run), scope, run, changed),
      );
      const { rest } = pattern;
      if (rest === null) return names;
      const taken = new Set(pattern.entries.map(({ key }) => key));
      return [...names, part(rest, () => without(value(), taken))];
    }
    case "array": {
      const names = pattern.items.flatMap((target, i) =>
        target ? bindPattern(target, () => memberOf(value(), String(i), run), scope, run, changed) : [],
      );
      const { rest } = pattern;
      if (rest === null) return names;
      const from = pattern.items.length;
      return [
        ...names,
        part(rest, () => {
          const whole = value();
          return whole.kind === "array" ? arrayOf(whole.items.slice(from)) : unknown(describe(whole));
        }),
      ];
    }
    default:
      return [];
  }
}

function without(value: TypeScriptValue, keys: ReadonlySet<string>): TypeScriptValue {
  if (value.kind !== "object") return unknown(`a part of ${describe(value)}`);
  return { ...value, entries: new Map([...value.entries].filter(([key]) => !keys.has(key))) };
}

function templateOf(
  expression: TypeScriptExpression & { readonly kind: "template" },
  scope: Scope,
  run: Run,
  at: SourcePlace,
): TypeScriptValue {
  const { tag, texts } = expression;
  const values = expression.values.map((value) => evaluate(value, scope, run));
  if (tag !== null) return { kind: "tagged", tag: evaluate(tag, scope, run), texts, values, at };
  let text = texts[0] ?? "";
  for (const [i, value] of values.entries()) {
    const part = printed(value);
    if (part === null) return unknown(`a text with ${describe(value)}`);
    text += part + (texts[i + 1] ?? "");
  }
  return stringOf(text);
}

function listOf(items: readonly TypeScriptItem[], scope: Scope, run: Run): TypeScriptValue | null {
  const values: TypeScriptValue[] = [];
  for (const { value, isSpread } of items) {
    const one = evaluate(value, scope, run);
    if (!isSpread) values.push(one);
    else if (one.kind === "array") values.push(...one.items);
    // What is spread and not known stands for any number of items.
    else values.push(unknown(`...${describe(one)}`));
    if (values.length > maxItems) return null;
  }
  return arrayOf(values);
}

const maxItems = 100_000;

function objectOf(
  expression: TypeScriptExpression & { readonly kind: "object" },
  scope: Scope,
  run: Run,
): TypeScriptValue {
  const entries = new Map<string, ObjectEntry>();
  const missing: TypeScriptUnknown[] = [];
  for (const entry of expression.entries) {
    const at = { path: scope.path, ...entry.at };
    const value = evaluate(entry.value, scope, run);
    if (entry.kind === "property") {
      const key = typeof entry.key === "string" ? entry.key : keyIn(evaluate(entry.key, scope, run));
      if (key === null) missing.push(unknown("a property whose name is computed"));
      else entries.set(key, { value, at });
      continue;
    }
    const spread = asObject(value, run);
    if (spread.kind === "object") {
      for (const [key, { value: inner }] of spread.entries) entries.set(key, { value: inner, at });
      missing.push(...spread.missing);
    } else if (truthOf(value) !== false) {
      missing.push(unknown(`...${describe(value)}`));
    }
  }
  return { kind: "object", entries, missing };
}

function callOf(
  expression: TypeScriptExpression & { readonly kind: "call" },
  scope: Scope,
  run: Run,
  at: SourcePlace,
): TypeScriptValue {
  const callee = evaluate(expression.callee, scope, run);
  if (callee.kind === "unknown") return callee;
  let known: readonly TypeScriptValue[] | null = null;
  const args = () => {
    if (known === null) {
      // Arguments that need the call itself see none.
      known = [];
      const list = listOf(expression.args, scope, run);
      known = list?.kind === "array" ? list.items : [];
    }
    return known;
  };
  if (!expression.isNew) {
    if (callee.kind === "function") return apply(callee, args(), run);
    const value = isBuiltin(callee) ? builtinCall(callee, args(), run) : null;
    if (value) return value;
  }
  // What a library is called with is worked out when it is asked for: most of it leads to files that nobody needs.
  return {
    kind: "call",
    callee,
    isNew: expression.isNew,
    at,
    get args() {
      return args();
    },
  };
}

/** What a function of the repository gives for these arguments. */
export function apply(
  { definition, scope }: TypeScriptClosure,
  args: readonly TypeScriptValue[],
  run: Run,
): TypeScriptValue {
  if (run.depth > maxDepth) return unknown("what is computed at length");
  const inner: Scope = { path: scope.path, parent: scope, names: new Map() };
  for (const [i, parameter] of definition.parameters.entries())
    bindPattern(parameter, () => args[i] ?? undefinedValue, inner, run, definition.changed);
  const { rest } = definition;
  if (rest !== null) bind(inner, rest, () => arrayOf(args.slice(definition.parameters.length)));
  return runBody(definition.body, inner, definition.changed, run) ?? undefinedValue;
}

/** What a block returns; null when it goes on. */
function runBody(
  body: readonly TypeScriptStatement[],
  scope: Scope,
  changed: ReadonlySet<string>,
  run: Run,
): TypeScriptValue | null {
  for (const statement of body) {
    switch (statement.kind) {
      case "declare":
        declare(statement, scope, changed, run);
        break;
      case "return":
        return statement.value ? evaluate(statement.value, scope, run) : undefinedValue;
      case "if": {
        const test = truthOf(evaluate(statement.test, scope, run));
        if (test === null) return unknown("what depends on a condition");
        const inner: Scope = { path: scope.path, parent: scope, names: new Map() };
        const value = runBody(test ? statement.whenTrue : statement.otherwise, inner, changed, run);
        if (value) return value;
        break;
      }
      case "throw":
        return unknown("a function that throws");
      case "other":
        return unknown(`a function with a ${statement.node}`);
      default:
        break;
    }
  }
  return null;
}

function binaryOf(
  expression: TypeScriptExpression & { readonly kind: "binary" },
  scope: Scope,
  run: Run,
): TypeScriptValue {
  const { operator } = expression;
  const left = evaluate(expression.left, scope, run);
  const right = () => evaluate(expression.right, scope, run);
  const isTrue = truthOf(left);
  switch (operator) {
    case "||":
    case "&&":
      if (isTrue === null) return unknown(`${describe(left)} ${operator} …`);
      return isTrue === (operator === "||") ? left : right();
    case "??":
      if (left.kind === "null" || left.kind === "undefined") return right();
      return isTrue === null ? unknown(`${describe(left)} ?? …`) : left;
    default:
      return operate(operator, left, right());
  }
}
