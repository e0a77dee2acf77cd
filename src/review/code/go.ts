import type { SyntaxNode } from "@lezer/common";
import { parser } from "@lezer/go";
import type { Span } from "../types.ts";
import { unquoted } from "./go-strings.ts";
import type {
  GoCall,
  GoEntry,
  GoExpression,
  GoField,
  GoFile,
  GoMethod,
  GoType,
  GoTypeDeclaration,
} from "./go-tree.ts";

/** Reads a Go file; nothing of it is executed. The same text is read once, as long as it is not long ago. */
export function parseGo(text: string): GoFile {
  const known = parsed.get(text);
  if (known) return known;
  if (parsed.size >= mostParsed) parsed.clear();
  const file = read(text);
  parsed.set(text, file);
  return file;
}

const parsed = new Map<string, GoFile>();
const mostParsed = 1000;

function read(text: string): GoFile {
  const top = parser.parse(text).topNode;
  const types: GoTypeDeclaration[] = [];
  const methods: GoMethod[] = [];
  const imports = new Map<string, string>();
  const constants = new Map<string, GoExpression>();
  const source = { text };
  for (const node of childrenOf(top)) {
    if (node.name === "ImportDecl") for (const spec of specsOf(node)) putImport(source, spec, imports);
    if (node.name === "TypeDecl") types.push(...specsOf(node).flatMap((spec) => typesOf(source, spec)));
    if (node.name === "ConstDecl") for (const spec of specsOf(node)) putConstants(source, spec, constants);
    if (node.name === "MethodDecl") methods.push(...methodOf(source, node));
  }
  const calls: GoCall[] = [];
  const literals: Extract<GoExpression, { kind: "literal" }>[] = [];
  const wrong: Span[] = [];
  const cursor = top.cursor();
  do {
    if (cursor.type.isError) wrong.push(spanOf(cursor.node));
    if (cursor.name === "CallExpr") calls.push(...callOf(source, cursor.node));
    if (cursor.name === "TypedLiteral") {
      const literal = readExpression(source, cursor.node);
      if (literal.kind === "literal") literals.push(literal);
    }
  } while (cursor.next());
  const name = childrenOf(top)
    .find((node) => node.name === "PackageClause")
    ?.getChild("DefName");
  return {
    package: name ? textOf(source, name) : "",
    imports,
    types,
    methods,
    constants,
    calls,
    literals,
    wrong,
  };
}

interface Source {
  readonly text: string;
}

function textOf({ text }: Source, { from, to }: { readonly from: number; readonly to: number }): string {
  return text.slice(from, to);
}

function spanOf({ from, to }: SyntaxNode): Span {
  return { start: from, end: to };
}

function childrenOf(node: SyntaxNode): SyntaxNode[] {
  const children: SyntaxNode[] = [];
  for (let child = node.firstChild; child; child = child.nextSibling) {
    if (!/^(LineComment|BlockComment)$/.test(child.name)) children.push(child);
  }
  return children;
}

/** The declarations of `type (…)`, `const (…)` and `import (…)`, and of one without parentheses. */
function specsOf(node: SyntaxNode): SyntaxNode[] {
  return childrenOf(node).flatMap((child) => {
    if (child.name === "SpecList") return childrenOf(child).filter(({ name }) => name.endsWith("Spec"));
    return child.name.endsWith("Spec") ? [child] : [];
  });
}

function putImport(source: Source, spec: SyntaxNode, imports: Map<string, string>): void {
  const path = spec.getChild("String");
  const value = path && unquoted(textOf(source, path));
  if (!value) return;
  const alias = spec.getChild("DefName");
  imports.set(alias ? textOf(source, alias) : packageNameOf(value), value);
}

/** What a package is called by its path, as far as it keeps to the custom: `null` of `gopkg.in/guregu/null.v4`. */
function packageNameOf(path: string): string {
  const parts = path.split("/").filter((part, i, all) => !(i === all.length - 1 && /^v\d+$/.test(part)));
  return (parts.at(-1) ?? path).replace(/\.v\d+$/, "").replace(/^go-|-go$/, "");
}

