import { type ParserPlugin, parse } from "@babel/parser";
import { collectChanges } from "./typescript-changes.ts";
import { at, type Expression, type Node, nameIn, type Statement } from "./typescript-nodes.ts";
import { pattern } from "./typescript-patterns.ts";
import type {
  TypeScriptEntry,
  TypeScriptExpression,
  TypeScriptItem,
  TypeScriptModule,
  TypeScriptStatement,
} from "./typescript-tree.ts";

/** Files above this many characters are not code that people wrote. */
const maxLength = 2 ** 20;

/** Reads a TypeScript or JavaScript file into its declarations; nothing of it is executed. */
export function parseTypeScript(text: string, path: string): TypeScriptModule {
  if (text.length > maxLength)
    return { kind: "unreadable", reason: "it is larger than what is read of code" };
  try {
    const { program } = parse(text, {
      sourceType: "unambiguous",
      errorRecovery: true,
      allowReturnOutsideFunction: true,
      attachComment: false,
      plugins: pluginsFor(path),
    });
    const changed = new Set<string>();
    return { kind: "module", body: program.body.flatMap((node) => statement(node, changed)), changed };
  } catch (cause) {
    // Babel gives up with a SyntaxError, and nesting without end exhausts the stack.
    if (cause instanceof RangeError) return { kind: "unreadable", reason: "it is nested too deeply" };
    if (cause instanceof SyntaxError)
      return { kind: "unreadable", reason: `it is not valid TypeScript: ${cause.message.slice(0, 120)}` };
    throw cause;
  }
}

function pluginsFor(path: string): ParserPlugin[] {
  const jsx: ParserPlugin[] = /\.[jt]sx$|\.[cm]?js$/.test(path) ? ["jsx"] : [];
  return ["typescript", "decorators", "explicitResourceManagement", ...jsx];
}

function statement(node: Statement, changed: Set<string>): TypeScriptStatement[] {
  switch (node.type) {
    case "ImportDeclaration":
      if (node.importKind === "type" || node.importKind === "typeof") return [];
      return [
        {
          kind: "import",
          from: node.source.value,
          names: node.specifiers.flatMap((one) => {
            if (one.type === "ImportDefaultSpecifier") return [{ name: "default", as: one.local.name }];
            if (one.type === "ImportNamespaceSpecifier") return [{ name: "*", as: one.local.name }];
            return one.importKind === "type" ? [] : [{ name: nameIn(one.imported), as: one.local.name }];
          }),
        },
      ];
    case "ExportAllDeclaration":
      return node.exportKind === "type" ? [] : [{ kind: "export all", from: node.source.value }];
    case "ExportNamedDeclaration":
      if (node.exportKind === "type") return [];
      if (node.declaration)
        return statement(node.declaration, changed).map((one) =>
          one.kind === "declare" ? { ...one, isExported: true } : one,
        );
      return [
        {
          kind: "export",
          from: node.source?.value ?? null,
          names: node.specifiers.flatMap((one) => {
            if (one.type === "ExportSpecifier")
              return one.exportKind === "type" ? [] : [{ name: nameIn(one.local), as: nameIn(one.exported) }];
            return one.type === "ExportNamespaceSpecifier" ? [{ name: "*", as: nameIn(one.exported) }] : [];
          }),
        },
      ];
    case "ExportDefaultDeclaration": {
      const { declaration } = node;
      if (declaration.type === "FunctionDeclaration" || declaration.type === "ClassDeclaration") {
        const value = functionOrClass(declaration);
        const named = declaration.id ? [declare(declaration.id.name, value)] : [];
        return [...named, { kind: "export default", value }];
      }
      if (declaration.type === "TSDeclareFunction") return [];
      return [{ kind: "export default", value: expression(declaration as Expression, changed) }];
    }
    case "TSExportAssignment":
      return [{ kind: "assign exports", name: null, value: expression(node.expression, changed) }];
    case "VariableDeclaration":
      if (node.declare) return [];
      return node.declarations.map((one) => ({
        kind: "declare",
        pattern: pattern(one.id, (node) => expression(node, changed)),
        value: one.init ? expression(one.init, changed) : null,
        isExported: false,
      }));
    case "FunctionDeclaration":
    case "ClassDeclaration":
      return node.id ? [declare(node.id.name, functionOrClass(node))] : [];
    case "TSEnumDeclaration":
      return [declare(node.id.name, enumObject(node, changed))];
    case "ReturnStatement":
      return [{ kind: "return", value: node.argument ? expression(node.argument, changed) : null }];
    case "IfStatement":
      return [
        {
          kind: "if",
          test: expression(node.test, changed),
          whenTrue: blockOf(node.consequent, changed),
          otherwise: node.alternate ? blockOf(node.alternate, changed) : [],
        },
      ];
    case "BlockStatement":
      return node.body.flatMap((one) => statement(one, changed));
    case "ThrowStatement":
      return [{ kind: "throw" }];
    case "ExpressionStatement":
      return [expressionStatement(node.expression, changed)];
    case "EmptyStatement":
    case "TSDeclareFunction":
    case "TSInterfaceDeclaration":
    case "TSTypeAliasDeclaration":
    case "TSModuleDeclaration":
      return [];
    default:
      collectChanges(node, changed);
      return [{ kind: "other", node: node.type }];
  }
}

