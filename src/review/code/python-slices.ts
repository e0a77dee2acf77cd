import type { Span } from "../types.ts";
import { definedIn } from "./python-names.ts";
import { lastNameOf } from "./python-optional.ts";
import type { PythonClass, PythonStatement } from "./python-tree.ts";

/** A module as far as some of its names go. */
export interface PythonSlice {
  /** Statements that give these names, and the names behind them, their values; in order. */
  readonly statements: readonly PythonStatement[];
  /** What they use of other modules, in dotted names as imports write them. */
  readonly uses: readonly string[];
}

/** Takes out of a module what gives names their values, and all that this leans on in it. */
export function sliceOf(body: readonly PythonStatement[], names: Iterable<string>): PythonSlice {
  const definitions = new Map<string, PythonStatement[]>();
  for (const statement of body)
    for (const name of definedIn([statement]))
      definitions.set(name, [...(definitions.get(name) ?? []), statement]);
  const chosen = new Set<PythonStatement>();
  /** Imports that only say what a name means. */
  const named = new Set<PythonStatement>();
  const missing: string[] = [];
  // A set is gone through while it grows.
  const roots = new Set(names);
  for (const name of roots) {
    const found = definitions.get(name);
    if (!found) missing.push(name);
    for (const statement of found ?? []) {
      if (chosen.has(statement)) continue;
      chosen.add(statement);
      for (const [root] of chainsIn(needed(statement))) if (root !== undefined) roots.add(root);
      for (const [root = ""] of chainsIn(keptOf(statement)))
        for (const one of definitions.get(root) ?? []) if (one.kind === "import") named.add(one);
    }
  }
  const isStar = (statement: PythonStatement) =>
    statement.kind === "import" && statement.names.some(({ name }) => name === "*");
  const isWanted = (one: PythonStatement) =>
    chosen.has(one) || named.has(one) || (missing.length > 0 && isStar(one));
  const statements = body.filter(isWanted);
  return { statements, uses: usesOf(statements, [...roots], missing) };
}

/** What statements use of other modules; names that are `missing` may come of any import with a star. */
function usesOf(
  statements: readonly PythonStatement[],
  wanted: readonly string[],
  missing: readonly string[],
): string[] {
  const bound = new Map<string, string>();
  const uses = new Set<string>();
  for (const { from, names } of importsIn(statements))
    for (const { name, as } of names) {
      if (from !== null && name === "*") for (const each of missing) uses.add(memberPath(from, each));
      else if (from !== null) bound.set(as ?? name, memberPath(from, name));
      else if (as !== null) bound.set(as, name);
      else for (const first of name.split(".").slice(0, 1)) bound.set(first, first);
    }
  const chains = [...statements.flatMap((one) => chainsIn(needed(one))), ...wanted.map((name) => [name])];
  for (const [root = "", ...rest] of chains) {
    const path = bound.get(root);
    if (path !== undefined) uses.add([path, ...rest].join("."));
  }
  return [...uses];
}

/** Whether a class is read with its methods: an enumeration, or a type of its own. */
function isWhole({ bases }: PythonClass): boolean {
  return bases.some(({ value }) => {
    const base = value.kind === "subscript" ? value.object : value;
    return /(Enum|Flag|Type|Decorator)$/.test(lastNameOf(base) ?? "");
  });
}

/** What a statement needs for its meaning: of a class that declares things, only what it derives from. */
function needed(statement: PythonStatement): unknown {
  if (statement.kind !== "class" || isWhole(statement)) return statement;
  return [statement.bases, statement.decorators];
}

/** What of a class is kept as it is written. */
function keptOf(statement: PythonStatement): unknown {
  return statement.kind === "class" ? statement.body.filter((one) => !isLeftOut(one, statement)) : [];
}

function isLeftOut({ kind }: PythonStatement, owner: PythonClass): boolean {
  return (kind === "function" || kind === "class") && !isWhole(owner);
}

/** A statement's text with what stands above its `def` or `class`; of a class that declares things, its methods are left out. */
export function textOfSlice(statement: PythonStatement, text: string): string {
  const { start, end } = wholeSpanOf(statement, text);
  if (statement.kind !== "class") return text.slice(start, end);
  let found = "";
  let from = start;
  for (const one of statement.body.filter((each) => isLeftOut(each, statement))) {
    const span = wholeSpanOf(one, text);
    found += `${text.slice(from, span.start)}pass`;
    from = span.end;
  }
  return found + text.slice(from, end);
}

function wholeSpanOf(statement: PythonStatement, text: string): Span {
  const [first] = "decorators" in statement ? statement.decorators : [];
  const { start, end } = statement.at;
  return { start: first ? text.lastIndexOf("@", first.at.start) : start, end };
}

/** `from a.b import c` means `a.b.c`, `from . import c` means `.c`. */
export function memberPath(module: string, name: string): string {
  return module.endsWith(".") ? `${module}${name}` : `${module}.${name}`;
}

type Import = Extract<PythonStatement, { kind: "import" }>;

/** Imports at any depth. */
function importsIn(tree: unknown): Import[] {
  if (Array.isArray(tree)) return tree.flatMap(importsIn);
  if (!isNode(tree)) return [];
  if (tree.kind === "import") return [tree as unknown as Import];
  return Object.entries(tree).flatMap(([key, value]) => (isBlock.test(key) ? importsIn(value) : []));
}

const isBlock = /^(body|branches|handlers|otherwise|last)$/;

const known = new WeakMap<object, string[][]>();

/** Names that are used at any depth, each with the attributes that are taken of it; what only types name is left out. */
function chainsIn(tree: unknown): string[][] {
  if (Array.isArray(tree)) return tree.flatMap(chainsIn);
  if (!isNode(tree)) return [];
  const before = known.get(tree);
  if (before) return before;
  const chain = chainOf(tree);
  const found = chain
    ? [chain]
    : Object.entries(tree).flatMap(([key, value]) =>
        /^(annotation|returns|at|offsets)$/.test(key) ? [] : chainsIn(value),
      );
  if ("at" in tree) known.set(tree, found);
  return found;
}

function chainOf(tree: object): string[] | null {
  if (!("kind" in tree && "name" in tree) || typeof tree.name !== "string") return null;
  if (tree.kind === "name") return [tree.name];
  if (tree.kind !== "attribute" || !("object" in tree) || !isNode(tree.object)) return null;
  const outer = chainOf(tree.object);
  return outer && [...outer, tree.name];
}

function isNode(tree: unknown): tree is { readonly kind?: unknown } & object {
  return typeof tree === "object" && tree !== null;
}
