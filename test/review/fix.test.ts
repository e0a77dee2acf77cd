import { expect, it } from "vitest";
import { applyEdits } from "../../src/review/fix.ts";

it("makes edits in the offsets of the text as it was, in any order", () => {
  const edits = [
    { start: 4, end: 5, text: "dee" },
    { start: 0, end: 0, text: "> " },
    { start: 1, end: 3, text: "" },
  ];
  expect(applyEdits("abcde", edits)).toBe("> addee");
});

it("refuses edits that overlap or lie outside", () => {
  expect(() =>
    applyEdits("abc", [
      { start: 0, end: 2, text: "" },
      { start: 1, end: 3, text: "" },
    ]),
  ).toThrow(RangeError);
  expect(() => applyEdits("abc", [{ start: 2, end: 9, text: "" }])).toThrow(RangeError);
});
