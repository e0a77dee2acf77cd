import type { Span } from "../types.ts";
import { childrenOf, type Node, nameOf, sourceOf, spanOf, splitAt } from "./python-nodes.ts";
import { stringParts } from "./python-strings.ts";
import type {
  PythonArgument,
  PythonComprehension,
  PythonExpression,
  PythonParameter,
  SequenceType,
} from "./python-tree.ts";

/** A node of the grammar as an expression; what is not followed keeps its place. */
export function readExpression(node: Node): PythonExpression {
  const at = spanOf(node);
  const children = childrenOf(node);
  switch (nameOf(node)) {
    case "VariableName":
      return { kind: "name", name: sourceOf(node), at };
    case "String":
    case "FormatString":
    case "ContinuedString":
      return { kind: "string", parts: stringParts(node, readExpression), at };
    case "Number":
      return { kind: "number", text: sourceOf(node), at };
    case "Boolean":
      return { kind: "constant", value: sourceOf(node) === "True", at };
    case "None":
      return { kind: "constant", value: null, at };
    case "ParenthesizedExpression":
      return children[1] ? readExpression(children[1]) : other(node);
    case "ArrayExpression":
      return sequence("list", children.slice(1, -1), at);
    case "TupleExpression":
      return sequence("tuple", children.slice(1, -1), at);
    case "SetExpression":
      return sequence("set", children.slice(1, -1), at);
    case "DictionaryExpression":
      return { kind: "dict", entries: entriesOf(children.slice(1, -1)), at };
    case "MemberExpression":
      return member(node, children);
    case "CallExpression":
      return call(node, children);
    case "UnaryExpression":
      return isBoolean(node) ? logical(node) : unary(node, children);
    case "BinaryExpression":
      return isBoolean(node) ? logical(node) : binary(node, children);
    case "ConditionalExpression":
      return conditional(node, children);
    case "ArrayComprehensionExpression":
    case "SetComprehensionExpression":
    case "DictionaryComprehensionExpression":
    case "ComprehensionExpression":
      return comprehension(node, children);
    case "LambdaExpression":
      return lambda(node, children);
    case "NamedExpression": {
      const [name, , value] = children;
      return name && value
        ? { kind: "assigned", name: sourceOf(name), value: readExpression(value), at }
        : other(node);
    }
    default:
      return other(node);
  }
}

/** Several expressions between commas are a tuple. */
export function readExpressions(nodes: readonly Node[]): PythonExpression | null {
  const [first] = nodes;
  const last = nodes.at(-1);
  if (!first || !last) return null;
  if (nodes.length === 1) return readExpression(first);
  return sequence("tuple", nodes, { start: spanOf(first).start, end: spanOf(last).end });
}

/** The elements between commas, with their names and stars. */
export function readArguments(nodes: readonly Node[]): PythonArgument[] {
  return splitAt(nodes, ",").flatMap((part): PythonArgument[] => {
    const [first, second, third] = part;
    if (!first) return [];
    if ((nameOf(first) === "*" || nameOf(first) === "**") && second)
      return [{ name: null, stars: nameOf(first) === "*" ? "*" : "**", value: readExpression(second) }];
    if (second && nameOf(second) === "AssignOp" && third)
      return [{ name: sourceOf(first), stars: "", value: readExpression(third) }];
    if (part.some((node) => nameOf(node) === "for"))
      return [{ name: null, stars: "", value: generator(part, spanOf(first)) }];
    return [{ name: null, stars: "", value: readExpression(first) }];
  });
}

/** The parameters of a `def` or a `lambda`. */
export function readParameters(node: Node): PythonParameter[] {
  const inner = childrenOf(node).filter((child) => !/^[()]$/.test(nameOf(child)));
  return splitAt(inner, ",").flatMap((part): PythonParameter[] => {
    const name = part.find((child) => nameOf(child) === "VariableName");
    if (!name) return [];
    const first = part[0] && nameOf(part[0]);
    const equals = part.findIndex((child) => nameOf(child) === "AssignOp");
    const value = equals === -1 ? undefined : part[equals + 1];
    return [
      {
        name: sourceOf(name),
        stars: first === "*" || first === "**" ? first : "",
        defaultValue: value ? readExpression(value) : null,
      },
    ];
  });
}

function other(node: Node): PythonExpression {
  return { kind: "other", node: nameOf(node), at: spanOf(node) };
}

function sequence(type: SequenceType, nodes: readonly Node[], at: Span): PythonExpression {
  return { kind: "sequence", type, items: readArguments(nodes), at };
}

interface Entry {
  readonly key: PythonExpression | null;
  readonly value: PythonExpression;
}

function entriesOf(nodes: readonly Node[]): Entry[] {
  return splitAt(nodes, ",").flatMap((part): Entry[] => {
    const [first, second, third] = part;
    if (!first || !second) return [];
    if (nameOf(first) === "**") return [{ key: null, value: readExpression(second) }];
    return third ? [{ key: readExpression(first), value: readExpression(third) }] : [];
  });
}

function member(node: Node, children: readonly Node[]): PythonExpression {
  const [object, dot, property] = children;
  if (!object || !dot || !property) return other(node);
  const at = spanOf(node);
  if (nameOf(dot) === ".")
    return { kind: "attribute", object: readExpression(object), name: sourceOf(property), at };
  const inner = children.slice(2, -1);
  if (inner.some((child) => nameOf(child) === ":")) return other(node);
  const index = readExpressions(inner);
  return index ? { kind: "subscript", object: readExpression(object), index, at } : other(node);
}

