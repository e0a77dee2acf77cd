import { defineRule } from "../rule.ts";
import { say } from "../text.ts";

export default defineRule({
  summary: "Say why a finding is ignored",
  why: "Whoever reads the migration later cannot tell a decision from a finding that was in the way. Without a reason nothing is ignored.",
  instead: "Write the reason behind the rule: drydock:ignore <rule> <reason>.",
  // The finding that it stands on still counts for itself.
  severity: "warning",
  dialects: ["postgresql", "sqlite"],
  ignoreWhen: "reasons are kept elsewhere; a link to them is a reason too.",
  sources: ["Drydock documentation, Suppressions"],
  check: {
    suppression({ rule, reason, scope }, { isKnown }) {
      if (reason !== "" || !isKnown) return;
      const word = scope === "file" ? "drydock:ignore-file" : "drydock:ignore";
      return {
        message: say`${rule} is not ignored: the comment gives no reason.`,
        instead: say`Write why this is right here: ${`${word} ${rule} <reason>`}.`,
        object: rule,
      };
    },
  },
});
