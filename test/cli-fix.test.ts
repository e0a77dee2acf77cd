import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const cli = path.resolve(import.meta.dirname, "../dist/cli.js");
const cache = path.join(tmpdir(), "drydock-cli-fix");
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

function write(files: Readonly<Record<string, string>>): void {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(repo, name)), { recursive: true });
    writeFileSync(path.join(repo, name), content);
  }
}

function commit(files: Readonly<Record<string, string>>): void {
  write(files);
  git("add", "-A");
  git("commit", "-qm", "commit");
}

async function fix(...args: readonly string[]) {
  const { FORCE_COLOR, CI, ...rest } = process.env;
  const env = { ...rest, NO_COLOR: "1", DRYDOCK_CACHE: cache };
  const child = spawn(process.execPath, [cli, "fix", "--base", "main", ...args], { cwd: repo, env });
  const [stdout, stderr, status] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise<number | null>((resolve) => child.on("close", resolve)),
  ]);
  return { status, stdout, stderr };
}

const up = "db/0002_change.up.sql";
const down = "db/0002_change.down.sql";
const read = (file: string) => readFileSync(path.join(repo, file), "utf8");

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "drydock-fix-"));
  repo = path.join(folder, "repo");
  mkdirSync(repo);
  git("init", "-q", "-b", "main");
  commit({
    "db/0001_orders.up.sql":
      "CREATE TABLE orders (id bigint PRIMARY KEY, user_id bigint NOT NULL, note text);\n",
    "db/0001_orders.down.sql": "DROP TABLE orders;\n",
  });
  git("switch", "-q", "-c", "change");
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe("drydock fix", { timeout: 120_000 }, () => {
  const index = {
    [up]: "\ufeff-- for the list\r\nCREATE INDEX orders_user_id_idx ON orders (user_id);\r\n",
    [down]: "DROP INDEX orders_user_id_idx;\n",
  };

  it("makes an exact edit, and ends with 0 when nothing is left that gates", async () => {
    commit(index);
    const { status, stdout } = await fix();
    expect(read(up)).toBe(
      "\ufeff-- for the list\r\nCREATE INDEX CONCURRENTLY orders_user_id_idx ON orders (user_id);\r\n",
    );
    expect(stdout).toContain("✔ Build the index with CONCURRENTLY");
    expect(stdout).toContain(
      "run: SHARE lock on orders → SHARE UPDATE EXCLUSIVE lock on orders (documented)",
    );
    expect(stdout).toContain("1 fix made in 1 file, 0 findings left");
    expect(status).toBe(0);
  });

  it("changes nothing with --dry-run, and shows long lines to their end", async () => {
    const check = "CHECK (note IS NULL OR (length(note) > 0 AND length(note) < 1000))";
    const text = `ALTER TABLE orders ADD CONSTRAINT orders_note_check ${check};\n`;
    commit({ [up]: text, [down]: "ALTER TABLE orders DROP CONSTRAINT orders_note_check;\n" });
    const { status, stdout } = await fix("--dry-run");
    expect(read(up)).toBe(text);
    expect(stdout.replace(/\s+/g, "")).toContain("length(note)<1000))NOTVALID;");
    expect(stdout).toContain("1 fix would be made in 1 file");
    expect(status).toBe(0);
  });

  it("leaves a file alone that is not as it was committed", async () => {
    commit(index);
    write({ [up]: `${index[up]}SELECT 1;\n` });
    const { status, stdout } = await fix();
    expect(read(up)).toBe(`${index[up]}SELECT 1;\n`);
    expect(stdout.replace(/\s+/g, " ")).toContain(
      `not changed: ${up}: the file is not as it was committed; commit it first`,
    );
    expect(status).toBe(1);
  });

  it("says what no edit can fix, and ends with 1 when it gates", async () => {
    commit({
      [up]: "ALTER TABLE orders ALTER COLUMN note SET NOT NULL;\n",
      [down]: "ALTER TABLE orders ALTER COLUMN note DROP NOT NULL;\n",
    });
    const { status, stdout } = await fix();
    expect(stdout).toContain("not changed: it takes 2 migrations, which drydock review shows");
    expect(stdout).toContain("0 fixes made in 0 files");
    expect(status).toBe(1);
  });

  it("ends with 0 when there is nothing to fix", async () => {
    const { status, stdout } = await fix();
    expect(stdout).toBe("Nothing to fix\n");
    expect(status).toBe(0);
  });

  it("ends with 2 where there is no working tree", async () => {
    git("clone", "-q", "--bare", repo, path.join(folder, "bare"));
    const { status, stderr } = await fix("--repo", path.join(folder, "bare"));
    expect(stderr).toContain("has no working tree");
    expect(status).toBe(2);
  });
});
