import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openCheckout } from "../../src/handlers/checkout.ts";
import { CheckoutError } from "../../src/handlers/checkout-range.ts";
import { hunksOf } from "../../src/review/diff.ts";

let folder: string;
let repo: string;

function git(where: string, ...args: readonly string[]): string {
  const config = [
    "user.name=T",
    "user.email=t@example.com",
    "commit.gpgSign=false",
    "core.hooksPath=/dev/null",
    "protocol.file.allow=always",
  ];
  return execFileSync("git", [...config.flatMap((one) => ["-c", one]), "-C", where, ...args], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  }).trim();
}

function write(name: string, content: string | Uint8Array): void {
  const file = path.join(repo, name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, content);
}

const lines = Array.from({ length: 20 }, (_, i) => `line ${i + 1}`);

beforeAll(() => {
  folder = realpathSync(mkdtempSync(path.join(tmpdir(), "drydock-checkout-")));
  repo = path.join(folder, "repo");
  mkdirSync(repo);
  git(repo, "init", "-q", "-b", "main");
  write("kept.sql", "SELECT 1;\n");
  write("edited.sql", `${lines.join("\n")}\n`);
  write("gone.sql", "SELECT 2;\n");
  write("old name.sql", `${lines.join("\n")}\nrenamed\n`);
  write("binary.sql", new Uint8Array([0, 1, 2]));
  git(repo, "add", "-A");
  git(repo, "commit", "-qm", "base");
  git(repo, "switch", "-qc", "topic");
  write("edited.sql", `${lines.map((line, i) => (i === 1 || i === 18 ? `${line}!` : line)).join("\n")}\n`);
  write('dir/né\n"w".sql', "one\r\ntwo\rdiff --git a/x b/x\n@@ -1 +1 @@\n");
  write("binary.sql", new Uint8Array([0, 1, 3]));
  git(repo, "rm", "-q", "gone.sql");
  git(repo, "mv", "old name.sql", "new name.sql");
  symlinkSync("kept.sql", path.join(repo, "link.sql"));
  git(repo, "add", "-A");
  git(repo, "commit", "-qm", "topic");
  git(repo, "switch", "-q", "main");
  write("later.sql", "SELECT 3;\n");
  git(repo, "add", "-A");
  git(repo, "commit", "-qm", "later on main");
  git(repo, "switch", "-q", "topic");
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const open = (more: Partial<Parameters<typeof openCheckout>[0]> = {}) =>
  openCheckout({ repo, base: "main", head: "HEAD", ...more });

describe("a checkout", () => {
  it("gives what the branch changes since it left the base, with its hunks", async () => {
    const { files, complete } = await (await open()).changedFiles();
    expect(complete).toBe(true);
    expect(files.map(({ status, path, previousPath }) => [status, path, previousPath])).toEqual([
      ["modified", "binary.sql", null],
      ["added", 'dir/né\n"w".sql', null],
      ["modified", "edited.sql", null],
      ["removed", "gone.sql", null],
      ["added", "link.sql", null],
      ["renamed", "new name.sql", "old name.sql"],
    ]);
    const byPath = new Map(files.map((file) => [file.path, file]));
    expect(byPath.get("binary.sql")?.patch).toBeNull();
    expect(byPath.get("new name.sql")?.patch).toBeNull();
    expect(byPath.get("gone.sql")?.digest).toBeNull();
    expect(hunksOf(byPath.get("edited.sql")?.patch ?? "")).toEqual([
      { start: 1, end: 5 },
      { start: 16, end: 20 },
    ]);
    expect(byPath.get('dir/né\n"w".sql')?.patch).toBe(
      "@@ -0,0 +1,3 @@\n+one\r\n+two\rdiff --git a/x b/x\n+@@ -1 +1 @@",
    );
  });

  it("lists the base branch as it is now", async () => {
    const { files } = await (await open()).baseFiles();
    expect(files.map((file) => file.path)).toEqual([
      "binary.sql",
      "edited.sql",
      "gone.sql",
      "kept.sql",
      "later.sql",
      "old name.sql",
    ]);
    expect(files.find((file) => file.path === "kept.sql")?.size).toBe(10);
  });

  it("reads blobs of both sides as bytes, and says why it cannot", async () => {
    const checkout = await open();
    const { files } = await checkout.changedFiles();
    const { files: base } = await checkout.baseFiles();
    const digest = (name: string) => [...files, ...base].find((file) => file.path === name)?.digest ?? "";
    const absent = "1".repeat(40);
    const wanted = [
      digest("binary.sql"),
      checkout.head,
      absent,
      digest("kept.sql"),
      digest("link.sql"),
      "--help",
    ];
    const blobs = await checkout.read(wanted);
    expect(blobs.size).toBe(wanted.length);
    expect(blobs.get(digest("binary.sql"))).toEqual({ bytes: Buffer.from([0, 1, 3]) });
    expect(blobs.get(digest("kept.sql"))).toEqual({ bytes: Buffer.from("SELECT 1;\n") });
    expect(blobs.get(digest("link.sql"))).toEqual({ missing: "it is a symbolic link" });
    expect(blobs.get(absent)).toEqual({ missing: "it is not in this clone; run: git fetch" });
    expect(blobs.get("--help")).toEqual({ missing: "it has no valid id" });
    expect(blobs.get(checkout.head)).toHaveProperty("missing");
  });

  it("works on a detached head, in a worktree, in a folder inside and in a bare clone, as one repository", async () => {
    const worktree = path.join(folder, "worktree");
    git(repo, "worktree", "add", "-q", "--detach", worktree, "topic");
    const inside = await open({ repo: worktree });
    expect(inside.head).toBe(git(repo, "rev-parse", "topic"));
    expect(inside.repository).toBe((await open({ repo: path.join(repo, "dir") })).repository);
    const bare = path.join(folder, "bare.git");
    git(folder, "clone", "-q", "--bare", repo, bare);
    const { files } = await (await open({ repo: bare, head: "topic" })).changedFiles();
    expect(files).toHaveLength(6);
  });

  it("finds the base when none is named: origin's before the local one", async () => {
    expect((await open({ base: null })).baseName).toBe("main");
    const clone = path.join(folder, "clone");
    git(folder, "clone", "-q", repo, clone);
    const found = await open({ repo: clone, base: null });
    expect(found.baseName).toBe("origin/main");
    expect(found.base).toBe(git(repo, "rev-parse", "main"));
  });

  it("notes uncommitted changes, and a branch that holds nothing new", async () => {
    expect((await open()).notes).toEqual([]);
    write("scratch.sql", "SELECT 4;\n");
    expect((await open()).notes).toEqual(["Uncommitted changes are not reviewed: commit them first"]);
    rmSync(path.join(repo, "scratch.sql"));
    expect((await open({ base: "topic", head: "main~1" })).notes).toEqual([
      "main~1 holds nothing that topic does not already have",
    ]);
  });

  it("runs nothing that the repository configures", async () => {
    const trap = path.join(folder, "sprung");
    const script = path.join(folder, "trap.sh");
    writeFileSync(script, `#!/bin/sh\ntouch ${trap}\ncat\n`, { mode: 0o755 });
    const hooks = path.join(repo, ".git", "hooks");
    for (const hook of ["post-checkout", "pre-auto-gc", "post-index-change", "reference-transaction"])
      writeFileSync(path.join(hooks, hook), `#!/bin/sh\ntouch ${trap}\n`, { mode: 0o755 });
    writeFileSync(path.join(repo, ".git", "info", "attributes"), "*.sql diff=trap\n");
    const settings = {
      "core.fsmonitor": script,
      "core.pager": script,
      "diff.external": script,
      "diff.trap.command": script,
      "diff.trap.textconv": script,
    };
    for (const [key, value] of Object.entries(settings)) git(repo, "config", key, value);
    try {
      const checkout = await open();
      const { files } = await checkout.changedFiles();
      await checkout.baseFiles();
      await checkout.read(files.flatMap((file) => file.digest ?? []));
      expect(files.find((file) => file.path === "edited.sql")?.patch).toContain("+line 2!");
      expect(() => realpathSync(trap)).toThrow();
    } finally {
      for (const key of Object.keys(settings)) git(repo, "config", "--unset", key);
    }
  });
});

describe("a clone that lacks something", () => {
  it("gives the rest, and says what is not there", async () => {
    const served = path.join(folder, "served.git");
    const clone = path.join(folder, "partial");
    git(folder, "clone", "-q", "--bare", repo, served);
    git(served, "config", "uploadpack.allowFilter", "true");
    git(folder, "clone", "-q", "--no-checkout", "--filter=blob:none", `file://${served}`, clone);
    git(clone, "cat-file", "-p", "origin/topic:edited.sql");
    rmSync(served, { recursive: true });
    const checkout = await openCheckout({ repo: clone, base: "origin/main", head: "origin/topic" });
    const { files } = await checkout.changedFiles();
    const { files: base } = await checkout.baseFiles();
    expect(files.map(({ path, patch }) => [path, patch])).toContainEqual(["edited.sql", null]);
    expect(base).toContainEqual({ path: "kept.sql", digest: expect.any(String), size: null });
    const digest = (name: string) => [...files, ...base].find((file) => file.path === name)?.digest ?? "";
    const blobs = await checkout.read([digest("edited.sql"), digest("kept.sql"), digest("link.sql")]);
    expect(blobs.get(digest("edited.sql"))).toHaveProperty("bytes");
    expect(blobs.get(digest("link.sql"))).toEqual({ missing: "it is a symbolic link" });
    expect(blobs.get(digest("kept.sql"))).toEqual({
      missing:
        "it is not in this partial clone, and could not be fetched; run: git fetch --refetch --no-filter",
    });
    expect(await checkout.search(["kept"], base)).toEqual({
      unknown: "not every file of the base branch is in this clone",
    });
  });

  it("is one with a submodule, which is told", async () => {
    git(repo, "switch", "-qc", "module");
    git(
      repo,
      "update-index",
      "--add",
      "--cacheinfo",
      `160000,${git(repo, "rev-parse", "HEAD")},db/1_x.up.sql`,
    );
    git(repo, "commit", "-qm", "module");
    const checkout = await openCheckout({ repo, base: "topic", head: "module" });
    const { files } = await checkout.changedFiles();
    git(repo, "switch", "-qf", "topic");
    expect(files.map(({ path }) => path)).toEqual(["db/1_x.up.sql"]);
    const [{ digest } = { digest: "" }] = files;
    expect((await checkout.read([String(digest)])).get(String(digest))).toEqual({
      missing: "it is a submodule",
    });
  });
});

describe("what cannot be reviewed", () => {
  const refused = async (more: Partial<Parameters<typeof openCheckout>[0]>) => {
    const error: unknown = await open(more).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(CheckoutError);
    return error instanceof CheckoutError ? error.message : "";
  };

  it("is an unknown base or head: says which, and what to do", async () => {
    expect(await refused({ base: "origin/main" })).toBe(
      "--base: there is no commit called origin/main in this repository. If it is on the remote, run: git fetch origin main\nThe local branch main is there: use --base main",
    );
    expect(await refused({ head: "nope" })).toBe(
      "--head: there is no commit called nope in this repository. If it is on the remote, run: git fetch",
    );
  });

  it("is a name that git would take as an option", async () => {
    expect(await refused({ base: "--output=x" })).toContain("cannot be the name of a commit");
    expect(await refused({ head: "" })).toContain("cannot be the name of a commit");
  });

  it("is a folder without a repository, or none at all", async () => {
    expect(await refused({ repo: folder })).toContain("is not in a Git repository");
    expect(await refused({ repo: path.join(folder, "none") })).toContain("There is no folder");
  });

  it("is a shallow clone that does not reach the merge base", async () => {
    const shallow = path.join(folder, "shallow");
    git(
      folder,
      "clone",
      "-q",
      "--depth",
      "1",
      "--no-single-branch",
      "--branch",
      "topic",
      `file://${repo}`,
      shallow,
    );
    expect(await refused({ repo: shallow, base: "origin/main" })).toContain("Run: git fetch --unshallow");
  });

  it("is a branch without a commit in common", async () => {
    git(repo, "switch", "-q", "--orphan", "alone");
    git(repo, "commit", "-q", "--allow-empty", "-m", "alone");
    expect(await refused({})).toContain("have no commit in common");
    git(repo, "switch", "-q", "topic");
  });
});
