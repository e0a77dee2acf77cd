import { isMap, LineCounter, parseDocument } from "yaml";
import { z } from "zod";
import { frameworks } from "./frameworks/index.ts";
import { nearest } from "./nearest.ts";
import { rules } from "./rules/index.ts";
import { placeInYaml } from "./yaml-place.ts";

const directory = z
  .string()
  .transform((path) => path.replace(/^\.?\/+|^\.$/, "").replace(/\/+$/, ""))
  .describe("Path of a folder with migrations, from the repository's root.");

const migrations = z.strictObject({
  directory,
  framework: z
    .enum(Object.keys(frameworks))
    .optional()
    .describe("What runs the migrations, when it is not the one that is found."),
  dialect: z
    .enum(["postgresql", "sqlite"])
    .optional()
    .describe(
      "The database they are written for, when folder names, the SQL and compose files do not tell, or tell another.",
    ),
});

const glob = z.string().min(1).max(1000);

const suppress = z.strictObject({
  rule: z.enum(Object.keys(rules)).describe("Id of the rule."),
  paths: z
    .array(glob.describe("A glob, e.g. `db/legacy/**`."))
    .min(1)
    .describe("Files whose findings are accepted: globs from the repository's root."),
  reason: z
    .string()
    .regex(/[\p{L}\p{N}]/u, "say why")
    .describe("Why it is right there; without one nothing is accepted."),
  until: z.iso.date().optional().describe("Last day on which it counts, e.g. `2026-12-31`."),
});

const comments = z.strictObject({
  limit: z
    .int()
    .min(0)
    .max(100)
    .default(10)
    .describe("At most so many comments in the diff; the rest stands in the summary."),
  from: z
    .enum(["info", "warning", "error"])
    .default("warning")
    .describe("The least severity that gets a comment in the diff; what is below stands in the summary."),
  summary: z
    .boolean()
    .default(true)
    .describe(
      "Whether the pull request gets a comment that sums up. The check has the same text in any case.",
    ),
  drafts: z
    .boolean()
    .default(false)
    .describe("Whether drafts get comments as well. They get their check in any case."),
});

const pattern = z.string().min(1).max(200);

const excludePulls = z.strictObject({
  authors: z
    .array(pattern.describe("A login, e.g. `renovate[bot]`; `*[bot]` stands for every app."))
    .default([])
    .describe("Who opened it."),
  labels: z
    .array(pattern.describe("A label's name, e.g. `release`; `*` stands for anything."))
    .default([])
    .describe("How it is labelled. A label that is added or taken away later counts at once."),
});

const schema = z.strictObject({
  migrations: z
    .array(migrations)
    .default([])
    .describe("Folders with migrations that are not found by themselves, or are taken for something else."),
  exclude: z
    .array(glob.describe("A glob, e.g. `examples/**`."))
    .default([])
    .describe("Files that are no part of the review: globs from the repository's root."),
  excludePulls: excludePulls
    .default({ authors: [], labels: [] })
    .describe(
      "Pull requests that are not reviewed: their check is `skipped`, which a required check takes. A merge queue checks them all the same.",
    ),
  queries: z
    .array(glob.describe("A glob, e.g. `src/**/*.ts`."))
    .default([])
    .describe(
      "Code files that are searched for `drydock:explain` even when the pull request leaves them alone: globs.",
    ),
  rows: z
    .record(
      z.string().transform((table) => table.replace(/^public\./, "")),
      z.int().min(0).max(1e15).describe("About how many rows the table has in production."),
    )
    .default({})
    .describe(
      "Rows of your tables in production, by table name (`orders`, `billing.invoices`): what a plan or a rewrite costs.",
    ),
  statistics: z
    .string()
    .min(1)
    .max(1000)
    .transform((path) => path.replace(/^\.?\/+/, ""))
    .optional()
    .describe(
      "Path of a statistics file in the repository, as the query of `drydock stats` makes it; read from the base branch. `rows` goes before it.",
    ),
  rules: z
    .partialRecord(
      z.enum(Object.keys(rules)),
      z.enum(["off", "info", "warning", "error"]).describe("Its severity, or `off`."),
    )
    .default({})
    .describe("How much a rule counts, by its id. An `error` fails the check."),
  suppress: z
    .array(suppress)
    .default([])
    .describe("Findings that are accepted, by rule and file, each with a reason."),
  comments: comments
    .default({ limit: 10, from: "warning", summary: true, drafts: false })
    .describe("Review comments."),
  postgres: z
    .int()
    .min(9)
    .max(99)
    .default(18)
    .describe(
      "Major version of your PostgreSQL. The sandbox runs its own, newer one, which the report names; what your version does otherwise, or does not know, is judged by its documentation.",
    ),
});

