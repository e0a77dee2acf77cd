import { defineRule } from "../rule.ts";
import { say } from "../text.ts";
import { failing, stillMapped } from "../uses.ts";

export default defineRule({
  summary: "Keep an enum's value while running code uses it",
  why: "From the moment of the rename until every instance runs the new code, each statement that sends the old value fails, and code that reads the new one does not know it.",
  instead:
    "Add the new value beside the old one, let the code read both, move the rows, and stop using the old one.",
  // Whether something breaks depends on deploy order and on code that is not seen here: it does not gate.
  severity: "warning",
  ignoreWhen: "nothing that is deployed uses the value, or the application is stopped during the deploy.",
  sources: ["PostgreSQL documentation, ALTER TYPE, RENAME VALUE"],
  check: {
    renameEnumValue({ type, value, to, at }, { base, uses }) {
      const known = base?.enums.find(({ name }) => name === type);
      // Of a type, or a value, that this pull request makes.
      if (base && !known?.labels.includes(value)) return;
      const used = uses({ kind: "enum value", type, value });
      return {
        message: say`Renaming ${value} to ${to} breaks running code that still sends ${value} as ${type}, or does not know ${to}.${stillMapped(used) ?? []}`,
        evidence: failing(used),
        instead: say`Add ${to} beside ${value}, release code that reads both, write only ${to} and move the rows, and leave ${value} unused.`,
        at,
        object: `${type}.${value}`,
      };
    },
  },
});