function typesOf(source: Source, spec: SyntaxNode): GoTypeDeclaration[] {
  const children = childrenOf(spec);
  const name = children.find((child) => child.name === "DefName");
  const type = children.findLast((child) => child.name !== "DefName" && child.name !== "TypeParams");
  if (!name || !type) return [];
  const parameters = (spec.getChild("TypeParams")?.getChildren("TypeParam") ?? []).flatMap((parameter) => {
    const first = parameter.firstChild;
    return first ? [textOf(source, first)] : [];
  });
  const isAlias = children.some((child) => child.name === "=");
  return [
    { name: textOf(source, name), parameters, isAlias, type: readType(source, type), at: spanOf(spec) },
  ];
}

function putConstants(source: Source, spec: SyntaxNode, constants: Map<string, GoExpression>): void {
  const children = childrenOf(spec);
  const middle = children.findIndex(({ name }) => name === "=");
  if (middle === -1) return;
  const names = children.slice(0, middle).filter(({ name }) => name === "DefName");
  const values = children.slice(middle + 1).filter(({ name }) => name !== ",");
  for (const [i, name] of names.entries()) {
    const value = values[i];
    if (value) constants.set(textOf(source, name), readExpression(source, value));
  }
}

function methodOf(source: Source, node: SyntaxNode): GoMethod[] {
  const [receivers, own] = node.getChildren("Parameters");
  const name = node.getChild("FieldName");
  const receiver = receivers?.getChild("Parameter");
  const type = receiver && childrenOf(receiver).at(-1);
  const body = node.getChild("Block");
  if (!name || !type || !own) return [];
  const of = pointed(readType(source, type));
  if (of.kind !== "name") return [];
  const statements = body ? childrenOf(body).filter((child) => !/^[{};]$/.test(child.name)) : [];
  const returns: GoExpression[][] = [];
  if (body) collectReturns(source, body, returns);
  return [
    {
      receiver: of.name,
      name: textOf(source, name),
      takes: own.getChildren("Parameter").length,
      returns,
      isPlain: statements.length === 1 && statements[0]?.name === "ReturnStatement",
      at: spanOf(node),
    },
  ];
}

/** The returns of a function's own body, without those of functions in it. */
function collectReturns(source: Source, node: SyntaxNode, returns: GoExpression[][]): void {
  for (const child of childrenOf(node)) {
    if (child.name === "FunctionLiteral") continue;
    if (child.name !== "ReturnStatement") {
      collectReturns(source, child, returns);
      continue;
    }
    const values = childrenOf(child).filter(({ name }) => !/^(return|,|;)$/.test(name));
    returns.push(values.map((value) => readExpression(source, value)));
  }
}

/** What a type points to, through any number of pointers. */
export function pointed(type: GoType): GoType {
  return type.kind === "pointer" ? pointed(type.to) : type;
}

function readType(source: Source, node: SyntaxNode): GoType {
  const children = childrenOf(node);
  const last = children.at(-1);
  switch (node.name) {
    case "TypeName":
    case "VariableName":
      return { kind: "name", package: null, name: textOf(source, node), args: [] };
    case "QualifiedType":
    case "SelectorExpr": {
      const first = children[0];
      if (!first || !last || first === last) break;
      return { kind: "name", package: textOf(source, first), name: textOf(source, last), args: [] };
    }
    case "ParameterizedType": {
      const base = children[0] && readType(source, children[0]);
      const args = childrenOf(node.getChild("TypeArgs") ?? node).filter(
        ({ name }) => !/^([[\],]|TypeArgs)$/.test(name),
      );
      if (base?.kind !== "name") break;
      return { ...base, args: args.map((arg) => readType(source, arg)) };
    }
    case "PointerType":
      return last ? { kind: "pointer", to: readType(source, last) } : { kind: "other", node: node.name };
    case "ParenthesizedType":
      return children[1] ? readType(source, children[1]) : { kind: "other", node: node.name };
    case "SliceType":
      return last ? { kind: "slice", of: readType(source, last) } : { kind: "other", node: node.name };
    case "ArrayType":
      return last ? { kind: "array", of: readType(source, last) } : { kind: "other", node: node.name };
    case "StructType": {
      const fields = node.getChild("StructBody")?.getChildren("FieldDecl") ?? [];
      return {
        kind: "struct",
        fields: fields.flatMap((field) => fieldsOf(source, field)),
        at: spanOf(node),
      };
    }
  }
  return { kind: "other", node: node.name };
}

