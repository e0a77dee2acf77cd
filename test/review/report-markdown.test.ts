import { describe, expect, it } from "vitest";
import { commentBody, fingerprintsIn } from "../../src/review/report/comment.ts";
import { codeSpan, fenced, markdown, prose } from "../../src/review/report/escape.ts";
import { suggestionOf } from "../../src/review/report/fix-view.ts";
import { placeLink } from "../../src/review/report/links.ts";
import { toMarkdown } from "../../src/review/report/markdown.ts";
import { toMermaid } from "../../src/review/report/mermaid.ts";
import { schemaView } from "../../src/review/report/schema-view.ts";
import { say } from "../../src/review/text.ts";
import type { Finding } from "../../src/review/types.ts";
import { expectHarmless, hostileReport, renderer, withoutDiagram } from "./harmless.ts";
import {
  changeSet,
  database,
  dryRun,
  hostileNames,
  indexFinding,
  indexStep,
  indexUp,
  migration,
  migrationRun,
  ordersTable,
  sample,
  schema,
  script,
  summaryOptions,
  table,
} from "./report-samples.ts";

describe("a comment", () => {
  it("says what will happen, what was observed, what to do instead, and carries suggestion and mark", () => {
    const suggestion = suggestionOf(indexFinding, indexUp.text);
    expect(
      commentBody(indexFinding, { suggestion, rulesUrl: "https://drydock.example/rules/" }),
    ).toMatchInlineSnapshot(`
      "❌ **Building \`orders_user_id_idx\` blocks every write to \`orders\` until it ends.**

      **Observed:** SHARE lock on \`orders\`; full scan of \`orders\`

      \`\`\`suggestion
      CREATE INDEX CONCURRENTLY orders_user_id_idx ON orders (user_id);
      \`\`\`

      **With this, run in the sandbox:** SHARE UPDATE EXCLUSIVE lock on \`orders\` (documented)

      <sub>[Why](https://drydock.example/rules/no-blocking-index-build.md) · accept it with \`/drydock ignore no-blocking-index-build <reason>\`</sub>

      <!-- drydock:f00dfeed -->"
    `);
  });

  it("shows a fix that does not fit into its lines as a difference, and what follows by hand", () => {
    const { text } = indexUp;
    const finding: Finding = {
      ...indexFinding,
      severity: "warning",
      gates: false,
      fix: {
        title: "Create the down",
        edits: [
          { path: indexUp.path, start: text.length, end: text.length, text: "SELECT 1;\n" },
          { path: "db/new.down.sql", start: 0, end: 0, text: "DROP INDEX x;\n" },
        ],
        followUp: say`VALIDATE ${"orders_fk"} in the next migration`,
      },
    };
    expect(suggestionOf(finding, text)).toBeNull();
    expect(
      commentBody(finding, { suggestion: null, sources: new Map([[indexUp.path, text]]) }),
    ).toMatchInlineSnapshot(`
      "⚠️ **Building \`orders_user_id_idx\` blocks every write to \`orders\` until it ends.**

      **Observed:** SHARE lock on \`orders\`; full scan of \`orders\`

      **Instead:** Run \`CREATE INDEX CONCURRENTLY orders_user_id_idx ON orders (user_id)\`.

      \`\`\`diff
      +++ db/migrations/0002_idx.up.sql
      - 
      + SELECT 1;
      +++ db/new.down.sql
      + DROP INDEX x;
      \`\`\`

      **With this, run in the sandbox:** SHARE UPDATE EXCLUSIVE lock on \`orders\` (documented)

      **Then:** VALIDATE \`orders_fk\` in the next migration

      <sub>accept it with \`/drydock ignore no-blocking-index-build <reason>\`</sub>

      <!-- drydock:f00dfeed -->"
    `);
  });

  it("does not say again what its suggestion, or its advice, says", () => {
    const steps = [{ phase: "expand" as const, title: say`Build it`, files: [] }];
    const sequence = { replaces: [], edits: [], steps };
    const fix = indexFinding.fix && {
      ...indexFinding.fix,
      followUp: say`Run \`VALIDATE ${"orders_fk"}\` in the next migration`,
    };
    const instead = say`Add ${"orders_fk"} as NOT VALID, and run \`VALIDATE ${"orders_fk"}\` after it.`;
    const finding = { ...indexFinding, instead, fix, sequence } as Finding;
    const body = commentBody(finding, { suggestion: "SELECT 1;" });
    expect(body).not.toContain("as NOT VALID");
    expect(body).toContain("**Then:** Run \\`VALIDATE");
    expect(body).not.toContain("migration that was run");
    const diff = commentBody({ ...finding, sequence: null }, { suggestion: null });
    expect(diff).toContain("**Instead:** Add `orders_fk` as NOT VALID");
    expect(diff).not.toContain("**Then:**");
    const other = commentBody(finding, { suggestion: null });
    expect(other).toContain("**Instead**, in a migration that was run in the sandbox: Build it");
    expect(other).not.toContain("as NOT VALID");
  });

  it("has one sentence as its headline", () => {
    const headline = (message: Finding["message"]) =>
      commentBody({ ...indexFinding, message, evidence: [] }, { suggestion: null })
        .split("\n\n")
        .slice(0, 2);
    expect(
      headline([...say`Dropping ${"a. b"} breaks code, e.g. ${"x"}.`, ...say` ${"m.sql"} made it. So.`]),
    ).toEqual(["❌ **Dropping `a. b` breaks code, e.g. `x`.**", "`m.sql` made it. So."]);
    expect(headline(say`Only ${"one"}.`)[0]).toBe("❌ **Only `one`.**");
  });

  it("says of one statement all that it does, and nothing twice", () => {
    const observed = say`observed: SHARE lock on ${"orders"}`;
    const also: Finding[] = [
      {
        ...indexFinding,
        rule: "no-unproven-constraint",
        severity: "warning",
        gates: false,
        message: say`It fails in production if one row holds NULL in ${"user_id"}.`,
        evidence: [observed, say`observed: no row was there`],
        instead: say`Fill ${"user_id"} first.`,
        fix: null,
        fingerprint: "bb",
      },
      {
        ...indexFinding,
        rule: "no-rejected-insert",
        severity: "info",
        gates: false,
        message: say`An INSERT that leaves ${"user_id"} out fails.`,
        evidence: [],
        instead: say`Fill ${"user_id"} first.`,
        fix: null,
        fingerprint: "cc",
      },
    ];
    const first = { ...indexFinding, evidence: [observed], fix: null };
    expect(commentBody(first, { suggestion: null, also })).toMatchInlineSnapshot(`
      "❌ **Building \`orders_user_id_idx\` blocks every write to \`orders\` until it ends.**

      - ⚠️ It fails in production if one row holds NULL in \`user_id\`. Observed: no row was there. Fill \`user_id\` first.
      - An INSERT that leaves \`user_id\` out fails.

      **Observed:** SHARE lock on \`orders\`

      **Instead:** Run \`CREATE INDEX CONCURRENTLY orders_user_id_idx ON orders (user_id)\`.

      <sub>\`no-blocking-index-build\`, \`no-unproven-constraint\` · accept one with \`/drydock ignore <rule> <reason>\`</sub>

      <!-- drydock:f00dfeed.bb.cc -->"
    `);
  });

  it("lists many facts, by how they are known", () => {
    const evidence = [
      ...Array.from({ length: 20 }, (_, i) => say`observed: scan of ${`t${i}`}`),
      ...Array.from({ length: 15 }, (_, i) => say`documented: ${`f${i}`} is parsed again`),
      say`configured: ${"t0"} has ${5} rows`,
      say`sizes are not configured: ${"t1"} is taken to be large`,
    ];
    const body = commentBody({ ...indexFinding, evidence, fix: null }, { suggestion: null });
    expect(body).toMatchInlineSnapshot(`
      "❌ **Building \`orders_user_id_idx\` blocks every write to \`orders\` until it ends.**

      **Observed:** scan of \`t0\`, \`t1\`, \`t2\`, \`t3\`, \`t4\`, \`t5\`, \`t6\`, \`t7\`, \`t8\`, \`t9\`, \`t10\`, \`t11\` and 8 more. **Configured:** \`t0\` has 5 rows. Sizes are not configured: \`t1\` is taken to be large

      **Documented:**
      - \`f0\` is parsed again
      - \`f1\` is parsed again
      - \`f2\` is parsed again
      - \`f3\` is parsed again
      - \`f4\` is parsed again
      - \`f5\` is parsed again
      - \`f6\` is parsed again
      - \`f7\` is parsed again
      - \`f8\` is parsed again
      - \`f9\` is parsed again
      - \`f10\` is parsed again
      - \`f11\` is parsed again
      - and 3 more

      **Instead:** Run \`CREATE INDEX CONCURRENTLY orders_user_id_idx ON orders (user_id)\`.

      <sub>accept it with \`/drydock ignore no-blocking-index-build <reason>\`</sub>

      <!-- drydock:f00dfeed -->"
    `);
  });

  it("is found again by its mark", () => {
    const body = commentBody(indexFinding, { suggestion: null });
    expect(fingerprintsIn(body)).toEqual(["f00dfeed"]);
    expect(fingerprintsIn("<!-- drydock:f00dfeed --> quoted by somebody")).toEqual([]);
  });
});

