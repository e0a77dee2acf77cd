/**
 * Reads a rule's Markdown fixture: `# id`, then `## Bad: …` and `## Good: …` sections.
 *
 * A section holds fenced blocks, named by their info string, and a list of what the rule is expected to say:
 *
 *     ```sql base     the schema before the pull request
 *     ```sql up       the migration under review; a second one is named: ```sql up 0003_later
 *                     or, of another tool, by its whole file: ```sql up 0003_later.sql
 *                     or, outside of the migrations, by its path: ```go up /cmd/main.go
 *     ```sql down     its down
 *     ```sql query    a file with annotated queries (queries/app.sql)
 *     ```sql before   the same file on the base side
 *     ```sql fixed    the up as its fix leaves it; `fixed down`: the down; `fixed <path>`: another file
 *     ```yaml config  .github/drydock.yml of the base side
 *
 * `-- expect: <severity>` ends the line on which a finding is expected. List items say more of the findings of the
 * section, in their order: `- says: …`, `- observed: …`, `- instead: …`, `- follow-up: …`. An observation says what was really
 * seen to happen; every Bad section has one.
 *
 * @param {string} text
 * @returns {import("./fixture.d.mts").Fixture}
 */
export function readFixture(text) {
  const { id, sections } = cut(text);
  return { id, cases: sections.map(readCase) };
}

/** The SQL as a reader should see it, without expectations. */
export function withoutExpectations(/** @type {string} */ sql) {
  return sql.replace(expectation, "");
}

const expectation = /[ \t]*(?:(?:\/\/|#)[ \t]*)?-- expect: .*$/gm;
const fence = /^```(\S+)(?: (.*))?\n([\s\S]*?)^```$/gm;

function cut(/** @type {string} */ text) {
  const [head = "", ...rest] = text.replace(/\r\n/g, "\n").split(/^## /m);
  const id = /^# (\S+)\s*$/m.exec(head)?.[1];
  if (!id) throw new Error("a fixture begins with its rule: # id");
  return { id, sections: rest };
}

function readCase(/** @type {string} */ section) {
  const [title = "", ...lines] = section.split("\n");
  const match = /^(Bad|Good): (.+)$/.exec(title.trim());
  if (!match) throw new Error(`"${title}" is neither Bad nor Good`);
  const body = lines.join("\n");
  const blocks = [...body.matchAll(fence)].map(([, language = "", info = "", content = ""]) => {
    const [role = "", name = ""] = info.split(" ");
    return { language, role, name, text: content };
  });
  const prose = body.replace(fence, "");
  return {
    kind: /** @type {"Bad" | "Good"} */ (match[1]),
    title: match[2] ?? "",
    blocks,
    expected: expectedOf(blocks),
    facts: [...prose.matchAll(/^- (says|observed|instead|follow-up): (.+)$/gm)].map(
      ([, kind = "", text = ""]) => ({ kind, text }),
    ),
    notes: prose.replace(/^- (?:says|observed|instead|follow-up): .+$/gm, "").trim(),
  };
}

function expectedOf(/** @type {{ role: string, name: string, text: string }[]} */ blocks) {
  return blocks.flatMap(({ role, name, text }) =>
    text.split("\n").flatMap((line, i) => {
      const severity = /-- expect: (\S+)\s*$/.exec(line)?.[1];
      return severity === undefined ? [] : [{ role, name, line: i + 1, severity }];
    }),
  );
}
