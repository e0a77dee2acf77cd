import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { openCheckout } from "../../src/handlers/checkout.ts";
import { patternOf, pullIn } from "../../src/handlers/names-in-code.ts";
import { reviewChange } from "../../src/handlers/review.ts";
import { plain } from "../../src/review/text.ts";
import { type Batch, createBatch } from "../batch.ts";

let batch: Batch;
let folder: string;
let repo: string;

beforeAll(() => {
  batch = createBatch();
  folder = realpathSync(mkdtempSync(path.join(tmpdir(), "drydock-contracts-")));
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await batch.close();
});

function git(...args: readonly string[]): string {
  const config = [
    "user.name=T",
    "user.email=t@example.com",
    "commit.gpgSign=false",
    "core.hooksPath=/dev/null",
  ];
  const all = [...config.flatMap((one) => ["-c", one]), "-C", repo, ...args];
  return execFileSync("git", all, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] }).trim();
}

function commit(message: string, files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(repo, name)), { recursive: true });
    writeFileSync(path.join(repo, name), text);
  }
  git("add", "-A");
  git("commit", "-qm", message);
}

const orders = "CREATE TABLE orders (id bigint PRIMARY KEY, order_status text);\n";
const expand = `ALTER TABLE orders ADD COLUMN state text;
CREATE FUNCTION orders_sync() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.state := NEW.order_status;
  RETURN NEW;
END $$;
CREATE TRIGGER orders_sync BEFORE INSERT OR UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION orders_sync();
`;
const contract = "DROP TRIGGER orders_sync ON orders;\nALTER TABLE orders DROP COLUMN order_status;\n";
const path5 = "db/0005_state.up.sql";

beforeEach(() => {
  repo = mkdtempSync(path.join(folder, "repo-"));
  git("init", "-q", "-b", "main");
  commit("Begin", { "db/0001_orders.up.sql": orders });
});

/** Reviews what a branch adds, and gives what is said of the drop. */
async function dropped(files: Readonly<Record<string, string>>) {
  git("switch", "-qc", "topic");
  commit("Contract", files);
  const source = await openCheckout({ repo, base: "main", head: "HEAD" });
  const report = await reviewChange(source, { ...batch, ready: async () => undefined });
  const found = report.findings.filter(({ rule }) => /^no-(column|table)-drop$/.test(rule));
  return found.map(({ severity, message }) => `${severity}: ${plain(message)}`);
}

describe("the last step of a change", () => {
  it("is a note once the first one is merged and no code names the old column", async () => {
    commit("Add state (#12)", { [path5]: expand, "src/orders.ts": "db.orders.where({ orderStatus })" });
    commit("Use state (#13)", {
      "src/orders.ts": "db.orders.where({ state })",
      "docs.md": "order_status was",
    });
    expect(await dropped({ "db/0006_drop.up.sql": contract })).toEqual([
      `info: Dropping order_status takes it from orders; its values live on in state. ${path5} (#12) made state in its place. No code of the base branch names it any more.`,
    ]);
  });

  it("is a warning that names the code which still uses the old column", async () => {
    commit("Add state", { [path5]: expand, "src/orders.ts": "orders.orderStatus" });
    const id = git("rev-parse", "--short=7", "HEAD");
    expect(await dropped({ "db/0006_drop.up.sql": contract })).toEqual([
      `warning: Dropping order_status breaks running code that still uses it in orders; its values live on in state. ${path5} (commit ${id}) made state in its place, but src/orders.ts on the base branch still holds that name.`,
    ]);
  });

  it("is a warning where the code is elsewhere", async () => {
    commit("Add state (#12)", { [path5]: expand, "src/users.ts": "db.users" });
    const [said] = await dropped({ "db/0006_drop.up.sql": contract });
    expect(said).toMatch(
      /^warning: .*no file of this repository names order_status; its code is elsewhere\.$/,
    );
  });

  it("is known by what fills the new column, wherever that stands", async () => {
    commit("Add state (#12)", {
      [path5]: "ALTER TABLE orders ADD COLUMN state text, ADD COLUMN note text;\n",
    });
    commit("Fill", { "db/0006_fill.up.sql": "UPDATE orders SET note = '', state = lower(order_status);\n" });
    commit("Use", { "src/a.ts": "SELECT state FROM orders" });
    const [said] = await dropped({ "db/0007_drop.up.sql": "ALTER TABLE orders DROP COLUMN order_status;\n" });
    expect(said).toContain(`${path5} (#12) made state in its place. No code`);
  });

  it("is known by a name under which the old one was put aside", async () => {
    commit("Merge pull request #9 from acme/aside", {
      [path5]: "ALTER TABLE orders RENAME TO orders_old;\n",
      "src/a.ts": "SELECT 1",
    });
    expect(await dropped({ "db/0006_drop.up.sql": "DROP TABLE orders_old;\n" })).toEqual([
      `info: Dropping orders_old loses its rows. ${path5} (#9) put it aside. No code of the base branch names it any more.`,
    ]);
  });

  it("is none where an earlier column has nothing to do with it, or comes with the same change", async () => {
    commit("Note (#12)", {
      [path5]: "ALTER TABLE orders ADD COLUMN note text;\n",
      "src/a.ts": "orders.note",
    });
    const all = `${expand}ALTER TABLE orders DROP COLUMN order_status;\n`;
    const [said, ...more] = await dropped({ "db/0006_all.up.sql": all });
    expect(more).toEqual([]);
    expect(said).toMatch(/^warning: /);
    expect(said).not.toContain("in its place");
  });
});

