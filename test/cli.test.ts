import { execFileSync, spawn } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { exitCodeOf } from "../src/cli/review.ts";
import { jsonReport } from "../src/review/report/json.ts";
import { columns } from "../src/review/report/terminal.ts";
import { changeSet, dryRun, sample } from "./review/report-samples.ts";

const cli = path.resolve(import.meta.dirname, "../dist/cli.js");
let folder: string;
let repo: string;

function git(...args: readonly string[]): void {
  const config = [
    "user.name=T",
    "user.email=t@example.com",
    "commit.gpgSign=false",
    "core.hooksPath=/dev/null",
  ];
  execFileSync("git", [...config.flatMap((one) => ["-c", one]), "-C", repo, ...args], { stdio: "ignore" });
}

function commit(message: string, files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(repo, name)), { recursive: true });
    writeFileSync(path.join(repo, name), text);
  }
  git("add", "-A");
  git("commit", "-qm", message);
}

function branch(name: string, files: Readonly<Record<string, string>>): void {
  git("switch", "-q", "-c", name, "main");
  commit(name, files);
}

function environment(more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  const { NO_COLOR, FORCE_COLOR, CI, ...rest } = process.env;
  return { ...rest, DRYDOCK_CACHE: path.join(folder, "cache"), ...more };
}

async function drydock(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const child = spawn(process.execPath, [cli, ...args], { cwd: repo, env: environment(env) });
  const [stdout, stderr, status] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise<number | null>((resolve) => child.on("close", resolve)),
  ]);
  return { status, stdout, stderr };
}