function expressionStatement(node: Expression, changed: Set<string>): TypeScriptStatement {
  collectChanges(node, changed);
  const value = expression(node, changed);
  if (node.type !== "AssignmentExpression" || node.operator !== "=") return { kind: "expression", value };
  const target = expression(node.left as Expression, changed);
  if (target.kind !== "member" || typeof target.property !== "string") return { kind: "expression", value };
  const assigned = expression(node.right, changed);
  const { object, property } = target;
  if (object.kind === "name" && object.name === "module" && property === "exports")
    return { kind: "assign exports", name: null, value: assigned };
  const isExports =
    (object.kind === "name" && object.name === "exports") ||
    (object.kind === "member" && object.property === "exports");
  return isExports
    ? { kind: "assign exports", name: property, value: assigned }
    : { kind: "expression", value };
}

function blockOf(node: Statement, changed: Set<string>): TypeScriptStatement[] {
  return statement(node, changed);
}

function declare(name: string, value: TypeScriptExpression): TypeScriptStatement {
  return { kind: "declare", pattern: { kind: "name", name }, value, isExported: false };
}

type Declared = Extract<Statement, { type: "FunctionDeclaration" | "ClassDeclaration" }>;

function functionOrClass(node: Declared): TypeScriptExpression {
  if (node.type === "ClassDeclaration") return other(node);
  if (node.async || node.generator) return other(node);
  return functionOf(node, node.body);
}

function functionOf(node: Node & { readonly params: readonly Node[] }, body: Node): TypeScriptExpression {
  const last = node.params.at(-1);
  const rest =
    last?.type === "RestElement" ? pattern((last as Node & { argument: Node }).argument, other) : null;
  const own = new Set<string>();
  return {
    kind: "function",
    parameters: node.params
      .slice(0, rest ? -1 : undefined)
      .map((one) => pattern(one, (node) => expression(node, own))),
    rest: rest?.kind === "name" ? rest.name : null,
    body:
      body.type === "BlockStatement"
        ? statement(body as Statement, own)
        : [{ kind: "return", value: expression(body as Expression, own) }],
    changed: own,
    at: at(node),
  };
}

function enumObject(
  node: Extract<Statement, { type: "TSEnumDeclaration" }>,
  changed: Set<string>,
): TypeScriptExpression {
  let next = 0;
  const members = node.body?.members ?? node.members ?? [];
  return {
    kind: "object",
    entries: members.map((member) => {
      const key = member.id.type === "Identifier" ? member.id.name : nameIn(member.id);
      const value: TypeScriptExpression = member.initializer
        ? expression(member.initializer, changed)
        : { kind: "number", value: next, at: at(member) };
      next = value.kind === "number" ? value.value + 1 : Number.NaN;
      return { kind: "property", key, value, at: at(member) };
    }),
    at: at(node),
  };
}

function other(node: Node): TypeScriptExpression {
  return { kind: "other", node: node.type, at: at(node) };
}

