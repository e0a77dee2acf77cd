import { parsePython } from "../code/python.ts";
import { execute, startRun } from "../code/python-execute.ts";
import { none, type PythonValue, type Scope } from "../code/python-values.ts";
import { quietHost } from "./quiet.ts";

/** What a migration file says of its place in the history. */
export interface Revision {
  readonly path: string;
  readonly id: string;
  /** Revisions that run before it: `down_revision`, one or several. */
  readonly after: readonly string[];
  /** Revisions of other branches that it needs: `depends_on`. */
  readonly dependsOn: readonly string[];
  readonly labels: readonly string[];
}

/** The revision that a file holds; null when it holds none. */
export function readRevision(path: string, text: string): Revision | null {
  const start = /^(?:\w+[ \t]+)?def\s|^@/m.exec(text)?.index ?? text.length;
  const place = placeOf(text.slice(0, start));
  return place && { path, ...place };
}

type Place = Omit<Revision, "path">;

/** What the beginnings of files say: a history is read with each review, and mostly only grows. */
const places = new Map<string, Place | null>();
const mostPlaces = 5_000;
/** Characters; most beginnings have a few hundred. */
const longestPlace = 2_000;

function placeOf(head: string): Place | null {
  const known = places.get(head);
  if (known !== undefined) return known;
  const place = placeIn(head);
  if (places.size === mostPlaces) places.clear();
  if (head.length <= longestPlace) places.set(copyOf(head), place);
  return place;
}

/** A part of a text would keep all of it in memory. */
function copyOf(text: string): string {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(new TextEncoder().encode(text));
}

function placeIn(text: string): Place | null {
  const module = parsePython(text);
  if (module.kind === "unreadable") return null;
  const scope: Scope = { names: new Map(), parent: null };
  const assignments = module.body.filter(({ kind }) => kind === "assign");
  execute(assignments, scope, startRun(quietHost));
  const [id] = textsOf(scope.names.get("revision"));
  if (id === undefined || !scope.names.has("down_revision")) return null;
  return {
    id,
    after: textsOf(scope.names.get("down_revision")),
    dependsOn: textsOf(scope.names.get("depends_on")),
    labels: textsOf(scope.names.get("branch_labels")),
  };
}

function textsOf(value: PythonValue = none): string[] {
  if (value.kind === "string") return [value.value];
  return value.kind === "sequence" ? value.items.flatMap(textsOf) : [];
}

export interface Order {
  readonly revisions: readonly Revision[];
  /** What keeps Alembic from running them, by the file that shows it. */
  readonly problems: readonly { readonly path: string; readonly reason: string }[];
}

/**
 * The order in which `alembic upgrade heads` runs revisions: each after those that it follows and depends on, a branch as
 * a whole before the next one begins; else by their files' names.
 */
export function orderRevisions(found: readonly Revision[]): Order {
  const problems: { path: string; reason: string }[] = [];
  const byId = new Map<string, Revision>();
  for (const revision of found.toSorted((a, b) => (a.path < b.path ? -1 : 1))) {
    const twin = byId.get(revision.id);
    if (twin)
      problems.push({
        path: revision.path,
        reason: `revision ${revision.id} stands in ${nameOf(twin.path)} as well; Alembic knows only one of them`,
      });
    else byId.set(revision.id, revision);
  }
  const resolve = resolver(byId);
  const before = new Map<string, string[]>();
  for (const revision of byId.values()) {
    const names = [...revision.after, ...revision.dependsOn];
    const known = names.flatMap((name) => resolve(name) ?? []);
    before.set(revision.id, known);
    const missing = names.find((name) => resolve(name) === null);
    if (missing !== undefined)
      problems.push({
        path: revision.path,
        reason: `it follows revision ${missing}, which does not exist; Alembic refuses to start`,
      });
  }
  const revisions = sorted(byId, before);
  const rest = [...byId.values()].filter((revision) => !revisions.includes(revision));
  for (const { path, id } of rest.slice(0, 1))
    problems.push({
      path,
      reason: `revision ${id} follows itself, by way of others; Alembic refuses to start`,
    });
  return { revisions: [...revisions, ...rest], problems: [...problems, ...severalHeads(byId, before)] };
}

/** A revision by its id, the beginning of it, or a branch's label. */
function resolver(byId: ReadonlyMap<string, Revision>): (name: string) => string | null {
  const labels = new Map(
    [...byId.values()].flatMap(({ id, labels: own }) => own.map((label) => [label, id] as const)),
  );
  return (name) => {
    const bare = name.split("@").at(-1) ?? name;
    if (byId.has(bare)) return bare;
    const label = labels.get(bare);
    if (label !== undefined) return label;
    const begin = bare.length < 4 ? [] : [...byId.keys()].filter((id) => id.startsWith(bare));
    return begin.length === 1 ? (begin[0] ?? null) : null;
  };
}

/** Depth first: what becomes ready because of the last revision runs next. */
function sorted(
  byId: ReadonlyMap<string, Revision>,
  before: ReadonlyMap<string, readonly string[]>,
): Revision[] {
  const following = new Map<string, string[]>();
  const open = new Map<string, number>();
  for (const [id, names] of before) {
    const distinct = new Set(names);
    open.set(id, distinct.size);
    for (const name of distinct) following.set(name, [...(following.get(name) ?? []), id]);
  }
  const ready = [...byId.keys()].filter((id) => open.get(id) === 0).toReversed();
  const order: Revision[] = [];
  for (let id = ready.pop(); id !== undefined; id = ready.pop()) {
    const revision = byId.get(id);
    if (revision) order.push(revision);
    for (const next of (following.get(id) ?? []).toReversed()) {
      const left = (open.get(next) ?? 0) - 1;
      open.set(next, left);
      if (left === 0) ready.push(next);
    }
  }
  return order;
}

/** More than one revision that none follows: `alembic upgrade head` then refuses. Branches with labels are meant to stay apart. */
function severalHeads(byId: ReadonlyMap<string, Revision>, before: ReadonlyMap<string, readonly string[]>) {
  const followed = new Set([...before.values()].flat());
  const heads = [...byId.values()].filter(({ id }) => !followed.has(id));
  const isMeant = [...byId.values()].some(({ labels }) => labels.length > 0);
  if (heads.length < 2 || isMeant) return [];
  return heads.map(({ path, id }) => {
    const others = heads.flatMap((head) => (head.id === id ? [] : [head.id]));
    const list = others.slice(0, 3).join(", ");
    return {
      path,
      reason: `it is one of ${heads.length} heads: no revision follows ${id}, nor ${list}; alembic upgrade head refuses to run until one follows the other, or a merge revision both`,
    };
  });
}

function nameOf(path: string): string {
  return path.split("/").at(-1) ?? path;
}
