import { propertyOf, type TypeScriptCall, type TypeScriptValue, textIn } from "../code/typescript-values.ts";
import { callOfDrizzle, chainOf } from "./calls.ts";
import type { Context } from "./context.ts";
import type { DrizzlePolicy } from "./schema.ts";
import { sqlText } from "./sql-text.ts";

/** `pgPolicy("name", { for: "select", to: authenticatedRole, using: sql`…` })`; or why it is not read. */
export function readPolicy({ args }: TypeScriptCall, context: Context): DrizzlePolicy | string {
  const name = textIn(args[0]);
  if (name === null) return "its name is not constant";
  const [as, on] = ["as", "for"].map((key) => propertyOf(args[1], key));
  const to = rolesIn(propertyOf(args[1], "to"));
  const conditions = ["using", "withCheck"].map((key) => {
    const value = propertyOf(args[1], key);
    if (!value || value.kind === "undefined") return null;
    return sqlText(value, "qualified", context) ?? undefined;
  });
  const [using, withCheck] = conditions;
  if (to === null || using === undefined || withCheck === undefined)
    return "its roles or conditions are not constant";
  return {
    name,
    as: textIn(as)?.toUpperCase() ?? "PERMISSIVE",
    for: textIn(on)?.toUpperCase() ?? "ALL",
    to: [...to].sort(),
    using,
    withCheck,
  };
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
  return value.kind === "external" ? (knownRoles[`${value.from}/${value.name}`] ?? null) : null;
}

/** Roles that Drizzle knows of providers (drizzle-orm/src/supabase, drizzle-orm/src/neon). */
const knownRoles: Readonly<Record<string, string>> = {
  "drizzle-orm/supabase/anonRole": "anon",
  "drizzle-orm/supabase/authenticatedRole": "authenticated",
  "drizzle-orm/supabase/serviceRole": "service_role",
  "drizzle-orm/supabase/postgresRole": "postgres_role",
  "drizzle-orm/supabase/supabaseAuthAdminRole": "supabase_auth_admin",
  "drizzle-orm/neon/authenticatedRole": "authenticated",
  "drizzle-orm/neon/anonymousRole": "anonymous",
};
