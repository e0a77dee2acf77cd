import { parser } from "@lezer/python";
import {
  readArguments,
  readExpression,
  readExpressions,
  readParameters,
  targetsOf,
} from "./python-expressions.ts";
import { childrenOf, type Node, nameOf, sourceOf, spanOf, splitAt } from "./python-nodes.ts";
import type { PythonExpression, PythonModule, PythonStatement } from "./python-tree.ts";

/** Reads a Python file into its statements; nothing of it is executed. */
export function parsePython(text: string): PythonModule {
  const tree = parser.parse(text);
  const top = { text, node: tree.topNode };
  const wrong = firstError(top);
  if (wrong) return { kind: "unreadable", at: spanOf(wrong) };
  return { kind: "module", text, body: statementsOf(childrenOf(top)) };
}

function firstError({ text, node }: Node): Node | null {
  const cursor = node.cursor();
  do {
    if (cursor.type.isError && !isBareYield(cursor.node, text)) return { text, node: cursor.node };
  } while (cursor.next());
  return null;
}

/** The grammar wants a value after `yield`; Python does not. */
function isBareYield({ from, to, prevSibling, parent }: Node["node"], text: string): boolean {
  if (from !== to) return false;
  return (
    prevSibling?.name === "yield" ||
    parent?.name === "YieldExpression" ||
    /\byield\s*$/.test(text.slice(Math.max(0, from - 80), from))
  );
}

function statementsOf(nodes: readonly Node[]): PythonStatement[] {
  return nodes.flatMap((node) => (/^(:|;|Comment)$/.test(nameOf(node)) ? [] : [readStatement(node)]));
}

function bodyOf(node: Node | undefined): PythonStatement[] {
  return node ? statementsOf(childrenOf(node)) : [];
}

function readStatement(node: Node): PythonStatement {
  const at = spanOf(node);
  const children = childrenOf(node);
  switch (nameOf(node)) {
    case "ImportStatement":
      return importOf(node, children);
    case "AssignStatement":
      return assignOf(node, children);
    case "UpdateStatement": {
      const [target, operator, value] = children;
      if (!target || !operator || !value) return other(node);
      return {
        kind: "update",
        target: readExpression(target),
        operator: sourceOf(operator),
        value: readExpression(value),
        at,
      };
    }
    case "ExpressionStatement": {
      const value = readExpressions(children);
      return value ? { kind: "expression", value, at } : other(node);
    }
    case "FunctionDefinition":
      return functionOf(node, children, []);
    case "ClassDefinition":
      return classOf(node, children, []);
    case "DecoratedStatement": {
      const definition = children.at(-1);
      if (!definition) return other(node);
      const decorators = children
        .slice(0, -1)
        .flatMap((child) => decoratorOf(childrenOf(child).slice(1)) ?? []);
      if (nameOf(definition) === "ClassDefinition")
        return classOf(definition, childrenOf(definition), decorators);
      if (nameOf(definition) !== "FunctionDefinition") return readStatement(definition);
      return functionOf(definition, childrenOf(definition), decorators);
    }
    case "IfStatement":
      return { kind: "if", branches: branchesOf(children), at };
    case "ForStatement":
      return forOf(node, children);
    case "WhileStatement": {
      const test = children[1];
      return test
        ? { kind: "while", test: readExpression(test), body: bodyOf(children[2]), at }
        : other(node);
    }
    case "WithStatement":
      return withOf(node, children);
    case "TryStatement":
      return tryOf(node, children);
    case "ReturnStatement":
      return { kind: "return", value: readExpressions(children.slice(1)), at };
    case "RaiseStatement":
      return { kind: "raise", value: children[1] ? readExpression(children[1]) : null, at };
    case "YieldStatement":
      return { kind: "expression", value: { kind: "other", node: "YieldExpression", at }, at };
    case "PassStatement":
      return { kind: "pass", at };
    case "BreakStatement":
      return { kind: "break", at };
    case "ContinueStatement":
      return { kind: "continue", at };
    default:
      return other(node);
  }
}

function other(node: Node): PythonStatement {
  return { kind: "other", node: nameOf(node), at: spanOf(node) };
}

function importOf(node: Node, children: readonly Node[]): PythonStatement {
  const middle = children.findIndex((child) => nameOf(child) === "import");
  const isFrom = nameOf(children[0] ?? node) === "from";
  const from = isFrom ? children.slice(1, middle).map(sourceOf).join("") : null;
  const list = children.slice(middle + 1).filter((child) => !/^[()]$/.test(nameOf(child)));
  const names = splitAt(list, ",").flatMap((part) => {
    const as = part.findIndex((child) => nameOf(child) === "as");
    const name = part
      .slice(0, as === -1 ? undefined : as)
      .map(sourceOf)
      .join("");
    const alias = as === -1 ? undefined : part[as + 1];
    return name === "" ? [] : [{ name, as: alias ? sourceOf(alias) : null }];
  });
  return { kind: "import", from, names, at: spanOf(node) };
}

