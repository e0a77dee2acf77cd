import type { TypeScriptProgram } from "../code/typescript-program.ts";
import type { SourcePlace, TypeScriptCall, TypeScriptValue } from "../code/typescript-values.ts";
import type { Dialect, Place } from "../types.ts";
import type { Casing } from "./casing.ts";
import type { DrizzleColumn, DrizzleEnum } from "./schema.ts";

/** One reading of a database's schema files. */
export interface Context {
  readonly program: TypeScriptProgram;
  readonly dialect: Dialect;
  readonly casing: Casing;
  /** Something was not understood. */
  readonly skip: (at: SourcePlace, reason: string) => void;
  readonly place: (at: SourcePlace) => Place;
  /** The table that a value is, its columns read; null for any other value. */
  readonly table: (value: TypeScriptValue) => TableDraft | null;
  /** The enum that a value is; null for any other. */
  readonly enum: (value: TypeScriptValue) => DrizzleEnum | null;
}

/** A table whose columns are known and whose keys are still to be read: they may speak of other tables. */
export interface TableDraft {
  readonly name: string;
  readonly schema: string | null;
  readonly casing: Casing | undefined;
  /** Drizzle Kit takes it for known, and builds nothing of it. */
  readonly isExisting: boolean;
  readonly call: TypeScriptCall;
  columns: readonly DrizzleColumn[];
  /** What columns say of other tables: to be called when all are known. */
  references: readonly ColumnReference[];
  /** The third argument. */
  readonly extra: TypeScriptValue | null;
  hasRowSecurity: boolean;
  hasOpenPolicies: boolean;
  isPartial: boolean;
}

export interface ColumnReference {
  readonly column: DrizzleColumn;
  readonly target: TypeScriptValue;
  readonly actions: TypeScriptValue | undefined;
}

/** A column of a table, as code names it: `users.id`. */
export function columnOf(
  value: TypeScriptValue | undefined,
  context: Context,
): { readonly table: TableDraft; readonly column: DrizzleColumn } | null {
  if (value?.kind !== "member") return null;
  const table = context.table(value.object);
  const column = table?.columns.find(({ key }) => key === value.name);
  return table && column ? { table, column } : null;
}
