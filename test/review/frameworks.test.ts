import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import type { MigrationDirectory, MigrationFiles } from "../../src/review/framework.ts";
import { frameworks } from "../../src/review/frameworks/index.ts";

const folder = path.resolve(import.meta.dirname, "../frameworks");

it("has a fixture for every framework", () => {
  expect(readdirSync(folder).sort()).toEqual(Object.keys(frameworks).map((id) => `${id}.md`));
});

for (const [id, framework] of Object.entries(frameworks)) {
  describe(id, () => {
    for (const { title, files, found } of casesOf(readFileSync(path.join(folder, `${id}.md`), "utf8"))) {
      it(title, () => {
        const actual = framework.find(files, []).map((directory) => shown(directory));
        const expected = found.map((line) => line.trimEnd());
        expect(actual.flat().map((line, i) => shortenedTo(line, expected[i] ?? ""))).toEqual(expected);
      });
    }
  });
}

/** Sections with a `files` block, one path a line, and a `found` block. */
function casesOf(markdown: string): { title: string; files: string[]; found: string[] }[] {
  return markdown
    .split(/^## /m)
    .slice(1)
    .map((section) => ({
      title: section.slice(0, section.indexOf("\n")),
      files: blockOf(section, "files"),
      found: blockOf(section, "found"),
    }));
}

function blockOf(section: string, name: string): string[] {
  const block = new RegExp(`^\`\`\`${name}\n([^]*?)^\`\`\`$`, "m").exec(section)?.[1];
  if (block === undefined) throw new Error(`no block ${name} in: ${section}`);
  return block.split("\n").filter((line) => line !== "");
}

function shown({ directory, migrations, skipped }: MigrationDirectory): string[] {
  const local = (file: string) =>
    file.startsWith(`${directory}/`) ? file.slice(directory.length + 1) : file;
  return [
    directory === "" ? "." : directory,
    ...migrations.map(
      (files) => `  ${files.version} ${files.name}: ${local(files.up)}, ${downOf(files, local)}`,
    ),
    ...skipped.map((entry) => `  skipped ${local(entry.path)}: ${entry.reason}`),
  ];
}

function downOf({ down, downPath }: MigrationFiles, local: (file: string) => string): string {
  if (down !== null) return `down ${local(down)}`;
  return downPath === null ? "owes no down" : `no down (${local(downPath)})`;
}

/** A reason may be quoted by its beginning. */
function shortenedTo(line: string, expected: string): string {
  return line.startsWith("  skipped ") && expected !== "" && line.startsWith(expected) ? expected : line;
}