const review = (head: string, ...more: readonly string[]) =>
  drydock(["review", "--base", "main", "--head", head, ...more]);

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), "drydock-cli-"));
  repo = path.join(folder, "repo");
  mkdirSync(repo);
  git("init", "-q", "-b", "main");
  commit("base", {
    "README.md": "# Shop\n",
    "db/0001_orders.up.sql": "CREATE TABLE orders (id bigint PRIMARY KEY, user_id bigint NOT NULL);\n",
    "db/0001_orders.down.sql": "DROP TABLE orders;\n",
  });
  branch("danger", {
    "db/0002_index.up.sql": "CREATE INDEX orders_user_id_idx ON orders (user_id);\n",
    "db/0002_index.down.sql": "DROP INDEX orders_user_id_idx;\n",
  });
  branch("clean", {
    "db/0002_coupons.up.sql": "CREATE TABLE coupons (id bigint PRIMARY KEY, code text NOT NULL);\n",
    "db/0002_coupons.down.sql": "DROP TABLE coupons;\n",
  });
  branch("docs", { "README.md": "# The shop\n" });
  git("switch", "-q", "-c", "broken-config", "main");
  commit("config", { ".github/drydock.yml": "rowz:\n  orders: many\n" });
  git("switch", "-q", "danger");
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("drydock review", { timeout: 180_000 }, () => {
  it("reviews HEAD against main when nothing is said, and ends with 1 when a finding gates", async () => {
    const { status, stdout, stderr } = await drydock(["review"]);
    expect(stdout).toContain("✖ Building orders_user_id_idx blocks every write to orders until it ends.");
    expect(stdout).toContain("db/0002_index.up.sql:1");
    expect(stdout).toContain("+ CREATE INDEX CONCURRENTLY orders_user_id_idx ON orders (user_id);");
    expect(stdout).toContain("✖ 1 blocking finding in 1 migration");
    expect(stdout.replaceAll("\n", "")).not.toMatch(/\p{Cc}/u);
    expect(Math.max(...stdout.split("\n").map(columns))).toBeLessThanOrEqual(100);
    expect(stderr).toBe("");
    expect(status).toBe(1);
  });

  it("ends with 0 when there is nothing to say", async () => {
    const { status, stdout } = await review("clean");
    expect(stdout).toContain("✔ 1 migration run, nothing to say");
    expect(status).toBe(0);
  });

  it("ends with 0 at once when no database file changes", async () => {
    const { status, stdout } = await review("docs");
    expect(stdout).toContain("No migration and no annotated query is touched");
    expect(status).toBe(0);
  });

  it("prints JSON that keeps its contract", async () => {
    const { status, stdout } = await review("danger", "--format", "json");
    const report = jsonReport.parse(JSON.parse(stdout));
    expect(report).toMatchObject({
      conclusion: "failure",
      findings: [{ rule: "no-blocking-index-build", gates: true, path: "db/0002_index.up.sql", line: 1 }],
      receipt: { statements: { seen: 2, ran: 2 }, roundTrips: { run: 1, restored: 1 }, notChecked: [] },
    });
    expect(status).toBe(1);
  });

  it("prints SARIF", async () => {
    const { stdout } = await review("danger", "--format", "sarif");
    expect(JSON.parse(stdout)).toMatchObject({
      version: "2.1.0",
      runs: [{ results: [{ ruleId: "no-blocking-index-build" }] }],
    });
  });

  it("prints workflow annotations", async () => {
    const { stdout } = await review("danger", "--format", "github");
    expect(stdout).toMatch(
      /^::error file=db\/0002_index\.up\.sql,line=1,endLine=1,title=Drydock%3A no-blocking-index-build::Building /,
    );
  });

  it("prints Markdown", async () => {
    const { stdout } = await review("docs", "--format", "markdown");
    expect(stdout).toMatch(/^### ⏭️ No migration and no annotated query is touched\n/);
  });

  it("writes a page to a file", async () => {
    const page = path.join(folder, "review.html");
    const { status, stdout } = await review("danger", "--format", "html", "--output", page);
    expect([status, stdout]).toEqual([1, ""]);
    expect(readFileSync(page, "utf8")).toContain('<article class="comment sheet">');
  });

  it("colours where it is asked to, and never with --no-color", async () => {
    const args = ["review", "--base", "main", "--head", "docs"];
    const plain = await drydock([...args, "--no-color"], { FORCE_COLOR: "1" });
    expect(plain.stdout).not.toContain("\u001b[");
    expect((await drydock(args, { FORCE_COLOR: "1", NO_COLOR: "1" })).stdout).toBe(plain.stdout);
    const { stdout } = await drydock(args, { FORCE_COLOR: "1" });
    expect(stdout).toContain("\u001b[1m");
    expect(stdout.replace(/\u001b\[\d+m/g, "")).toBe(plain.stdout);
  });

  it.each([
    [["review", "--base", "origin/main"], "there is no commit called origin/main"],
    [["review", "--base", "main", "--head", "--help-me"], "cannot be the name of a commit"],
    [["review", "--repo", "/nowhere"], "There is no folder /nowhere"],
    [["review", "--format", "xml"], "Allowed choices are pretty, json, sarif, markdown, github, html"],
    [["revew"], "Did you mean review?"],
    [["explain-rule", "no-blocking-index-buld"], "Did you mean no-blocking-index-build or"],
  ])("ends with 2 and says why: %j", async (args, why) => {
    const { status, stdout, stderr } = await drydock(args);
    expect(stderr).toContain(why);
    expect(stderr).not.toMatch(/\n\s+at /);
    expect([status, stdout]).toEqual([2, ""]);
  });

  it("ends with 2 when the configuration is broken, and still says what it found", async () => {
    git("switch", "-q", "broken-config");
    commit("danger", { "db/0002_index.up.sql": "CREATE INDEX i ON orders (user_id);\n" });
    const { status, stdout } = await review("broken-config", "--base", "broken-config~1");
    git("switch", "-q", "danger");
    expect(stdout).toContain(".github/drydock.yml:1");
    expect(stdout).toContain("Building i blocks every write to orders");
    expect(status).toBe(2);
  });

  it("ends with 3 when nothing could be run, with 0 when a part could not", async () => {
    const lost = sample({ findings: [], runs: [dryRun([], { lost: "the engine was killed" })] });
    expect(exitCodeOf(lost)).toBe(3);
    const skipped = [{ path: "a.sql", line: null, reason: "it is a binary file", matters: true }];
    const partly = sample({ findings: [], changes: changeSet([], { skipped }), runs: [] });
    expect([partly.conclusion, exitCodeOf(partly)]).toEqual(["neutral", 0]);
  });

  it("does not mind a reader that goes away", async () => {
    const child = spawn(process.execPath, [cli, "rules", "--format", "json"], { env: environment() });
    child.stdout.destroy();
    let complaint = "";
    child.stderr.on("data", (chunk) => {
      complaint += chunk;
    });
    const status = await new Promise((resolve) => child.on("close", resolve));
    expect([status, complaint]).toEqual([0, ""]);
  });

  it.runIf(existsSync("/proc/self/task"))("takes its sandbox with it when it is interrupted", async () => {
    const child = spawn(process.execPath, [cli, "review", "--base", "main", "--head", "danger"], {
      cwd: repo,
      env: environment({ DRYDOCK_CACHE: path.join(folder, "another-cache") }),
      stdio: "ignore",
    });
    const ended = new Promise((resolve) => child.on("close", resolve));
    let children: number[] = [];
    while (children.length === 0 && child.exitCode === null) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      children = childrenOf(child.pid ?? 0).filter((pid) => commandOf(pid).includes("child.js"));
    }
    child.kill("SIGINT");
    expect(await ended).toBe(130);
    expect(children.length).toBeGreaterThan(0);
    expect(children.filter((pid) => existsSync(`/proc/${pid}`) && !isZombie(pid))).toEqual([]);
  });
});

describe("drydock rules", () => {
  it("lists what there is, and explains one", async () => {
    const rules = JSON.parse((await drydock(["rules", "--format", "json"])).stdout);
    expect(rules.find((rule: { id: string }) => rule.id === "require-down")).toMatchObject({
      severity: expect.any(String),
    });
    expect((await drydock(["rules"])).stdout).toContain("no-blocking-index-build");
    const { stdout: page } = await drydock(["explain-rule", "no-blocking-index-build"]);
    expect(page).toContain("SHARE lock");
    expect(page).toContain("PostgreSQL documentation");
  });
});

describe("drydock demo", { timeout: 180_000 }, () => {
  it("shows a pull request with its comments, keeps the page, and leaves nothing else behind", async () => {
    const page = path.join(folder, "demo.html");
    const before = demoFolders();
    const { status, stdout } = await drydock(["demo", "--output", page]);
    expect(status).toBe(0);
    for (const rule of [
      "no-blocking-index-build",
      "no-blocking-not-null",
      "no-blocking-foreign-key",
      "require-foreign-key-index",
      "require-restoring-down",
      "no-column-drop",
      "no-large-table-scan",
      "no-broken-query",
    ])
      expect(stdout).toContain(rule);
    expect(stdout).not.toMatch(/coupons.*blocks/);
    expect(stdout).toContain("Check run Drydock: failure.");
    const html = readFileSync(page, "utf8");
    expect(html.match(/<article class="comment/g)?.length).toBeGreaterThan(5);
    expect(demoFolders()).toEqual(before);
  });
});

function demoFolders(): readonly string[] {
  return readdirSync(tmpdir()).filter((name) => name.startsWith("drydock-demo-"));
}

function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8")
      .trim()
      .split(" ")
      .filter(Boolean)
      .map(Number);
  } catch {
    return [];
  }
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    return "";
  }
}

