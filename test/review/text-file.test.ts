import { expect, it } from "vitest";
import { decodeText, maxFileBytes } from "../../src/review/text-file.ts";

const encode = (text: string) => new TextEncoder().encode(text);
const latin = (bytes: string) => Uint8Array.from(bytes, (character) => character.charCodeAt(0));

function utf16(text: string, isLittle: boolean): Uint8Array {
  const view = new DataView(new ArrayBuffer(2 + text.length * 2));
  [0xfeff, ...Array.from(text, (_, i) => text.charCodeAt(i))].forEach((unit, i) => {
    view.setUint16(i * 2, unit, isLittle);
  });
  return new Uint8Array(view.buffer);
}

it("reads UTF-8 as it stands, line ends included", () => {
  expect(decodeText(encode("SELECT 'ä€😀';\r\n"))).toEqual({ text: "SELECT 'ä€😀';\r\n", encoding: "utf-8" });
  expect(decodeText(new Uint8Array())).toEqual({ text: "", encoding: "utf-8" });
});

it.each(["SELECT a/b", "0001_orders.up.sql\n", "COMMIT", "--db/orders.sql", "//a.b", "orders.id;"])(
  "takes %j for no link",
  (text) => {
    expect(decodeText(encode(text))).toEqual({ text, encoding: "utf-8" });
  },
);

it("leaves a byte order mark out", () => {
  expect(decodeText(latin("\xef\xbb\xbfSELECT 1"))).toEqual({ text: "SELECT 1", encoding: "utf-8-bom" });
});

it("reads UTF-16 of both byte orders by its mark", () => {
  for (const isLittle of [true, false]) {
    expect(decodeText(utf16("SELECT 'ä'", isLittle))).toEqual({ text: "SELECT 'ä'", encoding: "utf-16" });
  }
});

it.each([
  ["a PNG", latin("\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x01\0"), "binary"],
  ["text with one NUL byte", encode(`SELECT 1;${" ".repeat(200)}\0`), "NUL"],
  ["Latin-1", latin("SELECT 'caf\xe9';"), "not valid UTF-8"],
  ["half a surrogate in UTF-16", latin("\xff\xfe\x00\xd8"), "not valid UTF-16"],
  ["UTF-16 with a NUL character", utf16("a\0b", true), "NUL"],
  [
    "a Git LFS pointer",
    encode("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12\n"),
    "LFS",
  ],
  ["a symbolic link", encode("../shared/0001_orders.up.sql"), "symbolic link"],
  ["a symbolic link beside its target", encode("0001_orders.up.sql"), "symbolic link"],
  ["more than 8 MB", new Uint8Array(maxFileBytes + 1).fill(32), "8.0 MB"],
])("gives the reason for %s", (_, bytes, reason) => {
  expect(decodeText(bytes)).toEqual({ skipped: expect.stringContaining(reason) });
});
