import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import type { ModelReading, Orm } from "../src/review/orm.ts";
import { orms } from "../src/review/orms/index.ts";
import type { Dialect, ModelFile } from "../src/review/types.ts";

const folder = path.resolve(import.meta.dirname, "orms");

for (const [id, orm] of Object.entries(orms)) {
  const file = path.join(folder, `${id}.md`);
  // Prisma's models are rendered by its own engine, and tried in the sandbox.
  if (!existsSync(file)) continue;
  describe(id, () => {
    for (const example of casesOf(readFileSync(file, "utf8"))) {
      it(example.title, () => {
        const { texts, found } = example;
        if (found) expect(filesOf(orm, example, found.directory)).toEqual(found.files);
        const files = (found?.files ?? [...texts.keys()]).map(
          (name): ModelFile => ({ path: name, text: texts.get(name) ?? "" }),
        );
        for (const { dialect, lines } of example.sql) {
          const { statements } = orm.read(files, dialect);
          expect(statements?.flatMap(({ sql }) => linesOf(`${sql};`))).toEqual(lines);
        }
        const reading = orm.read(files, example.sql[0]?.dialect ?? "postgresql");
        if (example.declared)
          expect(example.declared.map((line) => declaredAs(line, reading))).toEqual(example.declared);
        expect(shown(reading)).toEqual(example.skipped);
      });
    }
  });
}

interface Example {
  readonly title: string;
  readonly texts: ReadonlyMap<string, string>;
  readonly paths: readonly string[];
  readonly found: { readonly directory: string; readonly files: readonly string[] } | null;
  readonly sql: readonly { readonly dialect: Dialect; readonly lines: readonly string[] }[];
  readonly declared: readonly string[] | null;
  readonly skipped: readonly string[];
}

/**
 * Sections with files as blocks with a path (`py app/models.py`), further paths (`files`); `found <directory>`, the files that make
 * up the models of a migration directory; `sql [dialect]`, what builds them; `skipped`, what is not understood; and `declared`, where
 * an object stands and what its declaration says (`orders.note: app/models.py:4 own default, opaque, no type`).
 */
function casesOf(markdown: string): Example[] {
  return markdown
    .split(/^## /m)
    .slice(1)
    .map((section) => {
      const blocks = [...section.matchAll(/^```(\w+) ?(.*)\n([\s\S]*?)^```$/gm)].map(
        ([, role = "", name = "", text = ""]) => ({ role, name, text }),
      );
      const texts = new Map(
        blocks.flatMap(({ role, name, text }) => (isText(role) ? [[name, text] as const] : [])),
      );
      const found = blocks.find(({ role }) => role === "found");
      const declared = blocks.find(({ role }) => role === "declared");
      return {
        title: section.slice(0, section.indexOf("\n")),
        texts,
        paths: [
          ...blocks.flatMap(({ role, text }) => (role === "files" ? linesOf(text) : [])),
          ...texts.keys(),
        ],
        found: found ? { directory: found.name, files: linesOf(found.text) } : null,
        sql: blocks.flatMap(({ role, name, text }) =>
          role === "sql"
            ? [{ dialect: name === "sqlite" ? "sqlite" : "postgresql", lines: linesOf(text) } as const]
            : [],
        ),
        declared: declared ? linesOf(declared.text) : null,
        skipped: blocks.flatMap(({ role, text }) => (role === "skipped" ? linesOf(text) : [])),
      };
    });
}

function isText(role: string): boolean {
  return !/^(files|found|sql|declared|skipped)$/.test(role);
}

function linesOf(text: string): string[] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
}

/** As a review finds them: a text is known only once it was asked for. */
function filesOf(orm: Orm, { paths, texts }: Example, directory: string): readonly string[] {
  const known = new Set<string>();
  for (;;) {
    const asked: string[] = [];
    const text = (name: string) => {
      if (known.has(name)) return texts.get(name) ?? null;
      asked.push(name);
      return null;
    };
    const found = orm.filesFor(directory, { paths, text });
    if (asked.length === 0) return found;
    for (const name of asked) known.add(name);
  }
}

function declaredAs(line: string, { declarations }: ModelReading): string {
  const object = line.slice(0, line.lastIndexOf(": "));
  const place = declarations.find(object);
  if (!place) return `${object}: not found`;
  const words = [
    ...(place.hasOwnDefault ? ["own default"] : []),
    ...(place.isOpaque ? ["opaque"] : []),
    ...place.unsaid.map((what) => `no ${what}`),
  ];
  return [`${object}: ${place.path}:${place.line}`, words.join(", ")].filter((part) => part !== "").join(" ");
}

function shown({ skipped }: ModelReading): string[] {
  return skipped.map(
    ({ path: name, line, reason }) => `${name}${line === null ? "" : `:${line}`}: ${reason}`,
  );
}
