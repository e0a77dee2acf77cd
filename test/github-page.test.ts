import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";

const root = path.resolve(import.meta.dirname, "..");
const page = readFileSync(path.join(root, "docs/github.md"), "utf8");

/** The source of a test file, by its name without folder and ending. */
const tests = new Map(
  readdirSync(import.meta.dirname, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".test.ts"))
    .map((file) => [
      path.basename(file, ".test.ts"),
      readFileSync(path.join(import.meta.dirname, file), "utf8"),
    ]),
);

it("the page on GitHub numbers its behaviours without a gap", () => {
  const numbers = [...page.matchAll(/^\| (\d+) \|/gm)].map(([, number]) => Number(number));
  expect(numbers).toEqual(Array.from({ length: 48 }, (_, i) => i + 1));
});

it("the page on GitHub names tests that are there", () => {
  const named = [...page.matchAll(/`([\w-]+)`: ((?:"[^"]+"(?:, )?)+)/g)].flatMap(
    ([, file = "", texts = ""]) => [...texts.matchAll(/"([^"]+)"/g)].map(([, text = ""]) => ({ file, text })),
  );
  expect(named.length).toBeGreaterThan(70);
  expect(named.filter(({ file, text }) => !tests.get(file)?.includes(text))).toEqual([]);
});