describe("a suggestion", () => {
  const at = (line: number, endLine: number, start: number, end: number, text: string): Finding => ({
    ...indexFinding,
    line,
    endLine,
    fix: { title: "", edits: [{ path: indexUp.path, start, end, text }], followUp: null },
  });

  it("replaces exactly the commented lines", () => {
    const text = "BEGIN;\r\nCREATE INDEX a\r\n  ON t (x);\r\nCOMMIT;\r\n";
    const start = text.indexOf(" a");
    expect(suggestionOf(at(2, 3, start, start, " CONCURRENTLY"), text)).toBe(
      "CREATE INDEX CONCURRENTLY a\n  ON t (x);",
    );
  });

  it("is not made when it changes nothing, reaches further or cannot be shown", () => {
    const text = "one\ntwo\nthree\n";
    expect(suggestionOf(at(2, 2, 4, 4, ""), text)).toBeNull();
    expect(suggestionOf(at(2, 2, 0, 5, "x"), text)).toBeNull();
    expect(suggestionOf(at(2, 2, 4, 7, "x\u202ey"), text)).toBeNull();
    expect(suggestionOf({ ...indexFinding, fix: null }, text)).toBeNull();
  });

  it("has a fence longer than any run of backticks inside", () => {
    const body = commentBody(indexFinding, { suggestion: "SELECT '````';\n```" });
    expect(body).toContain("\n`````suggestion\nSELECT '````';\n```\n`````\n");
  });
});

