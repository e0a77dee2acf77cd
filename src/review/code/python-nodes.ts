import type { SyntaxNode } from "@lezer/common";
import type { Span } from "../types.ts";

/** The text that the tree was read from, with one of its nodes. */
export interface Node {
  readonly text: string;
  readonly node: SyntaxNode;
}

/** The children of a node in order, without comments. */
export function childrenOf({ node, text }: Node): Node[] {
  const children: Node[] = [];
  for (let child = node.firstChild; child; child = child.nextSibling) {
    if (child.name !== "Comment") children.push({ node: child, text });
  }
  return children;
}

export function nameOf({ node }: Node): string {
  return node.name;
}

export function sourceOf({ node, text }: Node): string {
  return text.slice(node.from, node.to);
}

export function spanOf({ node }: Node): Span {
  return { start: node.from, end: node.to };
}

/** The nodes between separators of one kind: the parts of a list. */
export function splitAt(nodes: readonly Node[], separator: string): Node[][] {
  const parts: Node[][] = [[]];
  for (const node of nodes) {
    if (nameOf(node) === separator) parts.push([]);
    else parts.at(-1)?.push(node);
  }
  return parts;
}
