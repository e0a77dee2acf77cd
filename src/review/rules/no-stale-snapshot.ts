import { defineRule } from "../rule.ts";
import { say } from "../text.ts";
import type { Drift, StaleSnapshot, Text } from "../types.ts";

export default defineRule({
  summary: "Keep the tool's own snapshot in step with its migrations",
  why: "The tool takes its snapshot for the schema: where it tells another one than the migrations build, the next generated migration repeats or undoes what ran, and databases that are set up from a dump lack it.",
  instead: "Let the tool write the snapshot again, and commit it with the migration.",
  // Certain that they differ; nothing fails before the tool is used again.
  severity: "warning",
  dialects: ["postgresql", "sqlite"],
  ignoreWhen: "the file is written again before the next migration is generated.",
  sources: [
    "Drizzle documentation, drizzle-kit generate",
    "dbmate README.md, Exporting Schema File",
    "PostgreSQL documentation, pg_dump",
  ],
  check: {
    snapshot(stale, { follows, remedy }) {
      return {
        message: messageOf(stale, follows),
        evidence: stale.isUnlisted
          ? []
          : [
              say`observed: what it tells and what the migrations build were built in the sandbox and compared`,
            ],
        object: stale.file,
        instead: remedy,
      };
    },
  },
});

function messageOf({ file, isUnlisted, differences }: StaleSnapshot, follows: Text): Text {
  if (isUnlisted)
    return say`${file} was not written after this migration, whose version it does not list: ${follows}.`;
  const told = differences.slice(0, shown).map(differenceOf);
  const more = differences.length - told.length;
  const list = told.flatMap((text, i) => (i === 0 ? text : say`, ${text}`));
  return say`${file} ${list}${more > 0 ? say`, and ${more} more` : []}: ${follows}.`;
}

/** So many differences are named. */
const shown = 3;

function differenceOf({ kind, object, model, migrations }: StaleSnapshot["differences"][number]): Text {
  const noun = nouns[kind] ?? "";
  if (migrations === null) return say`has ${[noun]}${object}, which the migrations do not build`;
  if (model === null) return say`lacks ${[noun]}${object}, which the migrations build`;
  return say`says ${[noun]}${object} is ${model}, and the migrations build ${migrations}`;
}

const nouns: Partial<Record<Drift["kind"], string>> = {
  unique: "the unique key on ",
  index: "the index on ",
  "foreign key": "the foreign key of ",
  "primary key": "the primary key ",
  default: "the default of ",
  enum: "the type ",
  "enum value": "the enum value ",
};
