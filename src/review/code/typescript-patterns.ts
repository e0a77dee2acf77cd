import { type Expression, type Node, nameIn, type Statement } from "./typescript-nodes.ts";
import type { TypeScriptExpression, TypeScriptPattern } from "./typescript-tree.ts";

type Read = (node: Expression) => TypeScriptExpression;

/** What takes a value apart; `read` reads the expressions in it. */
export function pattern(node: Node, read: Read): TypeScriptPattern {
  // What a parameter list, a declaration and an assignment take apart has one form.
  const one = node as Extract<
    Parameters<typeof asPattern>[0],
    { type: "Identifier" | "ObjectPattern" | "ArrayPattern" | "AssignmentPattern" }
  >;
  return asPattern(one, read);
}

type LeftSide = Extract<Statement, { type: "VariableDeclaration" }>["declarations"][number]["id"];
type Pattern =
  | LeftSide
  | { readonly type: "AssignmentPattern"; readonly left: Node; readonly right: Expression };

function asPattern(node: Pattern, read: Read): TypeScriptPattern {
  switch (node.type) {
    case "Identifier":
      return { kind: "name", name: node.name };
    case "AssignmentPattern":
      return {
        kind: "default",
        target: pattern(node.left, read),
        value: read(node.right),
      };
    case "ObjectPattern": {
      const rest = node.properties.find((one) => one.type === "RestElement");
      return {
        kind: "object",
        entries: node.properties.flatMap((one) => {
          if (one.type === "RestElement" || one.computed) return [];
          return [{ key: nameIn(one.key as Node & { name?: string }), value: pattern(one.value, read) }];
        }),
        rest: rest ? nameIn(rest.argument as Node & { name?: string }) : null,
      };
    }
    case "ArrayPattern": {
      const rest = node.elements.find((one) => one?.type === "RestElement");
      return {
        kind: "array",
        items: node.elements.flatMap((one) =>
          one?.type === "RestElement" ? [] : [one ? pattern(one, read) : null],
        ),
        rest: rest?.type === "RestElement" ? nameIn(rest.argument as Node & { name?: string }) : null,
      };
    }
    default:
      return { kind: "other" };
  }
}
