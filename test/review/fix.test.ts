import { expect, it } from "vitest";
import { applyEdits, editFile } from "../../src/review/fix.ts";

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

const bytesOf = (text: string) => new TextEncoder().encode(text);

it("keeps a file's byte order mark and its line ends", () => {
  const text = "SELECT 1;\r\nSELECT 2;\r\n";
  const edits = [{ start: 0, end: 0, text: "BEGIN;\n" }];
  expect(editFile(bytesOf(`\ufeff${text}`), text, edits)).toEqual({ text: `\ufeffBEGIN;\r\n${text}` });
  const mixed = "SELECT 1;\r\nSELECT 2;\n";
  expect(editFile(bytesOf(mixed), mixed, edits)).toEqual({ text: `BEGIN;\n${mixed}` });
});

it("leaves a file alone that it could not write as it was, or that is another one", () => {
  const utf16 = new Uint8Array(Buffer.from("\ufeffSELECT 1;", "utf16le"));
  expect(editFile(utf16, "SELECT 1;", [])).toEqual({ declined: "it is not UTF-8" });
  expect(editFile(bytesOf("SELECT 2;"), "SELECT 1;", [])).toEqual({
    declined: "it is not as it was reviewed",
  });
});
