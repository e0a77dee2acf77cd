import { defineRule, type QueryContext } from "../rule.ts";
import { say } from "../text.ts";
import type { PlanOutcome } from "../types.ts";

type Failure = Extract<PlanOutcome, { kind: "failed" }>;

/**
 * Failures that speak of the query on this schema: syntax, names that do not exist or are ambiguous, operators and types that do
 * not fit. Types of bare parameters, which a driver would state, are not among them (42P18).
 */
const ofTheQuery = /^(?:42601|42P01|42703|42702|42883|42804|42803|42P10)$/;

export default defineRule({
  summary: "Keep the application's queries running on the new schema",
  why: "The query fails from the moment of the migration on, for every caller.",
  instead: "Change the query together with the schema, or keep what it uses until no running code needs it.",
  // Seen: PostgreSQL refuses to plan it on the schema that the pull request leaves.
  severity: "error",
  isFact: true,
  ignoreWhen: "the query is no longer used.",
  sources: ["PostgreSQL documentation, appendix A, Error Codes"],
  check: {
    query(query, context) {
      const failure = failureOf(context);
      if (!failure) return;
      const worked = context.run?.before?.kind === "planned";
      return {
        message: worked
          ? say`${query.name} no longer runs: ${failure.message}.`
          : say`${query.name} does not run on the new schema: ${failure.message}.`,
        evidence: [
          ...(worked ? [say`observed: it is planned on the base schema`] : []),
          say`observed: PostgreSQL answered ${failure.message} (${[failure.code]})`,
        ],
        object: query.name,
      };
    },
  },
});

/** Silent when the base side failed as well, and when the schema is not all there. */
function failureOf({ run, schemaComplete, hasStandIns }: QueryContext): Failure | null {
  if (run?.after.kind !== "failed" || !schemaComplete) return null;
  if (run.before && run.before.kind !== "planned") return null;
  // A function that is missing may be one that was stubbed under another form.
  if (run.before === null && hasStandIns && run.after.code === "42883") return null;
  return ofTheQuery.test(run.after.code) ? run.after : null;
}
