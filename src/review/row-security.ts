import type { MigrationContext } from "./rule.ts";
import type { Policy, Schema, Table } from "./types.ts";

export interface AddedPolicy {
  readonly table: Table;
  readonly policy: Policy;
}

/** Policies that the migration added or changed and the pull request leaves. */
export function addedPolicies({ run, head, onlyDown }: MigrationContext): AddedPolicy[] {
  if (!run || !head || onlyDown) return [];
  const before = new Map(run.before.tables.map((table) => [table.oid, table]));
  const after = new Map(run.after.tables.map((table) => [table.oid, table]));
  return head.tables.flatMap((table) =>
    table.policies
      .filter((policy) => holds(after.get(table.oid), policy) && !holds(before.get(table.oid), policy))
      .map((policy) => ({ table, policy })),
  );
}

/** Tables whose row level security the migration turned on (or off), as the pull request leaves it. */
export function toggledTables({ run, head, onlyDown }: MigrationContext, on: boolean): Table[] {
  if (!run || !head || onlyDown) return [];
  const before = new Map(run.before.tables.map((table) => [table.oid, table]));
  const after = new Map(run.after.tables.map((table) => [table.oid, table]));
  return head.tables.filter(
    ({ oid, rowSecurity }) =>
      rowSecurity === on &&
      after.get(oid)?.rowSecurity === on &&
      (before.get(oid)?.rowSecurity ?? false) === !on,
  );
}

/**
 * Whether whoever calls the API reaches the tables of schema public directly, as on Supabase: its function that tells the
 * user is there. A schema `auth` with users may be the application's own.
 */
export function isExposed({ functions }: Schema): boolean {
  return functions.some(({ name }) => name === "auth.uid()");
}

/** Whether at least half of the tables of a schema, and more than one, are guarded by row level security. */
export function usesRowSecurity({ tables }: Schema, schemaName: string): boolean {
  const own = tables.filter(({ name, kind }) => schemaOf(name) === schemaName && kind !== "partition");
  const guarded = own.filter(({ rowSecurity }) => rowSecurity).length;
  return guarded > 1 && guarded * 2 >= own.length;
}

/** "public" for a name without a schema. */
export function schemaOf(name: string): string {
  const dot = name.indexOf(".");
  return dot < 0 ? "public" : name.slice(0, dot);
}

function holds(table: Table | undefined, policy: Policy): boolean {
  return (
    table?.policies.some(
      ({ name, using, check, command, roles }) =>
        name === policy.name &&
        using === policy.using &&
        check === policy.check &&
        command === policy.command &&
        roles.join() === policy.roles.join(),
    ) ?? false
  );
}
