import { builtin, methodOf } from "./python-builtins.ts";
import { comprehension } from "./python-comprehensions.ts";
import { compare } from "./python-operators.ts";
import { describe, doubtsIn, perhapsIn, type Run } from "./python-run.ts";
import { joinStrings, textOfValue } from "./python-text.ts";
import type { PythonArgument, PythonExpression, StringPart } from "./python-tree.ts";
import {
  booleanOf,
  type CallArguments,
  entryOf,
  isKnown,
  isPerhaps,
  none,
  numberOf,
  type PythonCall,
  type PythonDict,
  type PythonString,
  type PythonValue,
  pathOf,
  type Scope,
  truthOf,
  unknown,
} from "./python-values.ts";

/** What is known of an expression's value. */
export function evaluate(expression: PythonExpression, scope: Scope, run: Run): PythonValue {
  switch (expression.kind) {
    case "name":
      return lookUp(scope, expression.name) ?? { kind: "name", path: `builtins.${expression.name}` };
    case "string":
      return stringFrom(expression.parts, scope, run);
    case "number": {
      const text = expression.text.replaceAll("_", "");
      return { kind: "number", value: Number(text), text };
    }
    case "constant":
      return { kind: "constant", value: expression.value };
    case "sequence": {
      const items = [...argumentsOf(expression.items, scope, run).positional];
      run.births.set(items, doubtsIn(run));
      return { kind: "sequence", type: expression.type, items };
    }
    case "dict": {
      const entries = expression.entries.flatMap(({ key, value }) => entry(key, value, scope, run));
      run.births.set(entries, doubtsIn(run));
      return { kind: "dict", entries };
    }
    case "attribute":
      return attributeOf(evaluate(expression.object, scope, run), expression.name, run);
    case "subscript":
      return subscript(evaluate(expression.object, scope, run), evaluate(expression.index, scope, run), run);
    case "call":
      return call(expression, scope, run);
    case "unary":
      return unary(expression.operator, evaluate(expression.operand, scope, run));
    case "binary":
      return binary(expression, scope, run);
    case "conditional": {
      const value = evaluate(expression.test, scope, run);
      const test = truthOf(value);
      if (test !== null) return evaluate(test ? expression.body : expression.otherwise, scope, run);
      const condition = run.host.decide(value);
      if (!condition) return unknown(describe(value));
      const body = evaluate(expression.body, scope, run);
      return { kind: "choice", condition, body, otherwise: evaluate(expression.otherwise, scope, run) };
    }
    case "comprehension":
      return comprehension(expression, scope, run);
    case "lambda":
      return { kind: "lambda", parameters: expression.parameters, value: expression.value, scope };
    case "assigned": {
      const value = evaluate(expression.value, scope, run);
      scope.names.set(expression.name, value);
      return value;
    }
    case "other":
      if (expression.node === "YieldExpression") {
        run.yields.pop()?.();
        return none;
      }
      return unknown("an expression that is not followed");
  }
}

/** The value of a name in a scope and what surrounds it. */
export function lookUp(scope: Scope, name: string): PythonValue | undefined {
  for (let at: Scope | null = scope; at; at = at.parent) {
    const value = at.names.get(name);
    if (value) return value;
  }
  return undefined;
}

/** Gives names their values: one, or several from a sequence. */
export function bind(targets: readonly PythonExpression[], value: PythonValue, scope: Scope, run: Run): void {
  const [target] = targets;
  if (!target) return;
  if (targets.length > 1) {
    const items = value.kind === "sequence" && value.items.length === targets.length ? value.items : null;
    for (const [i, each] of targets.entries()) bind([each], items?.[i] ?? partOf(value, i), scope, run);
  } else if (target.kind === "sequence") {
    const inner = target.items.map((item) => item.value);
    if (inner.length === 1 && value.kind === "sequence") bind(inner, value.items[0] ?? none, scope, run);
    else bind(inner, value, scope, run);
  } else if (target.kind === "name") {
    scope.names.set(target.name, value);
  } else if (target.kind === "subscript") {
    const object = evaluate(target.object, scope, run);
    if (object.kind === "dict") {
      const perhaps = perhapsIn(object.entries, run);
      object.entries.push(perhaps ? [perhaps, perhaps] : [evaluate(target.index, scope, run), value]);
    }
  } else if (target.kind === "attribute") {
    run.host.assigned(evaluate(target.object, scope, run), target.name, value);
  }
}

