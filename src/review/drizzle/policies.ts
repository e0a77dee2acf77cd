import { propertyOf, type TypeScriptCall, type TypeScriptValue, textIn } from "../code/typescript-values.ts";
import { callOfDrizzle, chainOf } from "./calls.ts";
import type { Context } from "./context.ts";
import { providedRole } from "./providers.ts";
import type { DrizzlePolicy } from "./schema.ts";
import { sqlText } from "./sql-text.ts";

/** `pgPolicy("name", { for: "select", to: authenticatedRole, using: sql`…` })`; or why it is not read. */
export function readPolicy({ args }: TypeScriptCall, context: Context): DrizzlePolicy | string {
  const name = textIn(args[0]);
  if (name === null) return "its name is not constant";
  const [as, on] = ["as", "for"].map((key) => propertyOf(args[1], key));
  const to = rolesIn(propertyOf(args[1], "to"));
  const [using, withCheck] = ["using", "withCheck"].map((key) =>
    conditionOf(propertyOf(args[1], key), context),
  );
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

/** `crudPolicy({ role: authenticatedRole, read: true, modify: null })` of Neon (drizzle-orm/src/neon/rls.ts); or why it is not read. */
export function readCrudPolicy({ args }: TypeScriptCall, context: Context): DrizzlePolicy[] | string {
  const roles = rolesIn(propertyOf(args[0], "role"));
  const [read, modify] = ["read", "modify"].map((key) => conditionOf(propertyOf(args[0], key), context));
  if (roles === null || read === undefined || modify === undefined)
    return "its roles or conditions are not constant";
  const policy = (verb: string, using: string | null, withCheck: string | null): DrizzlePolicy[] => {
    if (using === null && withCheck === null) return [];
    const name = `crud-${roles.join("-")}-policy-${verb.toLowerCase()}`;
    return [{ name, as: "PERMISSIVE", for: verb, to: [...roles].sort(), using, withCheck }];
  };
  return [
    ...policy("SELECT", read, null),
    ...policy("INSERT", null, modify),
    ...policy("UPDATE", modify, modify),
    ...policy("DELETE", modify, null),
  ];
}

/** A condition; null where none is given, undefined where it is not constant. */
function conditionOf(value: TypeScriptValue | undefined, context: Context): string | null | undefined {
  if (!value || value.kind === "undefined" || value.kind === "null") return null;
  if (value.kind === "boolean") return String(value.value);
  return sqlText(value, "qualified", context) ?? undefined;
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
