#!/usr/bin/env node
/** Starts a rule: `npm run new -- rule require-something` writes its source and its fixture. */
import { existsSync, writeFileSync } from "node:fs";
import path from "node:path";

const root = path.resolve(import.meta.dirname, "..");
const [what, id] = process.argv.slice(2);

if (what !== "rule" || !id || !/^(?:require|no|prefer)(?:-[a-z0-9]+)+$/.test(id)) {
  console.error(
    "Usage: npm run new -- rule <id>\nAn id begins with require-, no- or prefer- and is kebab-case.",
  );
  process.exit(2);
}

const files = {
  [`src/review/rules/${id}.ts`]: `import { defineRule } from "../rule.ts";
import { say } from "../text.ts";

export default defineRule({
  summary: "Say what to do, as an instruction",
  why: "Name the lock, the loss or the cost.",
  instead: "Say what can be done today.",
  // Why this severity: an error gates, and is for what was observed, is certain to fail, or loses data.
  severity: "warning",
  ignoreWhen: "say when it is right to ignore it.",
  sources: ["PostgreSQL documentation, section …"],
  check: {
    createIndex(index, { isNew }) {
      if (isNew(index.table)) return;
      return { message: say\`Say what happens to \${index.table}.\`, at: index.at, object: index.table };
    },
  },
});
`,
  [`test/rules/${id}.md`]: `# ${id}

## Bad: the danger in its smallest form

\`\`\`sql base
CREATE TABLE orders (id bigint PRIMARY KEY, user_id bigint);
\`\`\`

\`\`\`sql up
CREATE INDEX orders_user_id_idx ON orders (user_id); -- expect: warning
\`\`\`

- says: Say what happens to \`orders\`.
- observed: SHARE lock on \`orders\`

## Good: a table of this pull request

\`\`\`sql up
CREATE TABLE orders (id bigint PRIMARY KEY, user_id bigint);
CREATE INDEX orders_user_id_idx ON orders (user_id);
\`\`\`
`,
};

const taken = Object.keys(files).find((file) => existsSync(path.join(root, file)));
if (taken) {
  console.error(`${taken} is there already.`);
  process.exit(2);
}
for (const [file, text] of Object.entries(files)) {
  writeFileSync(path.join(root, file), text);
  console.log(`Wrote ${file}`);
}
console.log("Then: npm run generate");