function isZombie(pid: number): boolean {
  try {
    return / Z /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return true;
  }
}

describe("drydock baseline", { timeout: 180_000 }, () => {
  it("accepts what stands, and tells what no longer does", async () => {
    const file = path.join(folder, "baseline.json");
    const wrote = await drydock(["baseline", "--ref", "danger", "--output", file]);
    expect(wrote.stdout).toContain("1 finding of 2 migrations accepted in");
    expect(wrote.status).toBe(0);
    const text = readFileSync(file, "utf8");
    expect(JSON.parse(text).findings).toMatchObject([
      { path: "db/0002_index.up.sql", rule: "no-blocking-index-build", object: "orders_user_id_idx" },
    ]);
    branch("stale-baseline", { ".github/drydock-baseline.json": text });
    git("switch", "-q", "danger");
    const { status, stdout } = await drydock(["baseline", "--ref", "stale-baseline", "--check"]);
    expect(stdout).toContain("no longer found: db/0002_index.up.sql: no-blocking-index-build");
    expect(stdout).toContain("0 entries of 1 match; 0 findings not in the baseline.");
    expect(status).toBe(1);
  });
});

describe("drydock stats", () => {
  it("prints one query, with values only where they are asked for", async () => {
    const { status, stdout } = await drydock(["stats"]);
    expect(status).toBe(0);
    expect(stdout).toContain("pg_stats");
    expect(stdout).not.toContain("most_common_vals");
    expect((await drydock(["stats", "--with-values"])).stdout).toContain("most_common_vals");
  });

  it("checks a file", async () => {
    const file = path.join(folder, "statistics.json");
    writeFileSync(file, '{"version":1,"tables":{"orders":{"rows":12000000,"bytes":3221225472},"new":{}}}');
    const { status, stdout } = await drydock(["stats", "--check", file]);
    expect(stdout).toContain("orders: 12 M rows, 3 GB");
    expect(stdout).toContain("Never analysed, so that their rows are not known (run ANALYZE): new");
    expect(status).toBe(0);
    writeFileSync(file, '{"version":1,"tables":{"orders":{"rows":"many"}}}');
    const wrong = await drydock(["stats", "--check", file]);
    expect(wrong.stderr).toContain("`tables.orders.rows`");
    expect(wrong.status).toBe(2);
    expect((await drydock(["stats", "--check", "nowhere.json"])).status).toBe(2);
  });
});
