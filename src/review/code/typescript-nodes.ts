import type { parse } from "@babel/parser";

type File = ReturnType<typeof parse>;
export type Statement = File["program"]["body"][number];
export type Expression = Extract<Statement, { type: "ExpressionStatement" }>["expression"];

/** Any node, as far as its kind and its place go. */
export interface Node {
  readonly type: string;
  readonly start?: number | null | undefined;
  readonly end?: number | null | undefined;
}

/** Where a node stands. */
export function at({ start, end }: Node) {
  return { start: start ?? 0, end: end ?? 0 };
}

/** A name that is written as one, or as a text. */
export function nameIn(node: { type: string; name?: string; value?: string }): string {
  return node.name ?? node.value ?? "";
}
