import type { Additions, Placed } from "./additions.ts";
import { keyName } from "./additions.ts";
import { readSide } from "./models.ts";
import type { Declared } from "./orm.ts";
import { orms } from "./orms/index.ts";
import type { Constraint, Database, ModelFile, TableName } from "./types.ts";

/**
 * Whether somebody wrote what a new foreign key does on DELETE: in the model that declares it, or in the migration that brings it.
 * A tool that makes its migrations from the models writes it always, so that only the model tells then.
 */
export function statesDelete(
  { by }: Additions,
  table: TableName,
  { columns }: Constraint,
  { at }: Placed,
  { models, framework, dialect }: Database,
): boolean {
  const orm = models && orms[models.orm];
  const declared =
    orm && readSide(orm, models.head, dialect).declarations.find(keyName(table, columns), "foreign key");
  if (declared && says(textOf(declared, models.head))) return true;
  const isGenerated = declared !== null && models?.orm === framework;
  if (by.kind === "models" || isGenerated) return false;
  const { text } = by.migration.up;
  return at === undefined || says(text.slice(at.start, at.end));
}

function says(text: string): boolean {
  return /\bon_?\s*delete\b|\bonDelete/i.test(text);
}

function textOf({ path, line, endLine }: Declared, files: readonly ModelFile[]): string {
  const lines = files.find((file) => file.path === path)?.text.split("\n") ?? [];
  return lines.slice(line - 1, endLine).join("\n");
}
