import { expect, it } from "vitest";
import { hunksOf, isInDiff } from "../../src/review/diff.ts";
import { patchOf } from "../helpers.ts";

it("gives the lines of the new side, context included", () => {
  const patch = [
    "@@ -1,3 +1,4 @@ CREATE TABLE t (",
    " a",
    "+b",
    " c",
    " d",
    "@@ -20,2 +21,1 @@",
    "-x",
    " y",
  ].join("\n");
  expect(hunksOf(patch)).toEqual([
    { start: 1, end: 4 },
    { start: 21, end: 21 },
  ]);
});

it("reads headers without counts, and patches without a newline at the end", () => {
  expect(hunksOf("@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+b\n\\ No newline at end of file")).toEqual([
    { start: 1, end: 1 },
  ]);
});

it("takes lines that look like headers for what they are", () => {
  const patch = ["@@ -1,2 +1,3 @@", " a", "+@@ -9,9 +9,9 @@", " c", "@@ -10,0 +12,1 @@", "+--- x"].join("\n");
  expect(hunksOf(patch)).toEqual([
    { start: 1, end: 3 },
    { start: 12, end: 12 },
  ]);
});

it("counts what is there when the patch is cut off", () => {
  expect(hunksOf("@@ -0,0 +1,900 @@\n+a\n+b")).toEqual([{ start: 1, end: 2 }]);
});

it("has no lines where lines are only removed", () => {
  expect(hunksOf("@@ -1,2 +0,0 @@\n-a\n-b")).toEqual([]);
  expect(hunksOf("")).toEqual([]);
});

it("wants the whole range in one hunk", () => {
  const hunks = [
    { start: 3, end: 5 },
    { start: 6, end: 9 },
  ];
  expect(isInDiff({ line: 3, endLine: 5 }, hunks)).toBe(true);
  expect(isInDiff({ line: 5, endLine: 6 }, hunks)).toBe(false);
  expect(isInDiff({ line: 2, endLine: 3 }, hunks)).toBe(false);
});

it("agrees with the patches that the tests are made of", () => {
  const before = "1\n2\n3\n4\n5\n6\n7\n8\n";
  expect(hunksOf(patchOf(before, before.replace("5\n", "5\nnew\n")))).toEqual([{ start: 3, end: 9 }]);
  expect(hunksOf(patchOf("", "a\nb\n"))).toEqual([{ start: 1, end: 2 }]);
});
