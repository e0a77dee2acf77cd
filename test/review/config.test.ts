import { describe, expect, it } from "vitest";
import { configJsonSchema, defaultConfig, readConfig } from "../../src/review/config.ts";

const read = (text: string) => readConfig(text, ".github/drydock.yml");

it("has defaults for everything", () => {
  expect(defaultConfig).toEqual({
    migrations: [],
    exclude: [],
    excludePulls: { authors: [], labels: [] },
    queries: [],
    rows: {},
    rules: {},
    suppress: [],
    comments: { limit: 10, from: "warning", summary: true, drafts: false },
    postgres: 18,
  });
  for (const empty of ["", "# nothing yet\n", "---\n"])
    expect(read(empty)).toEqual({ config: defaultConfig, problems: [] });
});

it("reads all of it", () => {
  const { config, problems } = read(`
migrations:
  - directory: ./services/billing/db/
    framework: golang-migrate
    dialect: postgresql
exclude: ["examples/**"]
excludePulls:
  authors: ["renovate[bot]"]
queries:
  - src/**/*.ts
rows:
  orders: 10000000
  public.users: 5
  billing.invoices: 1000
rules:
  require-down: off
suppress:
  - rule: no-table-drop
    paths: [db/legacy/**]
    reason: nothing is kept there
comments:
  limit: 3
postgres: 15
`);
  expect(problems).toEqual([]);
  expect(config).toEqual({
    migrations: [{ directory: "services/billing/db", framework: "golang-migrate", dialect: "postgresql" }],
    exclude: ["examples/**"],
    excludePulls: { authors: ["renovate[bot]"], labels: [] },
    queries: ["src/**/*.ts"],
    rows: { orders: 10000000, users: 5, "billing.invoices": 1000 },
    rules: { "require-down": "off" },
    suppress: [{ rule: "no-table-drop", paths: ["db/legacy/**"], reason: "nothing is kept there" }],
    comments: { limit: 3, from: "warning", summary: true, drafts: false },
    postgres: 15,
  });
});

describe("a mistake", () => {
  it.each([
    ["row:\n  orders: 1\n", 1, "unknown key `row`: did you mean `rows`?"],
    ["excludePulls:\n  label: [a]\n", 2, "unknown key `label` in `excludePulls`: did you mean `labels`?"],
    ["postgres: 15\ncomments:\n  limt: 2\n", 3, "unknown key `limt` in `comments`: did you mean `limit`?"],
    [
      "migrations:\n  - directory: a\n    framwork: x\n",
      3,
      "unknown key `framwork` in `migrations`: did you mean `framework`?",
    ],
    ["something: 1\n", 1, "unknown key `something`; known are `migrations`, `exclude`"],
    [
      "rules:\n  require-down: of\n",
      2,
      "`rules.require-down`: must be one of `off`, `info`, `warning`, `error`; did you mean `off`?",
    ],
    ["rules:\n  require-dwon: off\n", 2, "no rule is called `require-dwon`: did you mean `require-down`?"],
    ["rows:\n  a: 1\n  orders: many\n", 3, "`rows.orders`: must be a whole number"],
    [
      "rows:\n  orders: 10_000\n",
      2,
      "`rows.orders`: must be a whole number, e.g. 10000000 (no quotes, no underscores)",
    ],
    ["rows:\n  orders: -1\n", 2, "`rows.orders`: must be at least 0"],
    ["migrations:\n  - framework: golang-migrate\n", 2, "`migrations.0.directory`: is missing"],
    ["migrations:\n  - directory: a\n    framework: golang-migrat\n", 3, "did you mean `golang-migrate`?"],
    ["exclude: examples\n", 1, "`exclude`: must be a list"],
    ["- a\n- b\n", 1, "must hold keys and values"],
    ["rows:\n  a: 1\n  a: 2\n", 3, "not valid YAML"],
    ["a: [1\nb: 2\n", 2, "not valid YAML"],
  ])("in %j is told with its line and remedy", (text, line, message) => {
    expect(read(text).problems[0]).toEqual({ line, message: expect.stringContaining(message) });
  });

  it("leaves the rest in force", () => {
    const { config, problems } = read(
      "exclude: [a/**]\nrows:\n  orders: many\n  users: 7\nrules: nonsense\ncomment:\n  limit: 1\n",
    );
    expect(problems).toHaveLength(3);
    expect(config).toEqual({ ...defaultConfig, exclude: ["a/**"], rows: { users: 7 } });
  });

  it("in one entry of a list leaves the others in force", () => {
    const { config } = read(
      "migrations:\n  - directory: a\n  - framework: golang-migrate\n  - directory: c\n",
    );
    expect(config.migrations.map(({ directory }) => directory)).toEqual(["a", "c"]);
  });
});

it.each([
  ["prototype names", "__proto__:\n  polluted: true\nrules:\n  __proto__: off\n"],
  ["deep nesting", "[".repeat(50_000)],
  [
    "an alias bomb",
    `a: &a [1,1]\n${Array.from({ length: 20 }, (_, i) => `b${i}: &b${i} [*${i === 0 ? "a" : `b${i - 1}`}, *${i === 0 ? "a" : `b${i - 1}`}]`).join("\n")}`,
  ],
  ["a large file", `exclude:\n${"  - aaaaaaaa\n".repeat(20_000)}`],
  ["unknown tags", "rows: !!js/function 'x'\n"],
])("says what is wrong with %s, and never throws", (_, text) => {
  const { config, problems } = read(text);
  expect(problems.length).toBeGreaterThan(0);
  expect(config).toEqual(defaultConfig);
  expect(({} as Record<string, unknown>).polluted).toBeUndefined();
});

it("describes every key in its JSON schema", () => {
  const undescribed: string[] = [];
  const visit = (schema: unknown, path: string) => {
    if (typeof schema !== "object" || schema === null) return;
    if ("properties" in schema && typeof schema.properties === "object") {
      for (const [key, child] of Object.entries(schema.properties ?? {})) {
        if (!(child as { description?: string }).description) undescribed.push(`${path}.${key}`);
        visit(child, `${path}.${key}`);
      }
    }
    if ("items" in schema) visit(schema.items, `${path}[]`);
  };
  const schema = configJsonSchema();
  visit(schema, "");
  expect(undescribed).toEqual([]);
  expect(schema).toMatchObject({
    $schema: "https://json-schema.org/draft/2020-12/schema",
    additionalProperties: false,
    properties: { comments: { properties: { limit: { default: 10, maximum: 100 } } } },
  });
});
