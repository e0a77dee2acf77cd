import { type Document, isMap, isNode, isScalar, isSeq } from "yaml";

/** Where the innermost part of the path that exists in a document stands; for a key in a map, the key. */
export function placeInYaml(
  { contents }: Pick<Document.Parsed, "contents">,
  path: readonly PropertyKey[],
): number {
  let node: unknown = contents;
  let offset = 0;
  for (const part of path) {
    const next = childOf(node, part);
    if (!next) break;
    offset = startOf(next.at) ?? offset;
    node = next.node;
  }
  return offset;
}

function childOf(node: unknown, part: PropertyKey): { readonly node: unknown; readonly at: unknown } | null {
  if (isMap(node)) {
    const pair = node.items.find(({ key }) => String(isScalar(key) ? key.value : key) === String(part));
    return pair ? { node: pair.value, at: pair.key } : null;
  }
  if (!isSeq(node)) return null;
  const item = node.items[Number(part)];
  return { node: item, at: item };
}

function startOf(node: unknown): number | null {
  return isNode(node) ? (node.range?.[0] ?? null) : null;
}
