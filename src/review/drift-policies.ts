import type { Unplaced } from "./drift.ts";
import type { Declarations, DeclaredPolicy } from "./orm.ts";
import { truncated } from "./sql/names.ts";
import type { Schema, Table } from "./types.ts";

/**
 * Policies and row level security that only one side has. What the database has besides is told of tables, and of databases, whose
 * models declare such themselves: else it is written by hand. Conditions are written in other words by the database, and not compared.
 */
export function policyDifferences(
  model: Table,
  built: Table,
  { declared: declarations, areSecured }: { readonly declared: Declarations; readonly areSecured: boolean },
): Unplaced[] {
  const declared = declarations.policiesOf(model.name);
  if (declared === null) return [];
  const found = new Map(built.policies.map((policy) => [policy.name, wordsOf(policy)]));
  const wanted = new Map(declared.map((policy) => [truncated(policy.name), wordsOf(policy)]));
  const differing = [...wanted].filter(([name, words]) => !isSame(words, found.get(name)));
  const extra = model.rowSecurity ? [...found].filter(([name]) => !wanted.has(name)) : [];
  const policies = [
    ...differing.map(([name, words]) => policyDrift(model, name, words, found.get(name) ?? null)),
    ...extra.map(([name, words]) => policyDrift(model, name, null, words)),
  ];
  // The statement that makes a policy comes with the one that lets it count.
  const isMissing =
    model.rowSecurity && !built.rowSecurity && policies.every(({ model: own }) => own === null);
  if (isMissing) policies.push(securityDrift(model, true));
  if (!model.rowSecurity && built.rowSecurity && areSecured) policies.push(securityDrift(model, false));
  return policies;
}

/** The policy's name in `orders(own rows)`. */
export function policyIn(object: string): string {
  return /\((.*)\)$/s.exec(object)?.[1] ?? object;
}

/** Whether a schema has the policy, or the row level security, that a difference is about. */
export function holdsPolicy({ tables }: Pick<Schema, "tables">, object: string): boolean {
  return tables.some(({ name, policies, rowSecurity }) =>
    name === object ? rowSecurity : policies.some((policy) => objectOf(name, policy.name) === object),
  );
}

/** As declarations and differences name a policy. */
export function objectOf(table: string, policy: string): string {
  return `${table}(${policy})`;
}

function policyDrift(
  { name }: Table,
  policy: string,
  model: string | null,
  migrations: string | null,
): Unplaced {
  return { kind: "policy", object: objectOf(name, policy), model, migrations };
}

function securityDrift({ name }: Table, isOfModel: boolean): Unplaced {
  const [model, migrations] = isOfModel ? ["on", null] : [null, "on"];
  return { kind: "row security", object: name, model, migrations };
}

/** Beside PUBLIC, PostgreSQL leaves other roles out (commands/policy.c, policy_role_list_to_array). */
function wordsOf({ permissive, command, roles }: Omit<DeclaredPolicy, "name">): string {
  const to = roles.includes("public") ? "public" : [...roles].sort().join(", ");
  return `AS ${permissive ? "PERMISSIVE" : "RESTRICTIVE"} FOR ${command} TO ${to}`;
}

/** A role of the session is another one by name. */
function isSame(words: string, found: string | undefined): boolean {
  if (found === undefined) return false;
  const ofSession = /\b(current_user|current_role|session_user)\b/.test(words);
  return ofSession ? found.startsWith(words.slice(0, words.indexOf(" TO "))) : words === found;
}
