import type { DryRun, Schema } from "./types.ts";

/** Words of a statement that may change a schema, in SQL and in a migration's own language. */
const changes = /^(op|batch_op|create|alter|drop|rename)(_|$)/;

/**
 * Which tables and enumerations a part of the history may concern that did not replay, so that the schema does not show how they are; null when
 * that may be any table.
 */
export function notReplayed(
  { history, base, head }: DryRun,
  models: readonly Schema[],
): ((name: string) => boolean) | null {
  const known = [base, head, ...models].flatMap(({ tables, enums }) => [...tables, ...enums]);
  const homes = new Map(known.map(({ name }) => [bareName(name), bareName(name)]));
  // An index stands for its table.
  for (const { tables } of [base, head, ...models])
    for (const { name, indexes } of tables)
      for (const index of indexes) homes.set(bareName(index.name), bareName(name));
  const concerned = new Set<string>();
  for (const { words } of history.failed) {
    if (words === null) return null;
    // What only reads and writes rows leaves the schema as it is.
    if (!words.some((word) => changes.test(word))) continue;
    const named = words.flatMap((word) => homes.get(word) ?? []);
    // It changes something, and does not say what.
    if (named.length === 0) return null;
    for (const name of named) concerned.add(name);
  }
  return (name) => concerned.has(bareName(name));
}

function bareName(table: string): string {
  return table.slice(table.lastIndexOf(".") + 1).toLowerCase();
}
