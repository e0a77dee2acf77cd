import { z } from "zod";
import { Entities, entityKinds } from "./snapshot-state.ts";

const row = z.looseObject({ entityType: z.enum(entityKinds) });

/** What a delta names: the kind of an entity and its own names, parted by a zero byte. */
const key = z.string().regex(new RegExp(`^(?:${entityKinds.join("|")})\0`));

const delta = z.discriminatedUnion("op", [
  z.object({ op: z.literal("create"), row }),
  z.object({ op: z.literal("drop"), key }),
  z.object({ op: z.enum(["alter", "rename"]), key, set: z.record(z.string(), z.unknown()) }),
]);

const header = { version: z.literal("9"), dialect: z.literal("postgres"), id: z.string() };

const node = z.discriminatedUnion("type", [
  z.object({ ...header, type: z.literal("base"), prevIds: z.array(z.string()), ddl: z.array(row) }),
  z.object({
    ...header,
    type: z.literal("diff"),
    prevIds: z.tuple([z.string()], z.string()),
    deltas: z.array(delta),
  }),
]);

type Node = z.output<typeof node>;
type Diff = Extract<Node, { type: "diff" }>;
type Graph = ReadonlyMap<string, Node>;

/** What stands for the empty database, before the first. */
const origin = "00000000-0000-0000-0000-000000000000";

/**
 * The whole schema of a folder whose snapshots, which are given in its order, hold only what changed, but for the first. Drizzle
 * Kit puts it together for what it generates next (drizzle-kit/src/dialects/postgres/folder.ts, reconstruct.ts): the line of
 * first parents from the base on, and before a merge, in the order of the folders, what the other parents alone had. Branches
 * that are not merged count as if they were now. Where it would refuse, or where something has another form, the reason.
 */
export function wholeOf(
  snapshots: readonly unknown[],
): { readonly ddl: unknown } | { readonly skipped: string } {
  const graph = graphOf(snapshots);
  if ("skipped" in graph) return graph;
  const parents = new Set([...graph.nodes.values()].flatMap(({ prevIds }) => prevIds));
  const leaves = [...graph.nodes.keys()].filter((id) => !parents.has(id)).reverse();
  const [first, ...line] = lineTo(graph.nodes, leaves[0] ?? origin);
  if (first?.type !== "base") return broken;
  const state = new Entities();
  const steps = [
    ...line.flatMap((one) => (one.type === "diff" ? [...othersOf(graph.nodes, one.prevIds), one] : [])),
    ...othersOf(graph.nodes, leaves),
  ];
  const fits =
    first.ddl.every((one) => state.add(one)) && steps.every(({ deltas }) => applied(state, deltas));
  return fits
    ? { ddl: state.list() }
    : { skipped: "what it and those before it changed does not fit together" };
}

const broken = { skipped: "one that it builds on is missing or out of place" };

/** Every one by its id, each after all that it builds on. */
function graphOf(snapshots: readonly unknown[]): { readonly nodes: Graph } | { readonly skipped: string } {
  const nodes = new Map<string, Node>();
  for (const json of snapshots) {
    const read = node.safeParse(json);
    if (!read.success) return { skipped: "it or one that it builds on has a form that is not read" };
    if (nodes.has(read.data.id)) return broken;
    const before = read.data.prevIds.filter((id) => id !== origin);
    // The tool refuses one that sorts before what it builds on.
    if (before.some((id) => !nodes.has(id))) return broken;
    if (read.data.type === "diff" && read.data.prevIds[0] === origin) return broken;
    nodes.set(read.data.id, read.data);
  }
  const bases = [...nodes.values()].filter(({ type }) => type === "base");
  return bases.length === 1 ? { nodes } : broken;
}

/** From the base to one of them, along the first parents. */
function lineTo(nodes: Graph, id: string): Node[] {
  const line: Node[] = [];
  for (let one = nodes.get(id); one; one = one.type === "diff" ? nodes.get(one.prevIds[0]) : undefined)
    line.push(one);
  return line.reverse();
}

/** What the further parents have and the first has not. */
function othersOf(nodes: Graph, [first, ...others]: readonly string[]): Diff[] {
  if (others.length === 0) return [];
  const known = historyOf(nodes, first === undefined ? [] : [first]);
  const rest = historyOf(nodes, others);
  return [...nodes].flatMap(([id, one]) =>
    one.type === "diff" && rest.has(id) && !known.has(id) ? [one] : [],
  );
}

function historyOf(nodes: Graph, ids: readonly string[]): ReadonlySet<string> {
  const found = new Set(ids);
  for (const id of found) for (const before of nodes.get(id)?.prevIds ?? []) found.add(before);
  return found;
}

/** False where two migrations give one name to two things, which the tool refuses. */
function applied(state: Entities, deltas: Diff["deltas"]): boolean {
  return deltas.every((one) => {
    if (one.op === "create") return state.add(one.row);
    if (one.op === "drop") return state.drop(one.key);
    return state.set(one.key, one.set);
  });
}
