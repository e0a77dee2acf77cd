import type { Index, IndexKey } from "./types.ts";

/**
 * Whether whatever the second index does, the first does as well, so that the second can go: the same method, rows and
 * first keys, all in the same or all in the opposite order, and no promise of uniqueness that would be lost.
 */
export function covers(index: Index, shorter: Index): boolean {
  if (!index.valid || shorter.primary || index.method !== shorter.method || index.where !== shorter.where)
    return false;
  if (shorter.backsConstraint && !(index.backsConstraint && isDuplicate(index, shorter))) return false;
  if (shorter.unique && !(isDuplicate(index, shorter) && index.unique)) return false;
  if (shorter.nullsNotDistinct !== index.nullsNotDistinct && shorter.unique) return false;
  if (index.method !== "btree" && index.keys.length !== shorter.keys.length) return false;
  const stored = [...index.keys.map(({ text }) => text), ...index.include];
  if (!shorter.include.every((column) => stored.includes(column))) return false;
  return beginsWith(index.keys, shorter.keys);
}

/** Whether both have the same keys, and not only the same first ones. */
export function isDuplicate(index: Index, other: Index): boolean {
  return index.keys.length === other.keys.length && beginsWith(index.keys, other.keys);
}

function beginsWith(keys: readonly IndexKey[], first: readonly IndexKey[]): boolean {
  if (first.length === 0 || first.length > keys.length) return false;
  const forward = first.every((key, i) => isSame(key, keys[i], false));
  return forward || first.every((key, i) => isSame(key, keys[i], true));
}

/** PostgreSQL reads a b-tree in both directions (documentation, section 11.4). */
function isSame(key: IndexKey, other: IndexKey | undefined, reversed: boolean): boolean {
  return (
    other !== undefined &&
    key.text === other.text &&
    key.operatorClass === other.operatorClass &&
    key.collation === other.collation &&
    key.descending === (other.descending !== reversed) &&
    key.nullsFirst === (other.nullsFirst !== reversed)
  );
}