it("is not a table that took its present name when it was built anew", async () => {
  commit("Rebuild", {
    [path5]:
      "CREATE TABLE orders_new (id bigint PRIMARY KEY, order_status text NOT NULL);\nINSERT INTO orders_new SELECT * FROM orders;\nDROP TABLE orders;\nALTER TABLE orders_new RENAME TO orders;\n",
    "src/a.ts": "orders",
  });
  const [said] = await dropped({ "db/0006_drop.up.sql": "DROP TABLE orders;\n" });
  expect(said).not.toContain("put it aside");
});

it("is told of rows that an earlier migration brought to a table that was there, and stays", async () => {
  const [ids, all] = ["CREATE TABLE ids (id bigint);\n", "CREATE TABLE sales (id bigint, state text);\n"];
  commit("Add sales", { [path5]: ids + all, "src/a.ts": "orders" });
  commit("Bring them (#14)", {
    "db/0006_bring.up.sql":
      "INSERT INTO ids SELECT id FROM orders;\nINSERT INTO sales SELECT o.id, o.order_status FROM ids JOIN orders o USING (id);\n",
  });
  commit("Tidy", { "db/0007_tidy.up.sql": "DROP TABLE ids;\n" });
  expect(await dropped({ "db/0008_drop.up.sql": "DROP TABLE orders;\n" })).toEqual([
    "warning: Dropping orders loses its rows and breaks running code that still uses it. db/0006_bring.up.sql (#14) filled sales from it, but src/a.ts on the base branch still holds that name.",
  ]);
});

it("is no reason to be quiet where only rows were brought to a table that was there", async () => {
  commit("Add sales", { [path5]: "CREATE TABLE sales (id bigint, state text);\n", "src/a.ts": "sales" });
  commit("Bring some (#15)", {
    "db/0006_bring.up.sql":
      "INSERT INTO sales SELECT id, order_status FROM orders WHERE order_status = 'sold';\n",
  });
  const said = await dropped({ "db/0007_drop.up.sql": "DROP TABLE orders;\n" });
  expect(said).toEqual([
    "warning: Dropping orders loses its rows and breaks running code that still uses it. db/0006_bring.up.sql (#15) filled sales from it. No code of the base branch names it any more.",
  ]);
});

it("is not a table that was there for something else when it was filled", async () => {
  commit("Add kv", {
    [path5]: "CREATE TABLE kv (key text PRIMARY KEY, value text);\n",
    "src/a.ts": "orders",
  });
  commit("Keep one value", {
    "db/0006_value.up.sql": "INSERT INTO kv SELECT 'first', order_status FROM orders LIMIT 1;\n",
  });
  const [said] = await dropped({ "db/0007_drop.up.sql": "DROP TABLE orders;\n" });
  expect(said).not.toContain("in its place");
});

it.each(["TEMPORARY TABLE", "TABLE"])("is no helper table of an earlier migration (%s)", async (kind) => {
  commit("Mend", {
    [path5]: `CREATE ${kind} ids (id bigint);\nINSERT INTO ids SELECT id FROM orders;\n${kind === "TABLE" ? "DROP TABLE ids;\n" : ""}`,
    "src/a.ts": "orders",
  });
  const [said] = await dropped({ "db/0006_drop.up.sql": "DROP TABLE orders;\n" });
  expect(said).not.toContain("in its place");
});

it("is none of another database that has a table of the same name", async () => {
  commit("Rename there", {
    "lite/0001_orders.up.sql": "CREATE TABLE o (id bigint PRIMARY KEY);\n",
    "lite/0002_orders.up.sql": "ALTER TABLE o RENAME TO orders;\n",
    "src/a.ts": "orders",
  });
  const said = await dropped({
    "db/0006_drop.up.sql": "DROP TABLE orders;\n",
    "lite/0003_drop.up.sql": "DROP TABLE orders;\n",
  });
  expect(said).toHaveLength(2);
  expect(said.filter((one) => one.includes("put it aside"))).toHaveLength(1);
});

describe("a name", () => {
  it("is found as code writes it", () => {
    const pattern = new RegExp(patternOf("user_id"), "i");
    for (const text of ["user_id", "o.userId", "findByUserID", "USER_ID", "user-id"])
      expect(text).toMatch(pattern);
    expect("user.id").not.toMatch(pattern);
    expect("axb").not.toMatch(new RegExp(patternOf("a.b"), "i"));
  });

  it("of a pull request stands where a merge writes it", () => {
    expect(["Add x (#12)", "Merge pull request #7 from a/b", "Fix #3", "See (#4) there"].map(pullIn)).toEqual(
      [12, 7, null, null],
    );
  });
});
