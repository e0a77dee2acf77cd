import type { TableRef } from "../alembic/names.ts";
import type { LoadedModule } from "../code/python-modules.ts";
import { describe } from "../code/python-run.ts";
import { isNone, type PythonCall, type PythonValue, pathOf } from "../code/python-values.ts";
import type { Span } from "../types.ts";
import type { PythonClassValue } from "./classes.ts";
import type { ModelColumn } from "./columns.ts";
import type { Metadata } from "./metadata.ts";

/** A table that a class or a `Table(…)` declares. */
export interface ModelTable {
  readonly ref: TableRef;
  readonly metadata: Metadata;
  readonly columns: ModelColumn[];
  /** Constraints and indexes. */
  readonly items: PythonValue[];
  readonly named: Map<string, PythonValue>;
  readonly module: LoadedModule;
  readonly at: Span;
  /** The class that declares it; null for a `Table(…)`. */
  readonly owner: PythonClassValue | null;
  /** The call that declares it. */
  readonly source: PythonCall | null;
  /** What of it was not understood, with its place: there may be more columns than are known. */
  readonly lost: { readonly module: LoadedModule; readonly at: Span; readonly reason: string }[];
}

/** What was not understood, and may be any table. */
export interface LostModel {
  readonly module: LoadedModule;
  readonly at: Span;
  readonly reason: string;
}

interface Made {
  readonly module: LoadedModule;
  readonly at: Span;
  readonly owner: PythonClassValue | null;
  readonly source: PythonCall | null;
}

/** A table of which only its columns are known yet. */
export function newTable(
  name: string,
  metadata: Metadata,
  columns: readonly ModelColumn[],
  made: Made,
): ModelTable {
  return {
    ref: { name, schema: null },
    metadata,
    columns: [...columns],
    items: [],
    named: new Map(),
    lost: [],
    ...made,
  };
}

/** The line of `class X(…)`. */
/** The schema that the table's own words, else its `MetaData`, put it in. */
export function withSchema(table: ModelTable): ModelTable {
  const own = table.named.get("schema") ?? table.metadata.call?.args.named.get("schema");
  const schema = own?.kind === "string" ? own.value : null;
  if (own && own.kind !== "string" && !isNone(own) && !pathOf(own)?.endsWith(".BLANK_SCHEMA"))
    table.lost.push({
      module: table.module,
      at: table.at,
      reason: `its schema is ${describe(own)}, known only when it runs`,
    });
  return { ...table, ref: { ...table.ref, schema } };
}
