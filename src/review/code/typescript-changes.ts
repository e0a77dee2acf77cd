import { type Node, nameIn } from "./typescript-nodes.ts";

/** Names that are assigned to or changed in place anywhere in a node, functions that it defines aside. */
export function collectChanges(node: Node, changed: Set<string>): void {
  const open: Node[] = [node];
  for (let one = open.pop(); one; one = open.pop()) {
    const parts = one as Node & Record<"left" | "argument" | "callee" | "arguments", unknown>;
    if (/Function|ObjectMethod|Class/.test(one.type)) continue;
    if (one.type === "AssignmentExpression") markChanged(parts.left as Node, changed);
    if (one.type === "UpdateExpression") markChanged(parts.argument as Node, changed);
    if (one.type === "CallExpression") {
      const callee = parts.callee as Node & { object?: Node; property?: Node & { name?: string } };
      const [first] = parts.arguments as Node[];
      if (callee.object && inPlace.test(callee.property?.name ?? "")) markChanged(callee.object, changed);
      if (first && callee.property?.name === "assign") markChanged(first, changed);
    }
    for (const child of Object.values(one).flat()) {
      if (child !== null && typeof child === "object" && "type" in child) open.push(child as Node);
    }
  }
}

const inPlace = /^(push|unshift|splice|pop|shift|sort|reverse|fill|set|delete|add|clear)$/;

/** The name at the root of what is assigned to. */
function markChanged(node: Node, changed: Set<string>): void {
  let root = node;
  while ("object" in root && root.object) root = root.object as Node;
  if (root.type === "Identifier") changed.add(nameIn(root as Node & { name: string }));
}
