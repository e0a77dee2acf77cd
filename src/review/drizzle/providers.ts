import { type TypeScriptValue, undefinedValue } from "../code/typescript-values.ts";
import type { TableDraft } from "./context.ts";
import { bareColumn } from "./schema.ts";

/**
 * What Drizzle exports of databases that come with tables and roles of their own (drizzle-orm/src/supabase/rls.ts,
 * drizzle-orm/src/neon): a key may lead there, and Drizzle Kit builds nothing of it.
 */
export function providedTable(value: TypeScriptValue): TableDraft | null {
  return value.kind === "external" ? (tables[`${value.from}/${value.name}`] ?? null) : null;
}

/** A table with the names and types of its columns, by their keys. */
function known(
  schema: string,
  name: string,
  columns: Readonly<Record<string, readonly [string, string]>>,
): TableDraft {
  const place = { path: "", line: 0, endLine: 0 };
  return {
    name,
    schema,
    casing: undefined,
    isExisting: true,
    call: {
      kind: "call",
      callee: undefinedValue,
      args: [],
      isNew: false,
      at: { path: "", start: 0, end: 0 },
    },
    columns: Object.entries(columns).map(([key, [rawName, type]]) => ({
      ...bareColumn,
      key,
      rawName,
      name: rawName,
      type,
      typeSchema: null,
      isOpaque: false,
      place,
    })),
    references: [],
    extra: null,
    hasRowSecurity: false,
    hasOpenPolicies: false,
    isPartial: false,
  };
}

const time = "timestamp with time zone";

const tables: Readonly<Record<string, TableDraft>> = {
  "drizzle-orm/supabase/authUsers": known("auth", "users", {
    id: ["id", "uuid"],
    email: ["email", "varchar(255)"],
    phone: ["phone", "text"],
    emailConfirmedAt: ["email_confirmed_at", time],
    phoneConfirmedAt: ["phone_confirmed_at", time],
    lastSignInAt: ["last_sign_in_at", time],
    createdAt: ["created_at", time],
    updatedAt: ["updated_at", time],
  }),
  "drizzle-orm/supabase/realtimeMessages": known("realtime", "messages", {
    id: ["id", "bigserial"],
    topic: ["topic", "text"],
    extension: ["extension", "text"],
  }),
  "drizzle-orm/neon/usersSync": known("neon_auth", "users_sync", {
    rawJson: ["raw_json", "jsonb"],
    id: ["id", "text"],
    name: ["name", "text"],
    email: ["email", "text"],
    createdAt: ["created_at", time],
    deletedAt: ["deleted_at", time],
    updatedAt: ["updated_at", time],
  }),
};

/** The role that a provider has by the name of this export; null for any other value. */
export function providedRole(value: TypeScriptValue): string | null {
  return value.kind === "external" ? (roles[`${value.from}/${value.name}`] ?? null) : null;
}

const roles: Readonly<Record<string, string>> = {
  "drizzle-orm/supabase/anonRole": "anon",
  "drizzle-orm/supabase/authenticatedRole": "authenticated",
  "drizzle-orm/supabase/serviceRole": "service_role",
  "drizzle-orm/supabase/postgresRole": "postgres_role",
  "drizzle-orm/supabase/supabaseAuthAdminRole": "supabase_auth_admin",
  "drizzle-orm/neon/authenticatedRole": "authenticated",
  "drizzle-orm/neon/anonymousRole": "anonymous",
};

/** SQL that a provider has by the name of this export; null for any other value. */
export function providedSql(value: TypeScriptValue): string | null {
  return value.kind === "external" ? (expressions[`${value.from}/${value.name}`] ?? null) : null;
}

const expressions: Readonly<Record<string, string>> = {
  "drizzle-orm/supabase/authUid": "(select auth.uid())",
  "drizzle-orm/supabase/realtimeTopic": "realtime.topic()",
};
