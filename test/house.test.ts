import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";

const root = path.resolve(import.meta.dirname, "..");

interface Source {
  readonly file: string;
  readonly text: string;
  readonly imports: readonly string[];
}

const sources = readdirSync(path.join(root, "src"), { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".ts"))
  .map((file): Source => {
    const name = `src/${file.split(path.sep).join("/")}`;
    const text = readFileSync(path.join(root, name), "utf8");
    return { file: name, text, imports: importsOf(name, text) };
  });

describe("walls", () => {
  it("let imports go one way: handlers to sandbox to review", () => {
    const allowed: Record<string, readonly string[]> = {
      "src/review/": ["src/review/"],
      "src/sandbox/": ["src/sandbox/", "src/review/"],
      "src/handlers/": ["src/handlers/", "src/sandbox/dry-run.ts", "src/review/"],
    };
    const wrong = sources.flatMap(({ file, imports }) => {
      const room = Object.keys(allowed).find((prefix) => file.startsWith(prefix));
      const doors = room ? allowed[room] : undefined;
      if (!doors) return [];
      return imports
        .filter((name) => name.startsWith("src/") && !doors.some((door) => name.startsWith(door)))
        .map((name) => `${file} imports ${name}`);
    });
    expect(wrong).toEqual([]);
  });

  it("keep rules, frameworks and ORMs apart from their siblings", () => {
    const wrong = ["rules", "frameworks", "orms"].flatMap((folder) => {
      const siblings = new RegExp(`^src/review/${folder}/[^/]+\\.ts$`);
      return sources
        .filter(({ file }) => siblings.test(file) && !file.endsWith("/index.ts"))
        .flatMap(({ file, imports }) =>
          imports.filter((name) => siblings.test(name)).map((name) => `${file} imports ${name}`),
        );
    });
    expect(wrong).toEqual([]);
  });

  it("let the processes that run strangers' text read nothing outside of the sandbox's folder", () => {
    const entries = sources.filter(({ file }) => /^src\/sandbox\/(?:[a-z]+\/)?child\.ts$/.test(file));
    expect(entries.map(({ file }) => file).sort()).toEqual([
      "src/sandbox/child.ts",
      "src/sandbox/prisma/child.ts",
      "src/sandbox/sqlite/child.ts",
    ]);
    const loaded = new Set(entries.map(({ file }) => file));
    for (const file of loaded) {
      const source = sources.find((one) => one.file === file);
      const text = source?.text.replace(/^import type [^;]+;/gm, "") ?? "";
      for (const name of importsOf(file, text)) if (name.startsWith("src/")) loaded.add(name);
    }
    expect([...loaded].filter((file) => !file.startsWith("src/sandbox/"))).toEqual([]);
  });

  it("hide each SQL parser behind one file", () => {
    const users = (name: string) =>
      sources.filter(({ imports }) => imports.includes(name)).map(({ file }) => file);
    expect(users("pgsql-ast-parser")).toEqual(["src/review/sql/queries.ts"]);
    expect(users("libpg-query")).toHaveLength(1);
    expect(users("@electric-sql/pglite").every((file) => file.startsWith("src/sandbox/"))).toBe(true);
  });

  it("are all under test: the three rooms are there", () => {
    for (const room of ["src/review/", "src/sandbox/", "src/handlers/"])
      expect(sources.filter(({ file }) => file.startsWith(room)).length).toBeGreaterThan(3);
  });
});

describe("review", () => {
  const review = sources.filter(({ file }) => file.startsWith("src/review/"));

  it("does no input or output", () => {
    const node = review.flatMap(({ file, imports }) =>
      imports
        .filter((name) => name.startsWith("node:") && name !== "node:crypto")
        .map((name) => `${file}: ${name}`),
    );
    expect(node).toEqual([]);
  });

  it("reads no clock, no randomness and no environment", () => {
    const impure =
      /\b(Date\.now|new Date\(\)|performance\.now|Math\.random|process\.|setTimeout)\b|\bfetch\(/;
    expect(review.filter(({ text }) => impure.test(withoutComments(text))).map(({ file }) => file)).toEqual(
      [],
    );
  });

  it("is synchronous but for loading the parser", () => {
    const asynchronous = review.filter(({ text }) =>
      /(?<!\.)\b(async|await|Promise)\b/.test(withoutComments(text)),
    );
    expect(asynchronous.map(({ file }) => file)).toEqual(
      sources.filter(({ imports }) => imports.includes("libpg-query")).map(({ file }) => file),
    );
  });
});

describe("every source file", () => {
  it("has no default export unless it is a rule, a framework or an ORM", () => {
    const wrong = sources.filter(
      ({ file, text }) =>
        /^export default/m.test(text) && !/^src\/review\/(rules|frameworks|orms)\//.test(file),
    );
    expect(wrong.map(({ file }) => file)).toEqual([]);
  });

  it("is kebab-case", () => {
    expect(sources.filter(({ file }) => !/^[a-z0-9/.-]+\.ts$/.test(file)).map(({ file }) => file)).toEqual(
      [],
    );
  });
});

/** Modules that a file imports: package names, or paths from the root for relative ones. */
function importsOf(file: string, text: string): string[] {
  const specifiers = [...text.matchAll(/(?:^|\n)\s*(?:import|export)\b[^;"']*?from\s+"([^"]+)"/g)].map(
    (m) => m[1] ?? "",
  );
  const bare = [...text.matchAll(/\bimport\s*\(?\s*"([^"]+)"/g)].map((m) => m[1] ?? "");
  return [...specifiers, ...bare].map((name) =>
    name.startsWith(".") ? path.posix.join(path.posix.dirname(file), name) : name,
  );
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|[^:"'`])\/\/.*$/gm, "$1");
}
