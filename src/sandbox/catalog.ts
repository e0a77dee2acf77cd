import { z } from "zod";
import { catalogSql } from "./catalog-sql.ts";
import { EngineLost } from "./engine.ts";
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
}

export type Details = Readonly<Record<string, unknown>>;

/** All user-made objects of a database by key. */
export type Catalog = ReadonlyMap<string, CatalogObject>;

const strings = z.array(z.string());
const record = z.record(z.string(), z.unknown());

/** Reads every user-made object; valid only outside a transaction. Rejects with EngineLost when the database is broken. */
export async function readCatalog(session: Session): Promise<Catalog> {
  const answers = await session.ask(`BEGIN; SET LOCAL search_path = public; ${catalogSql}; ROLLBACK`);
  const objects = (answers[2] ?? []).map(objectOf);
  return new Map(objects.map((object) => [keyOf(object), object]));
}

/** The name under which parents refer to an object. */
export function keyOf({ kind, identity }: { readonly kind: string; readonly identity: string }): string {
  return `${kind} ${identity}`;
}

function objectOf(row: readonly (string | null)[]): CatalogObject {
  const [kind, identity, parents, definition, physical, owner, privileges, comment, details] = row;
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
  };
}
