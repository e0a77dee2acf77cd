import { sourceOf } from "../review/sql/source.ts";
import type { Difference } from "../review/types.ts";
import { type CatalogObject, keyOf } from "./catalog.ts";
import { labelsOf } from "./schema-objects.ts";

/** Objects that have come back under another number: `orders_id_seq1` for `orders_id_seq`. */
export interface Renumbering {
  readonly differences: readonly Difference[];
  readonly beforeKeys: ReadonlySet<string>;
  readonly byAfterKey: ReadonlySet<string>;
  /** Names as other definitions mention them: from the name after to the name before. */
  readonly names: ReadonlyMap<string, string>;
}

/**
 * Whether a changed definition is no defect: PostgreSQL cannot remove a value from an enum (documentation, section
 * 8.7.4), and white space and comments in a function's body mean nothing.
 */
export function isBenignChange(before: CatalogObject, after: CatalogObject): boolean {
  if (before.kind === "function") return folded(before.definition) === folded(after.definition);
  if (before.kind === "extension") return true;
  if (before.kind !== "type") return false;
  const labels = labelsOf(before.details);
  const kept = labelsOf(after.details).filter((label) => labels.includes(label));
  return labels.length > 0 && kept.join("\0") === labels.join("\0");
}

/**
 * PostgreSQL numbers the names that it makes up. Of what only one side has: an object that is gone and one that is new, with the same definition in
 * the same place and names that differ only in such a number, are the same object.
 */
export function renumbered(missing: readonly CatalogObject[], extra: readonly CatalogObject[]): Renumbering {
  const candidates = extra.filter(canBeRenumbered);
  const pairs: { old: CatalogObject; now: CatalogObject }[] = [];
  const taken = new Set<CatalogObject>();
  for (const old of missing.filter(canBeRenumbered)) {
    const now = candidates.find((candidate) => !taken.has(candidate) && isSame(old, candidate));
    if (!now) continue;
    taken.add(now);
    pairs.push({ old, now });
  }
  return {
    differences: pairs.map(({ old, now }) => ({
      kind: `${old.kind} name`,
      identity: old.identity,
      change: "changed",
      before: old.identity,
      after: now.identity,
    })),
    beforeKeys: new Set(pairs.map(({ old }) => keyOf(old))),
    byAfterKey: new Set(pairs.map(({ now }) => keyOf(now))),
    names: new Map(pairs.map(({ old, now }) => [now.identity, old.identity])),
  };
}

function isSame(old: CatalogObject, now: CatalogObject): boolean {
  return (
    old.kind === now.kind &&
    (unnumbered(old.identity) === unnumbered(now.identity) || (isCut(old) && isCut(now))) &&
    old.parents.join("\0") === now.parents.join("\0") &&
    anonymous(old) === anonymous(now)
  );
}

/**
 * A made-up name that was cut to fit into 63 bytes: which parts are cut how far depends on the names that the table and
 * its columns had at the time.
 */
function isCut({ identity, kind, details }: CatalogObject): boolean {
  const name = typeof details?.name === "string" ? details.name : identity;
  return kind === "constraint" && name.length >= 55 && /_(fkey|key|check|pkey|excl)\d*$/.test(name);
}

function canBeRenumbered({ kind }: CatalogObject): boolean {
  return kind === "constraint" || kind === "index" || kind === "sequence";
}

function unnumbered(name: string): string {
  return name.replace(/\d+$/, "");
}

/** The definition without the object's own name. */
function anonymous({ definition, details }: CatalogObject): string {
  return typeof details?.name === "string" ? definition.replace(details.name, "") : definition;
}

/** Without the comments of a body that is SQL or PL/pgSQL, and with each run of white space as one blank. */
function folded(definition: string): string {
  const [head = "", body = "", ...tail] = definition.split(/\$(?:function|procedure)\$/);
  if (tail.length !== 1) return blanked(definition);
  const isRead = /\bLANGUAGE (?:sql|plpgsql)\b/i.test(head);
  return [head, isRead ? uncommented(body) : body, ...tail].map(blanked).join("$");
}

function uncommented(body: string): string {
  return sourceOf(body, 0)
    .tokens.map(({ start, end }) => body.slice(start, end))
    .join(" ");
}

function blanked(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}
