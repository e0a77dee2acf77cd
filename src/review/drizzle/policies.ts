import { propertyOf, type TypeScriptCall, type TypeScriptValue, textIn } from "../code/typescript-values.ts";
import type { DeclaredPolicy } from "../orm.ts";
import type { Place } from "../types.ts";
import { callOfDrizzle, chainOf } from "./calls.ts";
import type { Context, TableDraft } from "./context.ts";
import { providedRole } from "./providers.ts";
import type { DrizzlePolicy, DrizzleTable } from "./schema.ts";

/** `pgPolicy("name", { for: "select", to: authenticatedRole, using: sql`…` })`, without its conditions; or why it is not read. */
export function readPolicy({ args }: TypeScriptCall, place: Place): DrizzlePolicy | string {
  const name = textIn(args[0]);
  if (name === null) return "its name is not constant";
  const [as, on] = ["as", "for"].map((key) => wordIn(propertyOf(args[1], key)));
  const roles = rolesIn(propertyOf(args[1], "to"));
  const command = commandOf(on ?? "all");
  if (as === null || on === null || command === null || roles === null)
    return "what it is for, or its roles, are not constant";
  return { name, permissive: as !== "restrictive", command, roles, place };
}

/** `crudPolicy({ role: authenticatedRole, read: true, modify: null })` of Neon (drizzle-orm/src/neon/rls.ts); or why it is not read. */
export function readCrudPolicy({ args }: TypeScriptCall, place: Place): DrizzlePolicy[] | string {
  const roles = rolesIn(propertyOf(args[0], "role"));
  const [reads, modifies] = ["read", "modify"].map((key) => isGiven(propertyOf(args[0], key)));
  if (roles === null || reads === null || modifies === null)
    return "its roles or conditions are not constant";
  const commands = [
    ...(reads ? (["SELECT"] as const) : []),
    ...(modifies ? (["INSERT", "UPDATE", "DELETE"] as const) : []),
  ];
  return commands.map((command) => {
    const name = `crud-${roles.join("-")}-policy-${command.toLowerCase()}`;
    return { name, permissive: true, command, roles, place };
  });
}

/**
 * Puts a policy that is exported by itself, `pgPolicy(…).link(users)`, to its table, for which Drizzle Kit turns row level security
 * on as for one of its own.
 */
export function withLinked(
  tables: readonly DrizzleTable[],
  drafts: readonly TableDraft[],
  exported: Iterable<TypeScriptValue>,
  context: Context,
): DrizzleTable[] {
  const linked = [...exported].flatMap((value) => {
    const { base, steps } = chainOf(value);
    const policy = callOfDrizzle(base, "pgPolicy");
    const target = steps.find(({ name }) => name === "link")?.args[0];
    return policy && target && value.kind === "call" ? [{ policy, target, at: value.at }] : [];
  });
  const own = new Map<TableDraft, (DrizzlePolicy | null)[]>();
  for (const { policy, target, at } of linked) {
    const table = context.table(target);
    if (!table || !drafts.includes(table)) {
      context.skip(at, "a policy is not compared: its table is made by somebody else");
      continue;
    }
    const read = readPolicy(policy, context.place(at));
    if (typeof read === "string")
      context.skip(at, `a policy of the table ${table.name} is not read: ${read}`);
    own.set(table, [...(own.get(table) ?? []), typeof read === "string" ? null : read]);
  }
  return tables.map((table, i) => {
    const draft = drafts[i];
    const more = (draft && own.get(draft)) ?? [];
    const policies = [...table.policies, ...more.filter((one) => one !== null)];
    return {
      ...table,
      policies,
      hasOpenPolicies: table.hasOpenPolicies || more.includes(null),
      hasRowSecurity: table.hasRowSecurity || more.length > 0,
    };
  });
}

/** The word that is given; undefined where none is, null where it is not constant. */
function wordIn(value: TypeScriptValue | undefined): string | null | undefined {
  return !value || value.kind === "undefined" ? undefined : textIn(value);
}

function commandOf(word: string): DeclaredPolicy["command"] | null {
  const command = word.toUpperCase();
  return commands.find((one) => one === command) ?? null;
}

const commands = ["SELECT", "INSERT", "UPDATE", "DELETE", "ALL"] as const;

/** Whether a condition is given; null where that is not constant. */
function isGiven(value: TypeScriptValue | undefined): boolean | null {
  if (!value || value.kind === "undefined" || value.kind === "null") return false;
  return value.kind === "boolean" || value.kind === "tagged" || value.kind === "call" ? true : null;
}

function rolesIn(value: TypeScriptValue | undefined): string[] | null {
  if (!value || value.kind === "undefined") return ["public"];
  const names = (value.kind === "array" ? value.items : [value]).map(roleName);
  return names.includes(null) ? null : names.filter((name) => name !== null);
}

function roleName(value: TypeScriptValue): string | null {
  const text = textIn(value);
  if (text !== null) return text;
  const { base } = chainOf(value);
  const made = callOfDrizzle(base, "pgRole");
  if (made) return textIn(made.args[0]);
  return providedRole(value);
}
