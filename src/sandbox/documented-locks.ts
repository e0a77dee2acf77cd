import { relationNamed } from "../review/relations.ts";
import type { Lock, LockMode, Operation, Statement } from "../review/types.ts";
import { byStrength, type Relations } from "./observe.ts";
import { wordsOf } from "./verdict.ts";

/**
 * The locks that PostgreSQL documents for a statement that cannot run inside a transaction (documentation, section 13.3.1,
 * and the pages of CREATE INDEX, DROP INDEX, REINDEX, VACUUM and ALTER TABLE), on relations that existed before it.
 */
export function documentedLocks(
  statement: Statement,
  before: Relations,
  isNew: (oid: string) => boolean,
): Lock[] {
  const wanted = statement.operations.flatMap((operation) => wantedLocks(operation, statement.sql, before));
  return [...before]
    .flatMap(([oid, { name, kind, table }]): Lock[] => {
      const mode = wanted.find((lock) => lock.relation === name)?.mode;
      if (!mode || kind === "sequence") return [];
      const owner = table === null ? null : (before.get(table)?.name ?? null);
      return [{ relation: name, kind, table: owner, mode, isNew: isNew(oid), source: "documented" }];
    })
    .sort(byStrength);
}

interface Wanted {
  readonly relation: string;
  readonly mode: LockMode;
}

function wantedLocks(operation: Operation, sql: string, before: Relations): Wanted[] {
  if (operation.kind === "createIndex" && operation.concurrently) {
    const table = named(operation.table, before)?.name ?? operation.table;
    return [{ relation: table, mode: "SHARE UPDATE EXCLUSIVE" }];
  }
  if (operation.kind === "dropIndex" && operation.concurrently) return onIndex(operation.name, before);
  if (operation.kind === "reindex" && operation.concurrently) return onIndex(operation.name, before);
  if (/^\s*VACUUM\b/i.test(sql)) {
    const isFull = /^\s*VACUUM\s*(\([^)]*\bFULL\b[^)]*\)|FULL\b)/i.test(sql);
    return mentioned(sql, before, isFull ? "ACCESS EXCLUSIVE" : "SHARE UPDATE EXCLUSIVE");
  }
  if (/\bDETACH\s+PARTITION\b[^;]*\bCONCURRENTLY\b/i.test(sql)) {
    return mentioned(sql, before, "SHARE UPDATE EXCLUSIVE");
  }
  return [];
}

/** An index (or, for REINDEX TABLE, a table) by name, together with its table. */
function onIndex(name: string, before: Relations): Wanted[] {
  const found = named(name, before);
  const table = found?.table ? before.get(found.table)?.name : undefined;
  return [found?.name, table].flatMap((relation) =>
    relation === undefined ? [] : [{ relation, mode: "SHARE UPDATE EXCLUSIVE" as const }],
  );
}

function named(name: string, before: Relations) {
  const all = [...before.values()];
  const meant = relationNamed(
    name,
    all.map((relation) => relation.name),
  );
  return all.find((relation) => relation.name === meant);
}

function mentioned(sql: string, before: Relations, mode: LockMode): Wanted[] {
  const words = wordsOf(sql);
  return [...before.values()].flatMap(({ name, kind }) =>
    kind === "table" && words.includes(name.split(".").at(-1)?.toLowerCase() ?? "")
      ? [{ relation: name, mode }]
      : [],
  );
}
