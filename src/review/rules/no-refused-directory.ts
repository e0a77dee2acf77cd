import { defineRule } from "../rule.ts";
import { say } from "../text.ts";
import type { Refusal, Text } from "../types.ts";

export default defineRule({
  summary: "Leave a directory of migrations as its tool accepts it",
  why: "The tool compares files of its own before it runs anything, and stops where they disagree: the release waits, or goes out without its migrations.",
  instead: "Bring the files into step, and commit them together.",
  // What is compared is known, and so is what the tool does.
  severity: "error",
  dialects: ["postgresql", "sqlite"],
  ignoreWhen: "the tool is not used for this directory any more.",
  sources: [
    "Atlas documentation, Migration Directory Integrity",
    "Prisma documentation, Error message reference, P3019",
  ],
  check: {
    refusal({ directory, disagreement }) {
      return { message: messageOf(disagreement), instead: remedyOf(disagreement), object: directory };
    },
  },
});

function messageOf(disagreement: Refusal["disagreement"]): Text {
  if (disagreement.kind === "provider")
    return say`Prisma refuses to run these migrations (P3019): ${disagreement.file} says ${disagreement.locked}, and the datasource of the schema ${disagreement.declared}.`;
  const { file, signed, how } = disagreement;
  if (signed === null)
    return say`Atlas refuses to run this directory: the first line of ${file} is not the sum of the others.`;
  const reasons: Record<typeof how, Text> = {
    unlisted: say`${file} does not list ${signed}`,
    changed: say`${signed} is not what ${file} was made of`,
    gone: say`${file} lists ${signed}, which is not there`,
  };
  return say`Atlas refuses to run this directory: ${reasons[how]}.`;
}

function remedyOf(disagreement: Refusal["disagreement"]): Text {
  if (disagreement.kind === "signature")
    return say`Run ${"atlas migrate hash"} when the files stand in the order in which they are to run, and commit ${disagreement.file} with them.`;
  return say`Name one database in both; for another one, begin a new history of migrations with ${"prisma migrate dev"}: what is there was written for ${disagreement.locked}.`;
}