describe("text from the pull request", () => {
  it.each(Object.entries(hostileNames))("is harmless in a comment: %s", (_, name) => {
    const finding: Finding = {
      ...indexFinding,
      message: say`Building ${name} blocks ${name}.`,
      evidence: [say`observed: lock on ${name}`],
      instead: say`Use ${name} instead.`,
      path: `db/${name}.sql`,
      fix: null,
    };
    const body = commentBody(finding, { suggestion: null });
    expect(body.length).toBeLessThan(2_000);
    expectHarmless(renderer.render(body));
  });

  it.each(Object.entries(hostileNames))("is harmless in the summary: %s", (_, name) => {
    expectHarmless(renderer.render(withoutDiagram(toMarkdown(hostileReport(name), summaryOptions))));
  });

  it.each(Object.entries(hostileNames))("is harmless as prose: %s", (_, name) => {
    expectHarmless(renderer.render(`Skipped: ${prose(name)}`));
  });

  it("stays one line of one table", () => {
    for (const name of Object.values(hostileNames)) {
      const row = `| a | b |\n| --- | --- |\n| ${markdown(say`${name} x`, { table: true })} | last |\n`;
      const html = renderer.render(row);
      expect(html.match(/<td>/g)).toHaveLength(2);
      expect(html).toContain("<td>last</td>");
    }
  });

  it("is shown as it is where it does no harm", () => {
    expect(codeSpan("orders")).toBe("`orders`");
    expect(codeSpan("a`b")).toBe("``a`b``");
    expect(codeSpan("`x`")).toBe("`` `x` ``");
    expect(codeSpan("n".repeat(10_000))).toHaveLength(122);
    expect(markdown(say`Use \`NOT VALID\` on ${"a_b"}: 5 * 3 < 16`)).toBe(
      "Use `NOT VALID` on `a_b`: 5 \\* 3 &lt; 16",
    );
    expect(fenced("a\tb\u001b[2J\n", "sql")).toBe("```sql\na\tb\\u{1b}[2J\n```");
  });
});