/** `a: str = b = 1`, `a, b = c`: every target is a list of names. */
function assignOf(node: Node, children: readonly Node[]): PythonStatement {
  const parts = splitAt(
    children.filter((child) => nameOf(child) !== "TypeDef"),
    "AssignOp",
  );
  const value = parts.length > 1 ? readExpressions(parts.at(-1) ?? []) : null;
  const type = children.find((child) => nameOf(child) === "TypeDef");
  return {
    kind: "assign",
    targets: parts.slice(0, Math.max(1, parts.length - 1)).map(targetsOf),
    annotation: type ? readExpressions(typeIn(type)) : null,
    value,
    at: spanOf(node),
  };
}

/** What stands behind the colon or the arrow. */
function typeIn(type: Node): Node[] {
  return childrenOf(type).filter((child) => !/^(:|->)$/.test(sourceOf(child)));
}

function functionOf(
  node: Node,
  children: readonly Node[],
  decorators: readonly PythonExpression[],
): PythonStatement {
  const name = children.find((child) => nameOf(child) === "VariableName");
  const parameters = children.find((child) => nameOf(child) === "ParamList");
  const returns = children.find((child) => nameOf(child) === "TypeDef");
  const body = children.find((child) => nameOf(child) === "Body");
  if (!name || !parameters || nameOf(children[0] ?? node) !== "def") return other(node);
  return {
    kind: "function",
    name: sourceOf(name),
    parameters: readParameters(parameters),
    returns: returns ? readExpressions(typeIn(returns)) : null,
    body: bodyOf(body),
    decorators,
    at: spanOf(node),
  };
}

/** `@a.b(c)`: the grammar lists the words of a decorator without building an expression of them. */
function decoratorOf([first, ...rest]: readonly Node[]): PythonExpression | null {
  if (!first) return null;
  let found = readExpression(first);
  for (const node of rest) {
    const at = { start: found.at.start, end: spanOf(node).end };
    if (nameOf(node) === "ArgList")
      found = { kind: "call", callee: found, args: readArguments(childrenOf(node).slice(1, -1)), at };
    else if (nameOf(node) !== ".") found = { kind: "attribute", object: found, name: sourceOf(node), at };
  }
  return found;
}

function classOf(
  node: Node,
  children: readonly Node[],
  decorators: readonly PythonExpression[],
): PythonStatement {
  const name = children.find((child) => nameOf(child) === "VariableName");
  const bases = children.find((child) => nameOf(child) === "ArgList");
  const body = children.find((child) => nameOf(child) === "Body");
  if (!name) return other(node);
  return {
    kind: "class",
    name: sourceOf(name),
    bases: bases ? readArguments(childrenOf(bases).slice(1, -1)) : [],
    body: bodyOf(body),
    decorators,
    at: spanOf(node),
  };
}

function branchesOf(children: readonly Node[]) {
  return children.flatMap((child, i) => {
    if (nameOf(child) !== "Body") return [];
    const test = children[i - 1];
    const isElse = !test || nameOf(test) === "else";
    return [{ test: isElse ? null : readExpression(test), body: bodyOf(child) }];
  });
}

function forOf(node: Node, children: readonly Node[]): PythonStatement {
  const middle = children.findIndex((child) => nameOf(child) === "in");
  const bodies = children.filter((child) => nameOf(child) === "Body");
  const end = children.findIndex((child) => nameOf(child) === "Body");
  const iterable = readExpressions(children.slice(middle + 1, end));
  if (middle === -1 || !iterable || nameOf(children[0] ?? node) !== "for") return other(node);
  return {
    kind: "for",
    targets: targetsOf(children.slice(1, middle)),
    iterable,
    body: bodyOf(bodies[0]),
    otherwise: bodyOf(bodies[1]),
    at: spanOf(node),
  };
}

function withOf(node: Node, children: readonly Node[]): PythonStatement {
  if (nameOf(children[0] ?? node) !== "with") return other(node);
  const inner = children.slice(1).filter((child) => !/^(Body|[()])$/.test(nameOf(child)));
  const items = splitAt(inner, ",").flatMap((part) => {
    const [value, as, target] = part;
    if (!value) return [];
    return [
      {
        value: readExpression(value),
        as: as && target && nameOf(as) === "as" ? readExpression(target) : null,
      },
    ];
  });
  const body = children.find((child) => nameOf(child) === "Body");
  return { kind: "with", items, body: bodyOf(body), at: spanOf(node) };
}

function tryOf(node: Node, children: readonly Node[]): PythonStatement {
  let word = "";
  const bodies: Record<string, PythonStatement[][]> = {};
  for (const child of children) {
    if (/^(try|except|else|finally)$/.test(nameOf(child))) word = nameOf(child);
    if (nameOf(child) !== "Body") continue;
    bodies[word] = [...(bodies[word] ?? []), bodyOf(child)];
  }
  return {
    kind: "try",
    body: bodies.try?.[0] ?? [],
    handlers: bodies.except ?? [],
    otherwise: bodies.else?.[0] ?? [],
    last: bodies.finally?.[0] ?? [],
    at: spanOf(node),
  };
}