function fieldsOf(source: Source, node: SyntaxNode): GoField[] {
  const children = childrenOf(node);
  const at = spanOf(node);
  const names = children.filter(({ name }) => name === "FieldName");
  const last = children.at(-1);
  const tag = last?.name === "String" && children.length > 1 ? unquoted(textOf(source, last)) : null;
  const rest = children.filter(({ name }) => !/^(FieldName|,|;|String)$/.test(name));
  const written = rest.at(-1);
  if (!written) return [];
  const type = readType(source, written);
  if (names.length > 0) {
    return names.map((name) => ({ name: textOf(source, name), isEmbedded: false, type, tag, at }));
  }
  const isPointer = rest.some(({ name }) => name === "*" || name === "DerefOp");
  const base = pointed(type);
  if (base.kind !== "name") return [];
  return [
    { name: base.name, isEmbedded: true, type: isPointer ? { kind: "pointer", to: type } : type, tag, at },
  ];
}

function callOf(source: Source, node: SyntaxNode): GoCall[] {
  const call = readExpression(source, node);
  if (call.kind !== "call") return [];
  const { callee } = call;
  if (callee.kind !== "name" && callee.kind !== "member") return [];
  return [{ name: callee.name, args: call.args, at: call.at }];
}

function readExpression(source: Source, node: SyntaxNode): GoExpression {
  const at = spanOf(node);
  const children = childrenOf(node);
  const [first, second, third] = children;
  switch (node.name) {
    case "String": {
      const value = unquoted(textOf(source, node));
      if (value !== null) return { kind: "string", value, at };
      break;
    }
    case "Number":
      return { kind: "number", text: textOf(source, node), at };
    case "Bool":
      return { kind: "boolean", value: textOf(source, node) === "true", at };
    case "VariableName":
      return { kind: "name", package: null, name: textOf(source, node), at };
    case "SelectorExpr": {
      const last = children.at(-1);
      if (!first || !last) break;
      const name = textOf(source, last);
      if (first.name === "VariableName") return { kind: "name", package: textOf(source, first), name, at };
      return { kind: "member", of: readExpression(source, first), name, at };
    }
    case "ParenthesizedExpr":
      if (second) return readExpression(source, second);
      break;
    case "BinaryExp":
      if (!first || !second || !third || textOf(source, second) !== "+") break;
      return { kind: "sum", left: readExpression(source, first), right: readExpression(source, third), at };
    case "UnaryExp":
      if (!first || !second || textOf(source, first) !== "&") break;
      return { kind: "address", of: readExpression(source, second), at };
    case "CallExpr":
      return readCall(source, node, at);
    case "TypedLiteral": {
      const body = node.getChild("LiteralValue");
      if (!first || !body) break;
      return { kind: "literal", type: readType(source, first), entries: entriesOf(source, body), at };
    }
    case "LiteralValue":
      return {
        kind: "literal",
        type: { kind: "other", node: node.name },
        entries: entriesOf(source, node),
        at,
      };
  }
  return { kind: "other", node: node.name, at };
}

function readCall(source: Source, node: SyntaxNode, at: Span): GoExpression {
  const [callee, args] = [node.firstChild, node.getChild("Arguments")];
  if (!callee || !args) return { kind: "other", node: node.name, at };
  const given = childrenOf(args).filter(({ name }) => !/^[(),]$|^\.\.\.$/.test(name));
  const [type] = given;
  if (type && textOf(source, callee) === "new") return { kind: "new", type: readType(source, type), at };
  return {
    kind: "call",
    callee: readExpression(source, callee),
    args: given.map((arg) => readExpression(source, arg)),
    at,
  };
}

function entriesOf(source: Source, body: SyntaxNode): GoEntry[] {
  return body.getChildren("Element").flatMap((element) => {
    const children = childrenOf(element);
    const value = children.at(-1);
    if (!value) return [];
    const key = element.getChild("Key");
    return [{ key: key ? textOf(source, key) : null, value: readExpression(source, value) }];
  });
}