function call(node: Node, children: readonly Node[]): PythonExpression {
  const [callee, list] = children;
  if (!callee || !list) return other(node);
  const args = readArguments(childrenOf(list).slice(1, -1));
  return { kind: "call", callee: readExpression(callee), args, at: spanOf(node) };
}

function unary(node: Node, [operator, operand]: readonly Node[]): PythonExpression {
  if (!operator || !operand) return other(node);
  return { kind: "unary", operator: sourceOf(operator), operand: readExpression(operand), at: spanOf(node) };
}

/** `a is not b` and `a not in b` have two words between the operands. */
function binary(node: Node, children: readonly Node[]): PythonExpression {
  const left = children[0];
  const right = children.at(-1);
  if (!left || !right || children.length < 3) return other(node);
  return {
    kind: "binary",
    operator: children.slice(1, -1).map(sourceOf).join(" "),
    left: readExpression(left),
    right: readExpression(right),
    at: spanOf(node),
  };
}

function isBoolean(node: Node): boolean {
  const words =
    nameOf(node) === "UnaryExpression" ? childrenOf(node).slice(0, 1) : childrenOf(node).slice(1, 2);
  return (
    /^(UnaryExpression|BinaryExpression)$/.test(nameOf(node)) &&
    words.some((word) => /^(and|or|not)$/.test(nameOf(word))) &&
    !isMembership(node)
  );
}

function isMembership(node: Node): boolean {
  return (
    nameOf(node) === "BinaryExpression" &&
    childrenOf(node).some((child) => nameOf(child) === "in" || nameOf(child) === "is")
  );
}

/** The grammar lets `not` reach over `and` and `or`; Python does not (reference, section 6.17), so these are read again. */
function logical(node: Node): PythonExpression {
  const words = flatten(node);
  let next = 0;
  const readNot = (): PythonExpression => {
    const word = words[next];
    next += 1;
    if (word === undefined) return other(node);
    const operator = wordOf(word);
    if (operator === null) return readExpression(word);
    const operand = readNot();
    return { kind: "unary", operator, operand, at: { start: spanOf(word).start, end: operand.at.end } };
  };
  const readChain = (operator: string, readOperand: () => PythonExpression): PythonExpression => {
    let left = readOperand();
    for (let word = words[next]; word && wordOf(word) === operator; word = words[next]) {
      next += 1;
      const right = readOperand();
      left = { kind: "binary", operator, left, right, at: { start: left.at.start, end: right.at.end } };
    }
    return left;
  };
  return readChain("or", () => readChain("and", readNot));
}

function wordOf(node: Node): string | null {
  return /^(and|or|not)$/.test(nameOf(node)) ? nameOf(node) : null;
}

function flatten(node: Node): Node[] {
  return isBoolean(node) ? childrenOf(node).flatMap(flatten) : [node];
}

function conditional(node: Node, [body, , test, , otherwise]: readonly Node[]): PythonExpression {
  if (!body || !test || !otherwise) return other(node);
  return {
    kind: "conditional",
    test: readExpression(test),
    body: readExpression(body),
    otherwise: readExpression(otherwise),
    at: spanOf(node),
  };
}

function comprehension(node: Node, children: readonly Node[]): PythonExpression {
  const inner = children.slice(1, -1);
  const type = { A: "list", S: "set", D: "dict", C: "list" } as const;
  const first = nameOf(node)[0] as keyof typeof type;
  const isDict = type[first] === "dict" && inner[1] !== undefined && nameOf(inner[1]) === ":";
  const [key, , value] = inner;
  if (isDict && key && value)
    return {
      kind: "comprehension",
      type: "dict",
      key: readExpression(key),
      value: readExpression(value),
      clauses: clausesOf(inner.slice(3)),
      at: spanOf(node),
    };
  const read = generator(inner, spanOf(node));
  return read.kind === "comprehension" ? { ...read, type: type[first] } : read;
}

function generator(nodes: readonly Node[], at: Span): PythonExpression {
  const [value] = nodes;
  if (!value) return { kind: "other", node: "comprehension", at };
  const clauses = clausesOf(nodes.slice(1));
  return { kind: "comprehension", type: "list", key: null, value: readExpression(value), clauses, at };
}

/** `for a, b in c if d`, one or several. */
function clausesOf(nodes: readonly Node[]): PythonComprehension[] {
  const starts = nodes.flatMap((node, i) => (nameOf(node) === "for" ? [i] : []));
  return starts.flatMap((start, i) => {
    const part = nodes.slice(start + 1, starts[i + 1]);
    const middle = part.findIndex((node) => nameOf(node) === "in");
    const iterable = part[middle + 1];
    if (middle === -1 || !iterable) return [];
    return [
      {
        targets: targetsOf(part.slice(0, middle)),
        iterable: readExpression(iterable),
        conditions: part
          .slice(middle + 2)
          .filter((node) => nameOf(node) !== "if")
          .map(readExpression),
      },
    ];
  });
}

/** The names on the left of `in` or `=`. */
export function targetsOf(nodes: readonly Node[]): PythonExpression[] {
  return nodes.filter((node) => nameOf(node) !== ",").map(readExpression);
}

function lambda(node: Node, children: readonly Node[]): PythonExpression {
  const list = children.find((child) => nameOf(child) === "ParamList");
  const value = children.at(-1);
  if (!value) return other(node);
  return {
    kind: "lambda",
    parameters: list ? readParameters(list) : [],
    value: readExpression(value),
    at: spanOf(node),
  };
}
