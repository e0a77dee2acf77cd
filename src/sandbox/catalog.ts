import { z } from "zod";
import { standaloneKinds } from "./catalog-kinds.ts";
import { catalogSql, objectsOfRelations, standaloneObjects } from "./catalog-sql.ts";
import { EngineLost } from "./engine.ts";
import type { Changes, Marks, Oid } from "./marks.ts";
import type { Session } from "./session.ts";

/** One object of a database, in a form in which two states of it can be compared. */
export interface CatalogObject {
  /** table, column, index, … */
  readonly kind: string;
  /** E.g. "orders.user_id"; objects of schema public have no prefix. */
  readonly identity: string;
  /** Keys (kind and identity) of what it cannot exist without. */
  readonly parents: readonly string[];
  /** Everything about it that a program can notice; equal texts mean equal objects. */
  readonly definition: string;
  /** Settings that change speed or storage only; null when they are the default ones. */
  readonly physical: string | null;
  readonly owner: string | null;
  /** Privileges beyond the owner's, e.g. "SELECT to app". */
  readonly privileges: readonly string[];
  readonly comment: string | null;
  /** What a `Schema` needs of it. */
  readonly details: Details | null;
  /** The relation that it belongs to; null when it stands alone. */
  readonly home: Oid | null;
}

export type Details = Readonly<Record<string, unknown>>;

/** All user-made objects of a database by key. */
export type Catalog = ReadonlyMap<string, CatalogObject>;

const strings = z.array(z.string());
const record = z.record(z.string(), z.unknown());

/** Reads every user-made object; valid only outside a transaction. Rejects with EngineLost when the database is broken. */
export async function readCatalog(session: Session): Promise<Catalog> {
  const answers = await session.ask(`BEGIN; SET LOCAL search_path = public; ${catalogSql()}; ROLLBACK`);
  return new Map((answers.at(-2) ?? []).map(objectOf).map((object) => [keyOf(object), object]));
}

/** The catalogue that came from an earlier one: only what may have changed is read again. */
export async function readChangedCatalog(
  session: Session,
  earlier: Catalog,
  { changes, marks }: { readonly changes: Changes; readonly marks: Marks },
): Promise<Catalog> {
  if (changes.names) return readCatalog(session);
  const kinds = kindsToRead(earlier, changes);
  // A domain's constraints belong to no relation.
  const hasRelations = changes.relations.size > 0 || changes.isTouched("pg_constraint");
  if (hasRelations) kinds.add("constraint");
  if (kinds.size === 0) return earlier;
  const answers = await session.askPlanned([
    ...(hasRelations
      ? [{ question: objectsOfRelations, values: [`{${[...changes.relations].join(",")}}`] }]
      : []),
    ...[...standaloneObjects].flatMap(([kind, question]) =>
      kinds.has(kind) ? [{ question, values: [] }] : [],
    ),
  ]);
  const objects = [...answers.values()].flat().map(objectOf);
  const read = new Set(objects.flatMap(({ home }) => (home === null ? [] : [home])));
  const isKept = ({ kind, home }: CatalogObject) => {
    if (home === null) return !kinds.has(kind);
    return marks.relations.has(home) && !changes.relations.has(home) && !read.has(home);
  };
  const catalog = new Map(earlier);
  const others: CatalogObject[] = [...objects];
  for (const [key, object] of earlier) {
    if (isKept(object)) continue;
    catalog.delete(key);
    others.push(object);
  }
  for (const object of objects) catalog.set(keyOf(object), object);
  origins.set(catalog, { earlier, others });
  return catalog;
}

/** Where a catalogue came from, and the objects that only one of both has, or may have. */
interface Origin {
  readonly earlier: Catalog;
  readonly others: readonly CatalogObject[];
}

const origins = new WeakMap<Catalog, Origin>();

/** The catalogue that another one was read after; null where all of it was read. */
export function originOf(catalog: Catalog): Origin | null {
  return origins.get(catalog) ?? null;
}

/** Kinds of objects that stand alone of which one may be another now. */
function kindsToRead(earlier: Catalog, { relations, isTouched }: Changes): Set<string> {
  const kinds = new Set<string>();
  for (const [kind, { catalogues }] of Object.entries(standaloneKinds)) {
    if ([...catalogues, "pg_description"].some(isTouched)) kinds.add(kind);
  }
  if (relations.size > 0 && namesRelations(earlier)) kinds.add("function");
  return kinds;
}

function namesRelations(catalog: Catalog): boolean {
  for (const object of catalog.values()) if (mayNameRelations(object)) return true;
  return false;
}

/** A function's body that was parsed, and its defaults, are printed with the names that tables and columns have now. */
function mayNameRelations({ kind, definition, details }: CatalogObject): boolean {
  return kind === "function" && (details?.parsed === true || definition.includes(" DEFAULT "));
}

/** The name under which parents refer to an object. */
export function keyOf({ kind, identity }: { readonly kind: string; readonly identity: string }): string {
  return `${kind} ${identity}`;
}

function objectOf(row: readonly (string | null)[]): CatalogObject {
  const [kind, identity, parents, definition, physical, owner, privileges, comment, details, home] = row;
  if (kind == null || identity == null) throw new EngineLost("the database's catalogue is damaged");
  return {
    kind,
    identity,
    parents: strings.parse(JSON.parse(parents ?? "[]")),
    definition: definition ?? "",
    physical: physical ?? null,
    owner: owner ?? null,
    privileges: strings.parse(JSON.parse(privileges ?? "[]")).sort(),
    comment: comment ?? null,
    details: details == null ? null : record.parse(JSON.parse(details)),
    home: home ?? null,
  };
}