/** One of several that something is taken apart into. */
function partOf(value: PythonValue, i: number): PythonValue {
  return isAsked(value) ? { kind: "subscript", object: value, index: numberOf(i) } : unknown(describe(value));
}

/** Whether it is what only the outside knows, of which a part may be asked for. */
export function isAsked({ kind }: PythonValue): boolean {
  return /^(element|listed|call|attribute|subscript|choice)$/.test(kind);
}

/** The items that a loop goes over; null when they are not known. */
export function itemsOf(value: PythonValue): readonly PythonValue[] | null {
  if (value.kind === "sequence") return value.items;
  if (value.kind === "dict") return value.entries.map(([key]) => key);
  if (value.kind !== "class") return null;
  return membersOf(value).map(([name]) => ({ kind: "attribute", object: value, name }));
}

/** The members of an enumeration: what its class gives a value to, its own words and its methods left out. */
export function membersOf({ members }: Extract<PythonValue, { kind: "class" }>): [string, PythonValue][] {
  return [...members.names].filter(
    ([name, { kind }]) => !name.startsWith("_") && kind !== "function" && kind !== "class",
  );
}

function stringFrom(parts: readonly StringPart[], scope: Scope, run: Run): PythonValue {
  const texts: PythonString[] = [];
  for (const part of parts) {
    if (part.kind === "text") {
      texts.push({ kind: "string", value: part.value, offsets: part.offsets });
      continue;
    }
    const value = evaluate(part.value, scope, run);
    const text = part.plain ? textOfValue(value) : null;
    if (text === null) return unknown(describe(value));
    // What stands between braces is seen where the braces are.
    const offsets = new Array<number>(text.value.length).fill(part.value.at.start);
    texts.push({ kind: "string", value: text.value, offsets });
  }
  return joinStrings(texts);
}

function entry(
  key: PythonExpression | null,
  value: PythonExpression,
  scope: Scope,
  run: Run,
): [PythonValue, PythonValue][] {
  const evaluated = evaluate(value, scope, run);
  if (key) return [[evaluate(key, scope, run), evaluated]];
  return evaluated.kind === "dict" ? evaluated.entries : [[unknown(describe(evaluated)), evaluated]];
}

/** The arguments of a call, stars spread where what they stand before is known. */
export function argumentsOf(args: readonly PythonArgument[], scope: Scope, run: Run): CallArguments {
  const positional: PythonValue[] = [];
  const named = new Map<string, PythonValue>();
  for (const { name, stars, value: expression } of args) {
    const value = evaluate(expression, scope, run);
    if (name !== null) named.set(name, value);
    else if (stars === "") positional.push(value);
    else if (stars === "*") positional.push(...(itemsOf(value) ?? [unknown(describe(value))]));
    else if (value.kind !== "dict") named.set("**", unknown(describe(value)));
    else for (const [key, each] of value.entries) named.set(textOfValue(key)?.value ?? "**", each);
  }
  return { positional, named };
}

/** `object.name`: of a class of the file, or of something from outside. */
export function attributeOf(object: PythonValue, name: string, run: Run): PythonValue {
  if (object.kind === "unknown") return object;
  if (object.kind === "class") {
    const known = run.host.attribute(object, name);
    if (known) return known;
    const member = object.members.names.get(name);
    const isEnum = object.definition.bases.some(({ value }) => /Enum$/.test(nameIn(value)));
    if (member && !isEnum) return member;
  }
  const field = object.kind === "call" ? fieldOf(object, name, run) : null;
  if (field) return field;
  if (object.kind === "attribute" && object.object.kind === "class") {
    if (name === "value") return object.object.members.names.get(object.name) ?? none;
    if (name === "name")
      return { kind: "string", value: object.name, offsets: new Array<number>(object.name.length).fill(-1) };
  }
  return run.host.attribute(object, name) ?? { kind: "attribute", object, name };
}

/** A field of an object whose class says by itself what it is made with: a dataclass, a named tuple, a model of pydantic. */
function fieldOf({ callee, args }: PythonCall, name: string, _run: Run): PythonValue | null {
  if (callee.kind !== "class" || args.named.has("**")) return null;
  const { definition, members } = callee;
  const bases = definition.bases.map(({ value }) => nameIn(value));
  const isData =
    bases.length === 0
      ? definition.decorators.some(
          (each) => nameIn(each.kind === "call" ? each.callee : each) === "dataclass",
        )
      : bases.every((base) => /^(NamedTuple|BaseModel)$/.test(base));
  if (!isData || members.names.has("__init__")) return null;
  const fields = definition.body.flatMap((statement) => {
    const [[target] = []] = statement.kind === "assign" && statement.annotation ? statement.targets : [];
    return target?.kind === "name" ? [target.name] : [];
  });
  const at = fields.indexOf(name);
  if (at === -1) return null;
  const given = args.named.get(name) ?? args.positional[at];
  const preset = members.names.get(name);
  return given ?? (preset && preset.kind !== "call" ? preset : unknown(name));
}