export type Config = z.output<typeof schema>;

export interface ConfigProblem {
  /** 1-based. */
  readonly line: number;
  /** What is wrong and what to do, without a full stop. */
  readonly message: string;
}

export const defaultConfig: Config = schema.parse({});

/**
 * The configuration in `.github/drydock.yml`. Never throws: a mistake is a problem with its line and remedy, and only the
 * entry that holds it falls back to its default. What the file does not say is as in `under`; maps and suppressions are
 * put together, the file's own entries going first.
 */
export function readConfig(
  text: string,
  path: string,
  under: Config = defaultConfig,
): { config: Config; problems: ConfigProblem[] } {
  const { given, config, problems } = readGiven(text, path);
  return { config: laidOver(under, config, given), problems };
}

/** What a file holds, and which keys it gives. */
interface Given {
  readonly config: Config;
  readonly given: ReadonlySet<string>;
  readonly problems: ConfigProblem[];
}

function readGiven(text: string, path: string): Given {
  if (text.length > maxLength) return broken(1, `${path} is longer than ${maxLength / 1024} kB; shorten it`);
  try {
    return read(text, path);
  } catch (error) {
    // The parser recurses, and refuses aliases that multiply or lead nowhere.
    if (error instanceof RangeError) return broken(1, `${path} is nested too deeply; flatten it`);
    if (error instanceof ReferenceError) return broken(1, `${path} cannot be read: ${error.message}`);
    throw error;
  }
}

function laidOver(under: Config, own: Config, given: ReadonlySet<string>): Config {
  const ofOwn = Object.fromEntries(Object.entries(own).filter(([key]) => given.has(key)));
  return {
    ...under,
    ...ofOwn,
    rows: { ...under.rows, ...own.rows },
    rules: { ...under.rules, ...own.rules },
    suppress: [...own.suppress, ...under.suppress],
  };
}

/** The JSON schema of the configuration, for editors; every key carries its description. */
export function configJsonSchema(): object {
  return {
    ...z.toJSONSchema(schema, { io: "input" }),
    title: "Drydock",
    description: "Configuration of Drydock, in .github/drydock.yml",
  };
}

const maxLength = 100 * 1024;

type Path = readonly PropertyKey[];

function broken(line: number, message: string): Given {
  return { config: defaultConfig, given: new Set(), problems: [{ line, message }] };
}

function read(text: string, path: string): Given {
  const counter = new LineCounter();
  const document = parseDocument(text, { lineCounter: counter, prettyErrors: false });
  const lineOf = (offset: number) => Math.max(1, counter.linePos(offset).line);
  const syntax = [...document.errors, ...document.warnings].map((error) => ({
    line: lineOf(error.pos[0]),
    message: `${path} is not valid YAML: ${error.message}`,
  }));
  const nothing = { config: defaultConfig, given: new Set<string>(), problems: syntax };
  if (document.errors.length > 0) return nothing;
  const value: unknown = document.toJS({ maxAliasCount: 100 });
  if (value === null || value === undefined) return nothing;
  if (!isMap(document.contents))
    return broken(1, `${path} must hold keys and values, e.g. \`rows:\`; see the documentation`);

  const { config, issues } = parseLeniently(value);
  const problems = issues.map((issue) => ({
    line: lineOf(placeInYaml(document, issue.path)),
    message: issue.message,
  }));
  const given = new Set(Object.keys(value as object));
  return { config, given, problems: [...syntax, ...problems].sort((a, b) => a.line - b.line) };
}

interface Issue {
  readonly path: Path;
  readonly message: string;
}

