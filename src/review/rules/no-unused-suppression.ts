import { defineRule } from "../rule.ts";
import { say } from "../text.ts";
import type { Suppression, Text } from "../types.ts";

export default defineRule({
  summary: "Remove a drydock:ignore that ignores nothing",
  why: "It looks as if a danger were known and accepted where there is none, and it would hide the next one.",
  instead: "Remove the comment, or correct the rule's name.",
  // Nothing is wrong with the schema.
  severity: "warning",
  dialects: ["postgresql", "sqlite"],
  ignoreWhen:
    "the rule speaks only sometimes, e.g. because another branch changes the table's size in the configuration.",
  sources: ["Drydock documentation, Suppressions"],
  check: {
    suppression(suppression, { outcome, isKnown, nearest }) {
      const { rule } = suppression;
      if (!isKnown) return { message: unknown(rule, nearest), instead: remedy(nearest), object: rule };
      if (outcome === "refused")
        return {
          message: say`${rule} is not ignored: it was seen to fail, and a comment does not change that.`,
          instead: say`Correct what fails. Where only the sandbox lacks something, accept it under suppress: in .github/drydock.yml, which is merged on its own.`,
          object: rule,
        };
      if (outcome !== "unused") return;
      return {
        message: say`${rule} finds nothing ${[whereOf(suppression)]}: there is nothing to ignore.`,
        instead: say`Remove the comment.`,
        object: rule,
        severity: "info",
      };
    },
  },
});

function unknown(rule: string, nearest: string | null): Text {
  if (rule === "") return say`This comment ignores nothing: it names no rule.`;
  return nearest === null
    ? say`This comment ignores nothing: there is no rule ${rule}.`
    : say`This comment ignores nothing: there is no rule ${rule}. Did you mean ${nearest}?`;
}

function remedy(nearest: string | null): Text {
  return nearest === null
    ? say`Name the rule as the finding does: ${"drydock:ignore <rule> <reason>"}.`
    : say`Write ${`drydock:ignore ${nearest} <reason>`}.`;
}

function whereOf({ scope, target, isNew }: Suppression): string {
  if (isNew) return "in this line";
  if (scope === "file") return "in this file";
  return target === null ? "here, where no statement follows" : "in this statement";
}