function nameIn(expression: PythonExpression): string {
  return expression.kind === "name" || expression.kind === "attribute" ? expression.name : "";
}

function subscript(object: PythonValue, index: PythonValue, run: Run): PythonValue {
  if (object.kind === "unknown") return object;
  if (object.kind === "sequence" && index.kind === "number") {
    const item = object.items.at(index.value);
    if (item) return item;
  }
  if (object.kind === "dict") {
    const item = entryOf(object, index);
    if (item && !object.entries.some(([key]) => isPerhaps(key))) return item;
    const factory = run.factories.get(object.entries);
    if (factory) return madeFor(object, index, factory, run);
  }
  if (object.kind === "class" && index.kind === "string")
    return { kind: "attribute", object, name: index.value };
  if (object.kind === "class" || pathOf(object) !== null || isAsked(object))
    return { kind: "subscript", object, index };
  return unknown(`${describe(object)}[…]`);
}

/** What a `defaultdict` puts there for a key that it has not. */
function madeFor({ entries }: PythonDict, key: PythonValue, factory: PythonValue, run: Run): PythonValue {
  const perhaps =
    perhapsIn(entries, run) ?? (isKnown(key) ? null : ({ kind: "perhaps", needs: null } as const));
  const made = perhaps ?? builtin(factory, { positional: [], named: new Map() }, run);
  entries.push([perhaps ?? key, made ?? unknown(describe(factory))]);
  return perhaps || !made ? unknown(describe(factory)) : made;
}

function call(expression: Extract<PythonExpression, { kind: "call" }>, scope: Scope, run: Run): PythonValue {
  const callee = evaluate(expression.callee, scope, run);
  const args = argumentsOf(expression.args, scope, run);
  if (callee.kind === "unknown")
    return run.host.call({ kind: "call", callee, args, at: expression.at }) ?? callee;
  if (callee.kind === "function" && isContextManager(callee))
    return { kind: "call", callee, args, at: expression.at };
  if (callee.kind === "function" || callee.kind === "lambda") return run.callOwn(callee, args, expression.at);
  const known = builtin(callee, args, run) ?? methodOf(callee, args, run);
  if (known) return known;
  const made = { kind: "call", callee, args, at: expression.at } as const;
  return run.host.call(made) ?? made;
}

/** A generator that a `with` runs around its block. */
export function isContextManager(value: PythonValue): boolean {
  return (
    value.kind === "function" &&
    value.definition.decorators.some((decorator) => nameIn(decorator) === "contextmanager")
  );
}

function unary(operator: string, operand: PythonValue): PythonValue {
  if (operator === "not") {
    const truth = truthOf(operand);
    return truth === null ? { kind: "operation", operator, left: null, right: operand } : booleanOf(!truth);
  }
  if (operand.kind === "number" && operator === "-")
    return { kind: "number", value: -operand.value, text: `-${operand.text}` };
  return { kind: "operation", operator, left: null, right: operand };
}

function binary(
  { operator, left: first, right: second }: Extract<PythonExpression, { kind: "binary" }>,
  scope: Scope,
  run: Run,
): PythonValue {
  const left = evaluate(first, scope, run);
  if (operator === "and" || operator === "or") {
    const truth = truthOf(left);
    if (truth !== null) return truth === (operator === "or") ? left : evaluate(second, scope, run);
    const right = evaluate(second, scope, run);
    // Whatever the left side is, `x and False` is not true and `x or True` is.
    if (truthOf(right) === (operator === "or")) return right;
    return { kind: "operation", operator, left, right };
  }
  return compare(operator, left, evaluate(second, scope, run));
}

/** Whether everything in a value, at any depth, is a constant. */
export function isConstant(value: PythonValue): boolean {
  if (value.kind === "sequence") return value.items.every(isConstant);
  if (value.kind === "dict") return value.entries.flat().every(isConstant);
  return isKnown(value);
}
