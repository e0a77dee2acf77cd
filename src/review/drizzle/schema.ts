import type { DeclaredPolicy } from "../orm.ts";
import type { Place } from "../types.ts";

/** What schema files declare, by the names that the database has. */
export interface DrizzleSchema {
  readonly schemas: readonly string[];
  readonly enums: readonly DrizzleEnum[];
  readonly sequences: readonly DrizzleSequence[];
  readonly tables: readonly DrizzleTable[];
}

/** A name and the schema that it is in; null for the usual one. */
export interface Named {
  readonly name: string;
  readonly schema: string | null;
}

export interface DrizzleEnum extends Named {
  readonly values: readonly string[];
  readonly place: Place;
}

export interface DrizzleSequence extends Named {
  readonly options: SequenceOptions;
}

export interface SequenceOptions {
  readonly increment: string | null;
  readonly minValue: string | null;
  readonly maxValue: string | null;
  readonly startWith: string | null;
  readonly cache: string | null;
  readonly cycle: boolean;
}

export interface DrizzleTable extends Named {
  readonly columns: readonly DrizzleColumn[];
  readonly indexes: readonly DrizzleIndex[];
  readonly uniques: readonly DrizzleUnique[];
  readonly primaryKeys: readonly DrizzleKey[];
  readonly foreignKeys: readonly DrizzleForeignKey[];
  readonly checks: readonly DrizzleCheck[];
  readonly policies: readonly DrizzlePolicy[];
  /** Whether there are further ones that were not understood. */
  readonly hasOpenPolicies: boolean;
  readonly hasRowSecurity: boolean;
  /** Whether something of it was not understood. */
  readonly isPartial: boolean;
  readonly place: Place;
}

export interface DrizzleColumn {
  /** What code calls it. */
  readonly key: string;
  /** What it is called before the casing of the configuration: names of keys are made from it. */
  readonly rawName: string;
  readonly name: string;
  /** As Drizzle writes it; an enum's bare name. */
  readonly type: string;
  /** The schema of its enum; null for the usual one, and for any other type. */
  readonly typeSchema: string | null;
  readonly isPrimary: boolean;
  readonly notNull: boolean;
  readonly autoincrement: boolean;
  readonly defaultSql: string | null;
  readonly generated: { readonly as: string; readonly mode: "stored" | "virtual" } | null;
  readonly identity: DrizzleIdentity | null;
  readonly unique: { readonly name: string | null; readonly nullsNotDistinct: boolean } | null;
  /** The application gives a value where none is given. */
  readonly hasOwnDefault: boolean;
  /** Its type or its default was not understood. */
  readonly isOpaque: boolean;
  readonly place: Place;
}

/** A column of which nothing but its name and type is said. */
export const bareColumn = {
  isPrimary: false,
  notNull: false,
  autoincrement: false,
  defaultSql: null,
  generated: null,
  identity: null,
  unique: null,
  hasOwnDefault: false,
};

export interface DrizzleIdentity {
  readonly isAlways: boolean;
  readonly sequence: string | null;
  readonly options: SequenceOptions;
}

export interface DrizzleKey {
  /** null where Drizzle makes one. */
  readonly name: string | null;
  readonly columns: readonly DrizzleColumn[];
  readonly place: Place;
}

export interface DrizzleUnique extends DrizzleKey {
  readonly nullsNotDistinct: boolean;
}

export interface DrizzleIndex {
  readonly name: string | null;
  readonly parts: readonly IndexPart[];
  readonly isUnique: boolean;
  readonly isConcurrent: boolean;
  readonly method: string;
  readonly where: string | null;
  /** Storage parameters, as they are written. */
  readonly parameters: readonly (readonly [string, string])[];
  readonly place: Place;
}

export type IndexPart =
  | { readonly kind: "expression"; readonly sql: string }
  | {
      readonly kind: "column";
      readonly column: DrizzleColumn;
      readonly order: "asc" | "desc";
      readonly nulls: "first" | "last";
      readonly operatorClass: string | null;
    };

export interface DrizzleForeignKey {
  readonly name: string | null;
  readonly columns: readonly DrizzleColumn[];
  readonly target: Named;
  readonly targetColumns: readonly DrizzleColumn[];
  readonly onDelete: string | null;
  readonly onUpdate: string | null;
  readonly place: Place;
}

export interface DrizzleCheck {
  readonly name: string;
  readonly sql: string;
}

export interface DrizzlePolicy extends DeclaredPolicy {
  readonly place: Place;
}
