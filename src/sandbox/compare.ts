import type { Difference } from "../review/types.ts";
import { isBenignChange, renumbered } from "./benign.ts";
import { type Catalog, type CatalogObject, keyOf } from "./catalog.ts";

/** What two states of a schema differ in; `benign` differences are no defect of a migration. */
export interface Comparison {
  readonly residue: readonly Difference[];
  readonly benign: readonly Difference[];
}

/** Longest text that is shown of a definition, in characters. */
const longestText = 400;

/**
 * Compares two states of a schema object by object. What follows from a listed object is not listed again: the columns,
 * indexes and constraints of a table that is left behind, the index of a missing column.
 */
export function compareCatalogs(before: Catalog, after: Catalog): Comparison {
  if (before === after) return { residue: [], benign: [] };
  const old = different(before, after);
  const fresh = different(after, before);
  const extra = fresh.filter((object) => !before.has(keyOf(object)));
  const renames = renumbered(
    old.filter((object) => !after.has(keyOf(object))),
    extra,
  );
  const known = renames.byAfterKey;
  const changes = [
    ...old.flatMap((object) => compareObject(object, after, renames.names)),
    ...extra
      .filter((object) => isCompared(object) && !known.has(keyOf(object)))
      .map((object) => change("extra", null, object)),
  ].filter(({ object }) => !renames.beforeKeys.has(keyOf(object)));
  const seen = new Map(changes.map((entry) => [`${entry.difference.change} ${keyOf(entry.object)}`, entry]));
  const listed = changes.filter((entry) => !follows(entry, seen));
  return {
    residue: listed.filter((entry) => !entry.benign).map(({ difference }) => difference),
    benign: [
      ...listed.filter((entry) => entry.benign).map(({ difference }) => difference),
      ...renames.differences,
      ...columnOrders(before, after, [...old, ...fresh]),
    ],
  };
}

/** Objects that are not the very same on the other side. A name that was renumbered since then can stand in those only. */
function different(some: Catalog, others: Catalog): readonly CatalogObject[] {
  const objects: CatalogObject[] = [];
  for (const [key, object] of some) if (others.get(key) !== object) objects.push(object);
  return objects;
}

interface Change {
  readonly object: CatalogObject;
  readonly difference: Difference;
  readonly benign: boolean;
}

function compareObject(
  before: CatalogObject,
  catalog: Catalog,
  names: ReadonlyMap<string, string>,
): Change[] {
  if (!isCompared(before)) return [];
  const after = catalog.get(keyOf(before));
  if (!after) return [change("missing", before, null)];
  const definition = withNames(after.definition, names);
  const texts = (kind: string, old: string | null, now: string | null, benign: boolean): Change => ({
    object: before,
    difference: {
      kind,
      identity: labelOf(kind, before),
      change: "changed",
      before: shorten(old),
      after: shorten(now),
    },
    benign,
  });
  const changes: Change[] = [];
  if (definition !== before.definition) {
    changes.push(
      texts(before.kind, before.definition, definition, isBenignChange(before, { ...after, definition })),
    );
  }
  if (before.physical !== after.physical)
    changes.push(texts("setting", before.physical, after.physical, true));
  if (before.owner !== after.owner) changes.push(texts("owner", before.owner, after.owner, true));
  if (before.comment !== after.comment) changes.push(texts("comment", before.comment, after.comment, false));
  return [...changes, ...comparePrivileges(before, after)];
}

function comparePrivileges(before: CatalogObject, after: CatalogObject): Change[] {
  const difference = (privilege: string, kind: "missing" | "extra"): Change => ({
    object: before,
    difference: {
      kind: "privilege",
      identity: `${privilege.replace(" to ", ` on ${keyOf(before)} to `)}`,
      change: kind,
      before: kind === "missing" ? privilege : null,
      after: kind === "extra" ? privilege : null,
    },
    benign: false,
  });
  return [
    ...before.privileges
      .filter((held) => !after.privileges.includes(held))
      .map((held) => difference(held, "missing")),
    ...after.privileges
      .filter((held) => !before.privileges.includes(held))
      .map((held) => difference(held, "extra")),
  ];
}

function change(kind: "missing" | "extra", before: CatalogObject | null, after: CatalogObject): Change;
function change(kind: "missing" | "extra", before: CatalogObject, after: CatalogObject | null): Change;
function change(
  kind: "missing" | "extra",
  before: CatalogObject | null,
  after: CatalogObject | null,
): Change {
  const object = before ?? after;
  if (!object) throw new TypeError("a difference needs an object");
  return {
    object,
    difference: {
      kind: object.kind,
      identity: object.identity,
      change: kind,
      before: before && shorten(before.definition),
      after: after && shorten(after.definition),
    },
    benign: kind === "extra" && (object.kind === "extension" || object.kind === "role"),
  };
}

/** NOT NULL is part of its column, and an index behind a constraint is part of the constraint. */
function isCompared({ kind, details }: CatalogObject): boolean {
  if (kind === "constraint") return details?.type !== "n";
  if (kind === "index") return details?.backs !== true;
  return !(kind === "table" && details?.temporary === true);
}

/** Whether an object that it cannot exist without has the same difference and is listed already. */
function follows({ object, difference }: Change, seen: ReadonlyMap<string, Change>): boolean {
  return object.parents.some((parent) => {
    const cause = seen.get(`${difference.change} ${parent}`);
    if (!cause || cause.object === object) return false;
    return (
      difference.change !== "changed" ||
      (cause.object.kind === object.kind && difference.kind === object.kind)
    );
  });
}

function columnOrders(
  before: Catalog,
  after: Catalog,
  changed: readonly CatalogObject[],
): readonly Difference[] {
  const tables = new Set(
    changed.flatMap(({ kind, details }) => (kind === "column" && details ? [String(details.table)] : [])),
  );
  const now = ordersOf(after, tables);
  return [...ordersOf(before, tables)].flatMap(([table, old]) => {
    const columns = now.get(table) ?? [];
    const isSameSet = columns.length === old.length && old.every((name) => columns.includes(name));
    if (!isSameSet || old.join("\0") === columns.join("\0")) return [];
    const texts = { before: shorten(old.join(", ")), after: shorten(columns.join(", ")) };
    return [{ kind: "column order", identity: table, change: "changed" as const, ...texts }];
  });
}

/** Names of columns in their order, by table. */
function ordersOf(catalog: Catalog, tables: ReadonlySet<string>): ReadonlyMap<string, string[]> {
  const columns = new Map<string, { name: string; position: number }[]>();
  if (tables.size === 0) return new Map();
  for (const { kind, details } of catalog.values()) {
    if (kind !== "column" || !details || !tables.has(String(details.table))) continue;
    const table = String(details.table);
    const list = columns.get(table) ?? [];
    list.push({ name: String(details.name), position: Number(details.position) });
    columns.set(table, list);
  }
  const names = (list: { name: string; position: number }[]) =>
    list.sort((a, b) => a.position - b.position).map(({ name }) => name);
  return new Map([...columns].map(([table, list]) => [table, names(list)]));
}

function labelOf(kind: string, object: CatalogObject): string {
  return kind === object.kind ? object.identity : keyOf(object);
}

function withNames(definition: string, names: ReadonlyMap<string, string>): string {
  let text = definition;
  for (const [now, old] of names) text = text.replaceAll(`'${now}'`, `'${old}'`);
  return text;
}

function shorten(text: string | null): string | null {
  if (text === null) return null;
  const clean = text.trim();
  return clean.length > longestText ? `${clean.slice(0, longestText)}…` : clean;
}
