import { defineRule } from "../rule.ts";
import { normaliseStatement } from "../sql/names.ts";
import { say } from "../text.ts";
import type { Database, Script } from "../types.ts";
import { isIdle, isSameWork } from "../unchanged.ts";

export default defineRule({
  summary: "Leave a migration as it is once it is merged, and write a new one",
  why: "A database that ran it does not run it again: it keeps what the old text made, and differs from new databases from then on. Tools that keep checksums report it, and some stop there, even for a comment.",
  instead: "Put the old text back, and change the schema in a new migration.",
  // Whether it has run anywhere is not seen here.
  severity: "warning",
  dialects: ["postgresql", "sqlite"],
  ignoreWhen: "the migration has not run anywhere yet, or could not run as it was.",
  sources: [
    "golang-migrate documentation, GETTING_STARTED.md",
    "Flyway documentation, Validate",
    "Prisma documentation, Editing migrations and the migration history",
  ],
  check: {
    migration({ status, changed, name, up, former, settings }, { database, framework }) {
      if (status !== "edited" || settings.again === "unknown") return;
      const { checksums } = database.habits;
      const onlyWords = changed.length === 0;
      if (!changed.includes("up") && !(checksums && onlyWords)) return;
      if (!checksums && former && isBroughtLater(former.up, up, database)) return;
      if (!checksums && (former ? isSameWork(former.up, up) : isIdle(up))) return;
      return {
        message: checksums
          ? say`${name} is on the base branch already, and its text changes: ${[framework.title]} keeps its checksum, and reports the difference where it has run.`
          : say`${name} is on the base branch already: a database that has run it keeps what the old text made.`,
        instead: onlyWords
          ? say`Put the old text of ${up.path} back; its comments and white space count as well.`
          : say`Put the old text of ${up.path} back, and write what changes as a new migration.`,
        object: name,
      };
    },
  },
});

/** Whether all that changes is what it replaces, and a migration of the same change does that again where the old text ran. */
function isBroughtLater(former: Script, up: Script, { steps }: Database): boolean {
  const textsOf = ({ statements }: Script) => statements.map(({ sql }) => normaliseStatement(sql));
  const [before, now] = [textsOf(former), textsOf(up)];
  const fresh = now.filter((sql) => !before.includes(sql));
  const later = new Set(steps.filter(({ status }) => status === "added").flatMap((step) => textsOf(step.up)));
  return (
    fresh.length > 0 &&
    before.length === now.length &&
    fresh.every((sql) => /^create or replace /i.test(sql) && later.has(sql))
  );
}
