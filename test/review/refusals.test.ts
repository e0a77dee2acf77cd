import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { type Files, read } from "../helpers.ts";

/** `atlas.sum` as Atlas writes it: each line goes on from the one before. */
function sumOf(files: Readonly<Record<string, string>>): string {
  const all = createHash("sha256");
  const lines = Object.entries(files).map(([name, text]) => {
    all.update(name).update(text);
    return { name, hash: all.copy().digest("base64") };
  });
  const head = createHash("sha256");
  for (const { name, hash } of lines) head.update(name).update(hash);
  return [`h1:${head.digest("base64")}`, ...lines.map(({ name, hash }) => `${name} h1:${hash}`), ""].join(
    "\n",
  );
}

function under(folder: string, files: Readonly<Record<string, string>>): Files {
  return Object.fromEntries(Object.entries(files).map(([name, text]) => [`${folder}/${name}`, text]));
}

const orders = { "1_orders.sql": "CREATE TABLE orders (id int);\n" };
const note = { "2_note.sql": "ALTER TABLE orders ADD note text;\n" };
const total = { "3_total.sql": "ALTER TABLE orders ADD total int;\n" };
const disagreement = { kind: "signature", file: "m/atlas.sum" };

describe("a directory that Atlas signs", () => {
  it("is refused when two branches' lines were put together by hand", () => {
    const merged = sumOf({ ...orders, ...note, ...total }).split("\n");
    merged[0] = sumOf({ ...orders, ...total }).split("\n")[0] ?? "";
    const base = under("m", { ...orders, ...note, "atlas.sum": sumOf({ ...orders, ...note }) });
    const head = { ...base, ...under("m", { ...total, "atlas.sum": merged.join("\n") }) };
    expect(read(base, head).refusals).toEqual([
      {
        path: "m/atlas.sum",
        line: 1,
        endLine: 1,
        directory: "m",
        disagreement: { ...disagreement, signed: null, how: "changed" },
      },
    ]);
  });

  it("is not compared with its signature when it holds templates, whose results Atlas signs anew", () => {
    const config = 'data "template_dir" "m" {\n  path = "m"\n  vars = { n = 1 }\n}\n';
    const base = under("m", { ...orders, "atlas.sum": sumOf(orders) });
    const head = { ...base, ...under("m", total) };
    expect(read(base, head).refusals).toHaveLength(1);
    expect(read({ ...base, "atlas.hcl": config }, { ...head, "atlas.hcl": config }).refusals).toEqual([]);
  });

  it("is refused when a file that it lists is taken away", () => {
    const base = under("m", { ...orders, ...note, "atlas.sum": sumOf({ ...orders, ...note }) });
    const { "m/2_note.sql": _, ...head } = base;
    const [refusal] = read(base, head).refusals;
    expect(refusal).toMatchObject({
      path: "m/atlas.sum",
      line: 3,
      disagreement: { ...disagreement, signed: "2_note.sql", how: "gone" },
    });
  });

  it("is not, when its sum counts a byte order mark", () => {
    const marked = { "2_note.sql": `\uFEFF${note["2_note.sql"]}` };
    const base = under("m", { ...orders, "atlas.sum": sumOf(orders) });
    const head = { ...base, ...under("m", { ...marked, "atlas.sum": sumOf({ ...orders, ...marked }) }) };
    expect(read(base, head).refusals).toEqual([]);
  });

  it("is not, when Git changed line ends after it was signed", () => {
    const windows = { "2_note.sql": note["2_note.sql"].replace("\n", "\r\n") };
    const base = under("m", { ...orders, "atlas.sum": sumOf(orders) });
    const head = { ...base, ...under("m", { ...windows, "atlas.sum": sumOf({ ...orders, ...note }) }) };
    expect(read(base, head).refusals).toEqual([]);
    const sum = sumOf({ ...orders, ...windows }).replaceAll("\n", "\r\n");
    expect(read(base, { ...base, ...under("m", { ...note, "atlas.sum": sum }) }).refusals).toEqual([]);
  });

  it("is not, when its file is of no form that is known", () => {
    const base = under("m", { ...orders, "atlas.sum": sumOf(orders) });
    const head = { ...base, ...under("m", { ...note, "atlas.sum": `<<<<<<< HEAD\n${sumOf(orders)}` }) };
    expect(read(base, head).refusals).toEqual([]);
  });
});

describe("a schema of Prisma", () => {
  const files = {
    "prisma/migrations/1_a/migration.sql": "CREATE TABLE a (id int);\n",
    "prisma/migrations/migration_lock.toml": 'provider = "mysql"\n',
  };
  const source = (provider: string) => ({
    "prisma/schema.prisma": `datasource db {\n  provider = "${provider}"\n}\n`,
  });

  it("for another database than its migrations' is refused, whether that one is read or not", () => {
    const base = { ...files, ...source("mysql") };
    const { refusals } = read(base, { ...base, ...source("postgresql") });
    expect(refusals).toEqual([
      {
        path: "prisma/schema.prisma",
        line: 2,
        endLine: 2,
        directory: "prisma/migrations",
        disagreement: {
          kind: "provider",
          file: "prisma/migrations/migration_lock.toml",
          locked: "mysql",
          declared: "postgresql",
        },
      },
    ]);
  });

  it("is refused as well where only the lock changes", () => {
    const base = { ...files, ...source("mysql") };
    const head = { ...base, "prisma/migrations/migration_lock.toml": '# a comment\nprovider = "sqlite"\n' };
    expect(read(base, head).refusals).toMatchObject([
      { path: "prisma/migrations/migration_lock.toml", line: 2 },
    ]);
  });

  it("that names no database, or was refused before, is told nothing of", () => {
    const wrong = { ...files, ...source("postgresql") };
    const note = { "prisma/migrations/2_b/migration.sql": "SELECT 1;\n" };
    expect(read(wrong, { ...wrong, ...note }).refusals).toEqual([]);
    expect(read(files, { ...files, ...note, "prisma/schema.prisma": "model A {\n}\n" }).refusals).toEqual([]);
  });
});