function expression(node: Expression, changed: Set<string>): TypeScriptExpression {
  const here = at(node);
  const read = (one: Node) => expression(one as Expression, changed);
  switch (node.type) {
    case "StringLiteral":
      return { kind: "string", value: node.value, at: here };
    case "NumericLiteral":
      return { kind: "number", value: node.value, at: here };
    case "BigIntLiteral":
      return { kind: "bigint", value: node.value, at: here };
    case "BooleanLiteral":
      return { kind: "boolean", value: node.value, at: here };
    case "NullLiteral":
      return { kind: "null", at: here };
    case "Identifier":
      return { kind: "name", name: node.name, at: here };
    case "TemplateLiteral":
      return { kind: "template", tag: null, ...templateOf(node, changed), at: here };
    case "TaggedTemplateExpression":
      return { kind: "template", tag: read(node.tag), ...templateOf(node.quasi, changed), at: here };
    case "ArrayExpression":
      return {
        kind: "array",
        items: node.elements.map((one) =>
          one
            ? item(one, changed)
            : { value: { kind: "name", name: "undefined", at: here }, isSpread: false },
        ),
        at: here,
      };
    case "ObjectExpression":
      return { kind: "object", entries: node.properties.map((one) => entry(one, changed)), at: here };
    case "MetaProperty":
      return { kind: "name", name: `${node.meta.name}.${node.property.name}`, at: here };
    case "MemberExpression":
    case "OptionalMemberExpression": {
      const { property } = node;
      return {
        kind: "member",
        object: read(node.object),
        property:
          !node.computed && (property.type === "Identifier" || property.type === "PrivateName")
            ? nameIn(property.type === "Identifier" ? property : property.id)
            : read(property),
        isOptional: node.type === "OptionalMemberExpression",
        at: here,
      };
    }
    case "CallExpression":
    case "OptionalCallExpression":
    case "NewExpression":
      return {
        kind: "call",
        callee: read(node.callee),
        args: node.arguments.map((one) => item(one, changed)),
        isNew: node.type === "NewExpression",
        at: here,
      };
    case "ArrowFunctionExpression":
    case "FunctionExpression":
      return node.async || node.generator ? other(node) : functionOf(node, node.body);
    case "ConditionalExpression":
      return {
        kind: "conditional",
        test: read(node.test),
        whenTrue: read(node.consequent),
        otherwise: read(node.alternate),
        at: here,
      };
    case "BinaryExpression":
    case "LogicalExpression":
      return {
        kind: "binary",
        operator: node.operator,
        left: read(node.left),
        right: read(node.right),
        at: here,
      };
    case "UnaryExpression":
      return { kind: "unary", operator: node.operator, value: read(node.argument), at: here };
    case "AssignmentExpression":
    case "UpdateExpression":
      collectChanges(node, changed);
      return other(node);
    case "TSAsExpression":
    case "TSSatisfiesExpression":
    case "TSNonNullExpression":
    case "TSTypeAssertion":
    case "TSInstantiationExpression":
    case "ParenthesizedExpression":
      return read(node.expression);
    default:
      return other(node);
  }
}

function templateOf(node: Extract<Expression, { type: "TemplateLiteral" }>, changed: Set<string>) {
  return {
    texts: node.quasis.map(({ value }) => value.cooked ?? value.raw),
    values: node.expressions.map((one) => expression(one as Expression, changed)),
  };
}

function item(node: Node, changed: Set<string>): TypeScriptItem {
  if (node.type === "SpreadElement") {
    const { argument } = node as Node & { argument: Expression };
    return { value: expression(argument, changed), isSpread: true };
  }
  return { value: expression(node as Expression, changed), isSpread: false };
}

type Property = Extract<Expression, { type: "ObjectExpression" }>["properties"][number];

function entry(node: Property, changed: Set<string>): TypeScriptEntry {
  if (node.type === "SpreadElement")
    return { kind: "spread", value: expression(node.argument, changed), at: at(node) };
  const { key: written } = node;
  const key =
    !node.computed && written.type !== "PrivateName"
      ? keyOf(written as Node & { name?: string; value?: unknown })
      : expression(written as Expression, changed);
  if (node.type === "ObjectMethod") {
    const isPlain = node.kind === "method" && !node.async && !node.generator;
    return {
      kind: "property",
      key,
      value: isPlain ? functionOf(node, node.body) : other(node),
      at: at(node),
    };
  }
  return { kind: "property", key, value: expression(node.value as Expression, changed), at: at(node) };
}

function keyOf(node: Node & { name?: string; value?: unknown }): string {
  return node.name ?? String(node.value ?? "");
}