describe("the summary", () => {
  it("begins with the verdict and holds findings without a comment, receipt, migrations and commits", () => {
    expect(toMarkdown(sample(), summaryOptions)).toMatchInlineSnapshot(`
      "### ❌ 1 blocking finding in 1 migration

      #### \`no-blocking-index-build\`

      \`db/migrations/0002_idx.up.sql:1\`

      ❌ **Building \`orders_user_id_idx\` blocks every write to \`orders\` until it ends.**

      **Observed:** SHARE lock on \`orders\`; full scan of \`orders\`

      **Instead:** Run \`CREATE INDEX CONCURRENTLY orders_user_id_idx ON orders (user_id)\`.

      \`\`\`diff
      - CREATE INDEX orders_user_id_idx ON orders (user_id);
      + CREATE INDEX CONCURRENTLY orders_user_id_idx ON orders (user_id);
      \`\`\`

      **With this, run in the sandbox:** SHARE UPDATE EXCLUSIVE lock on \`orders\` (documented)

      **Receipt**

      - 1 migration read, after 1 earlier migration; 2 of 2 statements run on PostgreSQL 18.6 (PGlite 0.5.16).
      - 1 of 1 round trip (up, down, up) restored schema and data.

      <details><summary><code>db/migrations/0002_idx.up.sql</code>: 1 statement, strongest lock SHARE on <code>orders</code>; round trip restored everything</summary>

      | | Line | Statement | Strongest lock | Effect |
      | --- | ---: | --- | --- | --- |
      | up | 1 | \`CREATE INDEX orders_user_id_idx ON orders (user_id)\` | SHARE on \`orders\` | scans \`orders\` |
      | down | 1 | \`DROP INDEX orders_user_id_idx\` |  |  |

      </details>

      <sub>base <code>aaaaaaaaaaaa</code>, head <code>bbbbbbbbbbbb</code> · Drydock 1.2.3</sub>"
    `);
  });

  it("leaves findings to their inline comments", () => {
    const summary = toMarkdown(sample(), { ...summaryOptions, commented: new Set(["f00dfeed"]) });
    expect(summary).not.toContain("no-blocking-index-build");
    expect(summary).toContain("Each finding stands as a comment at its line.");
  });

  it("says in full once what is the same at many places, and of the others what is not", () => {
    const at = (line: number, severity: "warning" | "info", table: string): Finding => ({
      ...indexFinding,
      fingerprint: `${severity}${line}`,
      severity,
      gates: false,
      line,
      endLine: line,
      message: say`Deleting from ${"orders"} reads all of ${table}.`,
      instead: say`Add an index to ${table}.`,
      fix: null,
    });
    const tables = ["t1", "t2", "t3"];
    const findings = (["warning", "info"] as const).flatMap((severity) =>
      tables.map((table, i) => at(i + 1, severity, table)),
    );
    const summary = toMarkdown(sample({ findings }), summaryOptions);
    expect(summary.split("**Deleting from `orders`")).toHaveLength(2);
    expect(summary).toContain(`**Also here:**
- \`${indexUp.path}:2\`: \`t2\`. Add an index to \`t2\`.
- \`${indexUp.path}:3\`: \`t3\`. Add an index to \`t3\`.`);
    expect(summary).toContain(
      `- \`${indexUp.path}:1\`: Deleting from \`orders\` reads all of \`t1\`. Also line 2: \`t2\`; line 3: \`t3\`. \`no-blocking-index-build\``,
    );
    const [first, ...elsewhere] = findings.slice(0, 3);
    if (!first) throw new Error("there are three");
    const other = { ...at(9, "warning", "t9"), rule: "no-other", message: say`Another of ${"t9"}.` };
    expect(commentBody(first, { suggestion: null, elsewhere: [...elsewhere, other] })).toContain(
      "**Also here:**\n- line 2: `t2`; line 3: `t3`\n- line 9: Another of `t9`.\n",
    );
  });

  it("says what was not checked, what matters first", () => {
    const skipped = [
      { path: "a.sql", line: 1, reason: "it is a `psql` command", matters: false },
      { path: "b.sql", line: null, reason: "it is a binary file", matters: true },
    ];
    const report = sample({ findings: [], changes: changeSet([database([indexStep])], { skipped }) });
    expect(toMarkdown(report, summaryOptions)).toContain(
      "**Not checked**\n\n- `b.sql`: it is a binary file\n- `a.sql:1`: it is a `psql` command _(does not change the verdict)_",
    );
  });

  it("shows plans that change and leaves out those that do not", () => {
    const scan = (type: string, index: string | null, cost: number) =>
      ({
        kind: "planned",
        cost,
        root: { type, relation: "orders", index, cost, rows: 1, details: {}, children: [] },
      }) as const;
    const query = { name: "by-user", path: "q.sql", line: 2, endLine: 3, sql: "", baseSql: "", tables: [] };
    const same = scan("Index Scan", "orders_pkey", 8.3);
    const report = sample({
      changes: changeSet([database([])], { queries: [query, { ...query, name: "same" }] }),
      runs: [
        dryRun([], {
          queries: [
            {
              query: 0,
              before: scan("Index Scan", "orders_user_id_idx", 8.31),
              early: null,
              after: scan("Seq Scan", null, 204_512.4),
            },
            { query: 1, before: same, early: null, after: same },
          ],
        }),
      ],
    });
    const summary = toMarkdown(report, summaryOptions);
    expect(summary).toContain(
      "| `by-user` (`q.sql:2`) | Index Scan on `orders` (`orders_user_id_idx`), cost 8.3 | Seq Scan on `orders`, cost 204,512 |",
    );
    expect(summary).not.toContain("`same`");
  });

  it("fits into a comment of GitHub's, keeps its markup balanced and says what was cut", () => {
    const steps = Array.from({ length: 300 }, (_, i) => {
      const lines = Array.from(
        { length: 40 },
        (_, n) => `CREATE INDEX ${"x".repeat(60)}_${i}_${n} ON orders (id);`,
      );
      return migration(String(i), script(`db/migrations/${i}.up.sql`, ...lines), null);
    });
    const findings = Array.from({ length: 200 }, (_, i) => ({
      ...indexFinding,
      line: i + 1,
      fingerprint: `f${i}`,
    }));
    const report = sample({
      changes: changeSet([database(steps)]),
      runs: [dryRun(steps.map((step) => migrationRun(step)))],
      findings,
    });
    const summary = toMarkdown(report, summaryOptions);
    expect(summary.length).toBeLessThanOrEqual(65_000);
    expect(summary.length).toBeGreaterThan(50_000);
    expect(summary.startsWith("### ❌ 200 blocking findings in 300 migrations")).toBe(true);
    expect(summary).toMatch(/cut for length\./);
    expect(summary).toContain("Drydock 1.2.3");
    expect(summary.match(/<details>/g)?.length).toBe(summary.match(/<\/details>/g)?.length);
    expect((summary.match(/^`{3,}/gm)?.length ?? 0) % 2).toBe(0);
    for (const limit of [600, 2_000, 9_000]) {
      const short = toMarkdown(report, { ...summaryOptions, limit });
      expect(short.length).toBeLessThanOrEqual(limit);
      expect(short.match(/<details>/g)?.length).toBe(short.match(/<\/details>/g)?.length);
      expect(short).toContain("200 blocking findings");
    }
  });
});

describe("the diagram", () => {
  const users = table("users", { id: "bigint", email: "text" });
  const key = {
    name: "fk",
    kind: "foreign-key",
    columns: ["user_id"],
    valid: true,
    enforced: true,
    onDelete: "NO ACTION",
    definition: "FOREIGN KEY (user_id) REFERENCES users(id)",
    references: { table: "users", columns: ["id"] },
  } as const;

  it("marks what is new, changed and dropped, and shows what is referred to", () => {
    const orders = table(
      "orders",
      { id: "bigint", user_id: "integer", total: "numeric(10,2)", codes: "character varying(20)[]" },
      { constraints: [key] },
    );
    const coupons = table("coupons", { id: "bigint", valid_until: "timestamp with time zone" });
    const old = table("old", { id: "bigint" });
    const view = schemaView({ base: schema(ordersTable, users, old), head: schema(orders, users, coupons) });
    expect(view && toMermaid(view)).toMatchInlineSnapshot(`
      "erDiagram
        t1["orders (changed)"] {
          bigint id
          integer user_id FK "changed, was bigint"
          numeric(10_2) total "new"
          varchar(20)[] codes "new"
          text note "dropped"
        }
        t2["old (dropped)"] {
          bigint id
        }
        t3["coupons (new)"] {
          bigint id
          timestamptz valid_until
        }
        t4["users"] {
          etc columns "2 more"
        }
        t4 ||..o{ t1 : "user_id (new)""
    `);
  });

  it("is left out when no table changes", () => {
    expect(schemaView({ base: schema(ordersTable), head: schema(ordersTable) })).toBeNull();
  });

  it("draws at most 12 tables", () => {
    const many = Array.from({ length: 30 }, (_, i) => table(`t${i}`, { id: "bigint" }));
    const view = schemaView({ base: schema(), head: schema(...many) });
    expect([view?.tables.length, view?.more]).toEqual([12, 18]);
  });

  it.each(Object.entries(hostileNames))("is not broken out of by a name: %s", (_, name) => {
    const head = table(
      name,
      { [name]: name, pk: name },
      { constraints: [{ ...key, columns: [name], references: { table: "users", columns: ["id"] } }] },
    );
    const view = schemaView({ base: schema(users), head: schema(users, head) });
    const lines = (view ? toMermaid(view) : "").split("\n");
    const shape = [
      /^erDiagram$/,
      /^ {2}t1\["[\p{L}\p{N}_., ()…-]+"\] \{$/u,
      /^ {4}\w+(?:\(\d+\)|\[\])? \w+( PK| FK)?$/,
      /^ {4}\w+ \w+$/,
      /^ {2}\}$/,
      /^ {2}t2\["users"\] \{$/,
      /^ {4}etc columns "2 more"$/,
      /^ {2}\}$/,
      /^ {2}t2 \|\|\.\.o\{ t1 : "[\p{L}\p{N}_., ()…-]+"$/u,
    ];
    expect(lines).toHaveLength(shape.length);
    for (const [i, pattern] of shape.entries()) expect(lines[i]).toMatch(pattern);
  });
});

describe("what is accepted", () => {
  const accepted = [{ finding: indexFinding, reason: "writes are stopped", by: "comment" }] as const;

  it("stands in a line that unfolds, and counts for nothing else", () => {
    const report = sample({ findings: [], accepted });
    expect(report.conclusion).toBe("success");
    const text = toMarkdown(report, summaryOptions);
    expect(text).toContain(
      "<details><summary>1 accepted</summary>\n\n- `no-blocking-index-build`, `db/migrations/0002_idx.up.sql:1`: writes are stopped\n\n</details>",
    );
    expect(text).toContain("- 1 finding accepted, with a reason.");
  });

  it("shows no markup of the reason", () => {
    for (const reason of Object.values(hostileNames)) {
      const text = toMarkdown(
        sample({ findings: [], accepted: [{ finding: indexFinding, reason, by: "config" }] }),
        summaryOptions,
      );
      const [, shown = ""] = /1 accepted<\/summary>\n([\s\S]*?)<\/details>/.exec(text) ?? [];
      expectHarmless(renderer.render(shown));
    }
  });
});

it("links places to the lines of the commit, where they can be", () => {
  const filesUrl = "https://github.com/acme/shop/blob/abc";
  const at = (path: string, line = 3, endLine = 3) =>
    placeLink({ path, line, endLine }, filesUrl).replaceAll("`", "");
  expect(at("db/a b/1.sql", 3, 5)).toBe(`[db/a b/1.sql:3-5](${filesUrl}/db/a%20b/1.sql#L3-L5)`);
  expect(at("db/#1)(.sql")).toBe(`[db/#1)(.sql:3](${filesUrl}/db/%231%29%28.sql#L3)`);
  expect(at("x".repeat(10_000))).not.toContain("https");
  expect(at("db/\ud800.sql")).not.toContain("https");
  expect(placeLink({ path: "a.sql", line: 1, endLine: 1 }, null)).toBe("`a.sql:1`");
  expect(toMarkdown(sample(), { ...summaryOptions, filesUrl })).toContain(
    `[\`db/migrations/0002_idx.up.sql:1\`](${filesUrl}/db/migrations/0002_idx.up.sql#L1)`,
  );
});

it.each(Object.entries(hostileNames))("links a place of no other name than its own: %s", (_, path) => {
  const text = placeLink({ path, line: 1, endLine: 1 }, "https://github.com/acme/shop/blob/abc");
  const html = renderer.renderInline(text);
  expect(html.replace(/<code>[\s\S]*?<\/code>/, "")).toMatch(
    /^(<a href="https:\/\/github\.com\/acme\/shop\/blob\/abc\/[^"]*#L1"><\/a>)?$/,
  );
});

it("links rules to their pages where it is known where they stand", () => {
  const pages = "https://drydock.example/rules";
  expect(toMarkdown(sample({ rulesUrl: pages }), summaryOptions)).toContain(
    `[\`no-blocking-index-build\`](${pages}/no-blocking-index-build.md)`,
  );
  expect(toMarkdown(sample(), summaryOptions)).not.toContain("](http");
});
