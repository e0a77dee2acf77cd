import { readSide } from "./models.ts";
import type { Declarations } from "./orm.ts";
import { orms } from "./orms/index.ts";
import type { Database, DryRun, ModelSchema, Schema, TableName } from "./types.ts";

/** The models of one side: what they build in an empty database, and where they stand. */
export interface ModelSide {
  readonly schema: Schema;
  /** What the database refused to build is not known to them. */
  readonly declarations: Declarations;
  /** Tables of which the database refused something; null for what stands by itself. */
  readonly refused: readonly (TableName | null)[];
  readonly files: readonly string[];
}

/** The models of one side of a database; null where there are none, or they could not be built. */
export function builtModels(
  { models, dialect }: Database,
  { models: seen }: Pick<DryRun, "models">,
  side: "base" | "head",
): ModelSide | null {
  const orm = models && orms[models.orm];
  const built = seen?.[side];
  if (!orm || built?.kind !== "built") return null;
  const { declarations } = readSide(orm, models[side], dialect);
  return {
    schema: built.schema,
    declarations: withRefused(
      models.isIncomplete ? { ...declarations, isIncomplete: true } : declarations,
      built,
    ),
    refused: built.refused.map(({ table }) => table),
    files: models[side].map(({ path }) => path),
  };
}

type BuiltModels = Extract<ModelSchema, { kind: "built" }>;

function withRefused(declarations: Declarations, { refused }: BuiltModels): Declarations {
  if (refused.length === 0) return declarations;
  const tables = new Set(refused.map(({ table }) => table));
  return {
    ...declarations,
    isPartial: (table) => tables.has(table) || declarations.isPartial(table),
    isIncomplete: declarations.isIncomplete || tables.has(null),
  };
}
