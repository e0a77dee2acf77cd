import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { applyEdits } from "../../src/review/fix.ts";
import type {
  Framework,
  MigrationDirectory,
  MigrationFiles,
  Repository,
} from "../../src/review/framework.ts";
import { frameworks } from "../../src/review/frameworks/index.ts";
import { byDirectory } from "../../src/review/paths.ts";
import { readScript } from "../../src/review/script.ts";
import type { Dialect } from "../../src/review/types.ts";

const folder = path.resolve(import.meta.dirname, "../frameworks");

it("has a fixture for every framework", () => {
  expect(readdirSync(folder).sort()).toEqual(
    Object.keys(frameworks)
      .map((id) => `${id}.md`)
      .sort(),
  );
});

for (const [id, framework] of Object.entries(frameworks)) {
  describe(id, () => {
    for (const example of casesOf(readFileSync(path.join(folder, `${id}.md`), "utf8"))) {
      it(example.title, () => {
        const directories = framework.find(repositoryOf(example));
        if (example.found !== null) {
          const expected = example.found.map((line) => line.trimEnd());
          const actual = directories.flatMap((directory) => shown(directory));
          expect(actual.map((line, i) => shortenedTo(line, expected[i] ?? ""))).toEqual(expected);
        }
        for (const { file, dialect, lines } of example.reads)
          expect(readingOf(framework, directories, example, file, dialect)).toEqual(lines);
      });
    }
  });
}

interface Example {
  readonly title: string;
  readonly files: readonly string[];
  readonly texts: ReadonlyMap<string, string>;
  readonly found: readonly string[] | null;
  readonly reads: readonly {
    readonly file: string;
    readonly dialect: Dialect;
    readonly lines: readonly string[];
  }[];
}

/**
 * Sections with a `files` block, one path a line; `text <path>` blocks; a `found` block; and `read <path> [dialect]` blocks with
 * each direction's mode and statements.
 */
function casesOf(markdown: string): Example[] {
  return markdown
    .split(/^## /m)
    .slice(1)
    .map((section) => {
      const blocks = blocksOf(section);
      const texts = new Map(
        blocks.flatMap(({ role, name, text }) => (role === "text" ? [[name, text] as const] : [])),
      );
      const listed = blocks.flatMap(({ role, text }) => (role === "files" ? linesOf(text) : []));
      const found = blocks.find(({ role }) => role === "found");
      const reads = blocks.flatMap(({ role, name, text }) => {
        const [file = "", dialect] = name.split(" ");
        if (role !== "read") return [];
        return [
          {
            file,
            dialect: dialect === "sqlite" ? ("sqlite" as const) : ("postgresql" as const),
            lines: linesOf(text),
          },
        ];
      });
      if (!found && reads.length === 0) throw new Error(`nothing is expected in: ${section}`);
      return {
        title: section.slice(0, section.indexOf("\n")),
        files: [...new Set([...listed, ...texts.keys()])],
        texts,
        found: found ? linesOf(found.text) : null,
        reads,
      };
    });
}

function blocksOf(section: string): { role: string; name: string; text: string }[] {
  return [...section.matchAll(/^```(\w+) ?(.*)\n([\s\S]*?)^```$/gm)].map(
    ([, role = "", name = "", text = ""]) => ({ role, name, text }),
  );
}

function linesOf(text: string): string[] {
  return text.split("\n").filter((line) => line !== "");
}

function repositoryOf({ files, texts }: Example): Repository {
  return { paths: files, folders: byDirectory(files), named: [], text: (file) => texts.get(file) ?? null };
}

function shown({ directory, dialect, migrations, skipped }: MigrationDirectory): string[] {
  const local = (file: string) =>
    directory !== "" && file.startsWith(`${directory}/`) ? file.slice(directory.length + 1) : file;
  return [
    `${directory === "" ? "." : directory}${dialectIn(dialect)}`,
    ...migrations.map(
      (files) =>
        `  ${files.version} ${files.name}: ${local(files.up)}, ${downOf(files, local)}${lateOf(files)}${togetherOf(files)}`,
    ),
    ...skipped.map((entry) => `  skipped ${local(entry.path)}: ${entry.reason}`),
  ];
}

function dialectIn(dialect: MigrationDirectory["dialect"]): string {
  if (dialect === null) return "";
  return ` (${typeof dialect === "string" ? dialect : dialect.other})`;
}

function downOf(
  { up, down, downPath, isRepeatable, isBaseline }: MigrationFiles,
  local: (file: string) => string,
): string {
  if (isBaseline) return "in new databases";
  if (isRepeatable) return "runs when changed";
  if (down !== null) return down === up ? "down inside" : `down ${local(down)}`;
  return downPath === null ? "owes no down" : `no down (${local(downPath)})`;
}

function lateOf({ settings: { late } }: MigrationFiles): string {
  return late === undefined ? "" : `, late: ${late}`;
}

function togetherOf({ settings: { together } }: MigrationFiles): string {
  return together === undefined ? "" : ", together";
}

/** A reason may be quoted by its beginning. */
function shortenedTo(line: string, expected: string): string {
  return line.startsWith("  skipped ") && expected !== "" && line.startsWith(expected) ? expected : line;
}

/** Both directions of a file: mode, and each statement with its line as it is sent. */
function readingOf(
  framework: Framework,
  directories: readonly MigrationDirectory[],
  { texts }: Example,
  file: string,
  dialect: Dialect,
): string[] {
  const files = directories
    .flatMap(({ migrations }) => migrations)
    .find(({ up, down }) => up === file || down === file);
  if (!files) throw new Error(`${file} is no migration`);
  const directions = (["up", "down"] as const).filter((direction) => files[direction] === file);
  return directions.flatMap((direction) => {
    const text = texts.get(file) ?? "";
    const { script, skipped } = framework.read({
      path: file,
      text,
      direction,
      dialect,
      settings: files.settings,
    });
    const notes = skipped.map(
      ({ line, reason, matters }) => `  ${matters ? "!" : "·"} ${line ?? "-"}: ${reason}`,
    );
    if (script === null) return [`${direction}: nothing`, ...notes];
    const statements = script.statements.map(
      ({ line, sql, refused, guard, rebuild }) =>
        `  ${line}: ${sql.replace(/\s+/g, " ")}${refused === null ? "" : ` (refused: ${refused})`}${guard ? ` (where: ${guard.words})` : ""}${rebuild ? " (copied)" : ""}`,
    );
    return [`${direction}: ${script.transaction}`, ...statements, ...notes];
  });
}

describe("a migration of Atlas leaves its transaction", () => {
  it.each([
    ["SELECT 1;\n", "-- atlas:txmode none\n\nSELECT 1;\n"],
    [
      "-- atlas:txtar\n\n-- migration.sql --\n",
      "-- atlas:txmode none\n-- atlas:txtar\n\n-- migration.sql --\n",
    ],
    ["-- atlas:delimiter \\n\n\nSELECT 1", "-- atlas:delimiter \\n\n-- atlas:txmode none\n\nSELECT 1"],
    ["-- atlas:delimiter GO\nSELECT 1", "-- atlas:delimiter GO\n-- atlas:txmode none\n\nSELECT 1"],
  ])("%j", (text, expected) => {
    const leaving = frameworks.atlas?.leave(readScript("1.sql", text, "transaction"));
    expect(applyEdits(text, leaving?.edits ?? [])).toBe(expected);
  });
});
