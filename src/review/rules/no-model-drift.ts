import { columnsIn, tableIn } from "../drift.ts";
import { policyIn } from "../drift-policies.ts";
import { beginsWithKey, servesKey } from "../foreign-key-index.ts";
import { objectsAddedBy } from "../made.ts";
import { type Context, defineRule } from "../rule.ts";
import { say } from "../text.ts";
import type { Drift, Script, Text } from "../types.ts";

export default defineRule({
  summary: "Keep models and migrations in step",
  why: "The application is built from the model and the database from the migrations: where they part, queries fail in production, or the next generated migration undoes what was written by hand.",
  instead: "Generate the migration that is missing, or change the model.",
  // Certain that they differ; when the other half follows, the author knows.
  severity: "warning",
  dialects: ["postgresql", "sqlite"],
  ignoreWhen: "the other half follows in a pull request of its own before either is deployed.",
  sources: [
    "Prisma documentation, Prisma Migrate, Customizing migrations",
    "Prisma documentation, Prisma Migrate, Troubleshooting: Schema drift",
    "Drizzle documentation, drizzle-kit generate",
  ],
  check: {
    drift(drift, context) {
      const added = drift.migrations === null ? addedBefore(drift, context) : undefined;
      return {
        message: [...messageOf(drift), ...(withoutIndex(drift, context) ?? [])],
        evidence: [
          drift.kind === "policy"
            ? say`observed: the policies that the migrations build were compared with those of the model`
            : say`observed: both were built in the sandbox and compared`,
          ...(added ? [say`${added.path}, which added it, is taken away`] : []),
        ],
        object: drift.object,
        instead: insteadOf(drift),
      };
    },
  },
});

function addedBefore({ object }: Drift, { database: { takenBack } }: Context): Script | undefined {
  return takenBack.find((script) => objectsAddedBy([script]).includes(object));
}

function messageOf({ kind, object, model, migrations }: Drift): Text {
  if (kind === "policy") return policyMessage(policyIn(object), tableIn(object), model, migrations);
  if (kind === "row security")
    return model === null
      ? say`The migrations turn row level security of ${object} on, the model does not know it.`
      : say`The model turns row level security of ${object} on, no migration does.`;
  if (migrations === null) return say`The model has ${[nounOf(kind)]}${object}, no migration adds it.`;
  if (model === null) return say`The migrations add ${[nounOf(kind)]}${object}, the model does not know it.`;
  if (kind === "foreign key")
    return say`The foreign key of ${object} is ${model} in the model, and ${migrations} in the database.`;
  if (kind === "primary key")
    return say`The primary key of ${object} is ${model} in the model, and ${migrations} in the database.`;
  if (kind === "default")
    return say`The default of ${object} is ${model} in the model, and ${migrations} in the database.`;
  return say`${object} is ${model} in the model, and ${migrations} in the database.`;
}

function policyMessage(policy: string, table: string, model: string | null, migrations: string | null): Text {
  if (migrations === null) return say`The model has the policy ${policy} on ${table}, no migration adds it.`;
  if (model === null)
    return say`The migrations add the policy ${policy} on ${table}, the model does not know it.`;
  return say`The policy ${policy} on ${table} is ${model} in the model, and ${migrations} in the database.`;
}

/** What comes of an index that is missing: a foreign key is what most of them are for. */
function withoutIndex({ kind, object, migrations }: Drift, { head }: Context): Text | null {
  if ((kind !== "index" && kind !== "unique") || migrations !== null) return null;
  const table = head?.tables.find(({ name }) => name === tableIn(object));
  const key = table?.constraints.find(
    (constraint) => constraint.kind === "foreign-key" && beginsWithKey(columnsIn(object), constraint.columns),
  );
  if (!table || !key?.references || table.indexes.some((index) => servesKey(index, key.columns))) return null;
  return say` Without it, deleting from ${key.references.table} reads all of ${table.name}.`;
}

function nounOf(kind: Drift["kind"]): string {
  switch (kind) {
    case "table":
    case "column":
    case "type":
    case "nullability":
    case "default":
    case "policy":
    case "row security":
      return "";
    case "unique":
      return "a unique key on ";
    case "index":
      return "an index on ";
    case "foreign key":
      return "a foreign key on ";
    case "primary key":
      return "the primary key ";
    case "enum":
      return "the type ";
    case "enum value":
      return "the enum value ";
  }
}

function insteadOf({ migrations, model }: Drift): Text {
  if (migrations === null) return say`Generate the migration that adds it, or take it out of the model.`;
  if (model === null) return say`Add it to the model, or take it out of the migration.`;
  return say`Change the model, or generate the migration that brings the database to it.`;
}