/** Takes out the entries that are wrong, the whole key when that does not help, and reads the rest. */
function parseLeniently(value: unknown): { config: Config; issues: Issue[] } {
  const first = schema.safeParse(value, { reportInput: true });
  if (first.success) return { config: first.data, issues: [] };
  const issues = first.error.issues.flatMap(issuesOf);
  const pruned = without(
    value,
    issues.map(({ path }) => path.slice(0, 2)),
  );
  const second = schema.safeParse(pruned);
  if (second.success) return { config: second.data, issues };
  const third = schema.safeParse(
    without(
      value,
      issues.map(({ path }) => path.slice(0, 1)),
    ),
  );
  return { config: third.success ? third.data : defaultConfig, issues };
}

/** A copy of the value without what stands at these paths. */
function without(value: unknown, paths: readonly Path[]): unknown {
  const heads = paths.map((path) => String(path[0]));
  const dropped = (key: string) => paths.some((path, i) => path.length <= 1 && heads[i] === key);
  const rest = (key: string) => paths.filter((_, i) => heads[i] === key).map((path) => path.slice(1));
  if (Array.isArray(value)) {
    return value.flatMap((item: unknown, i) => (dropped(String(i)) ? [] : [without(item, rest(String(i)))]));
  }
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([key]) => !dropped(key));
  return Object.fromEntries(entries.map(([key, item]) => [key, without(item, rest(key))]));
}

function issuesOf(issue: z.core.$ZodIssue): Issue[] {
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => ({ path: [...issue.path, key], message: unknownKey(issue.path, key) }));
  }
  const where = issue.path.map(String).join(".");
  return [{ path: issue.path, message: `\`${where}\`: ${remedyOf(issue)}` }];
}

function unknownKey(path: Path, key: string): string {
  const candidates = keysAt(path);
  const guess = nearest(key, candidates);
  const remedy = guess ? `: did you mean \`${guess}\`?` : `; known are ${known(candidates)}`;
  if (path[0] === "rules") return `no rule is called \`${key}\`${remedy}`;
  return path.length === 0
    ? `unknown key \`${key}\`${remedy}`
    : `unknown key \`${key}\` in \`${String(path[0])}\`${remedy}`;
}

function keysAt(path: Path): string[] {
  if (path[0] === "rules") return Object.keys(rules);
  if (path[0] === "migrations") return Object.keys(migrations.shape);
  if (path[0] === "suppress") return Object.keys(suppress.shape);
  if (path[0] === "comments") return Object.keys(comments.shape);
  if (path[0] === "excludePulls") return Object.keys(excludePulls.shape);
  return Object.keys(schema.shape);
}

function remedyOf(issue: z.core.$ZodIssue): string {
  if (issue.path[0] === "suppress" && issue.path[2] === "rule" && typeof issue.input === "string") {
    const guess = nearest(issue.input, Object.keys(rules));
    return `no rule is called \`${issue.input}\`${guess ? `: did you mean \`${guess}\`?` : ""}`;
  }
  if (issue.code === "invalid_value") {
    const values = issue.values.map(String);
    const guess = typeof issue.input === "string" ? nearest(issue.input, values) : null;
    return `must be one of ${known(values)}${guess ? `; did you mean \`${guess}\`?` : ""}`;
  }
  if (issue.code === "invalid_type") {
    const needed = names.get(issue.expected) ?? issue.expected;
    const missing = issue.input === undefined ? whenMissing.get(String(issue.path.at(-1))) : undefined;
    return missing === undefined ? `must be ${needed}` : `is missing; ${missing}`;
  }
  if (issue.code === "too_small") return `must be at least ${issue.minimum}`;
  if (issue.code === "too_big") return `must be at most ${issue.maximum}`;
  return issue.message;
}

const whenMissing: ReadonlyMap<string, string> = new Map([
  ["directory", "give the folder's path"],
  ["reason", "say why; without a reason nothing is accepted"],
  ["paths", "give the files, e.g. `[db/legacy/**]`"],
]);

const names: ReadonlyMap<string, string> = new Map([
  ["int", "a whole number, e.g. 10000000 (no quotes, no underscores)"],
  ["number", "a whole number, e.g. 10000000 (no quotes, no underscores)"],
  ["string", "a text"],
  ["array", "a list, one entry a line with `- ` before it"],
  ["object", "keys and values"],
  ["record", "keys and values, e.g. `orders: 1000000`"],
]);

function known(values: readonly string[]): string {
  return values.map((value) => `\`${value}\``).join(", ");
}
