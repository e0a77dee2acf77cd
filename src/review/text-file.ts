import { reasons } from "./errors.ts";

/** Files above this many bytes are not read. */
export const maxFileBytes = 8 * 1024 * 1024;

export interface DecodedText {
  /** Without the byte order mark, so that offset 0 is the first character a person sees. */
  readonly text: string;
  /** Present when the bytes hold more than plain UTF-8: why the database would not take them as they are. */
  readonly encoding: "utf-8" | "utf-8-bom" | "utf-16";
}

/**
 * The text of a file, or why it has none: binary, NUL bytes, invalid UTF-8 or UTF-16, a Git LFS pointer, a link, too large.
 * Line ends stay as they are. UTF-16 is only recognised by its byte order mark.
 */
export function decodeText(bytes: Uint8Array): DecodedText | { readonly skipped: string } {
  if (bytes.length > maxFileBytes) return { skipped: reasons.tooLarge(bytes.length) };
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return decodeUtf16(bytes, "utf-16le");
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return decodeUtf16(bytes, "utf-16be");
  const text = decode(bytes, "utf-8");
  if (text === null) return { skipped: looksBinary(bytes) ? reasons.binary() : reasons.invalidUtf8() };
  if (text.includes("\0")) return { skipped: looksBinary(bytes) ? reasons.binary() : reasons.nul() };
  if (text.startsWith("version https://git-lfs.github.com/spec/v1\n"))
    return { skipped: reasons.lfsPointer() };
  if (link.test(text)) return { skipped: reasons.link() };
  return { text, encoding: hasUtf8Mark(bytes) ? "utf-8-bom" : "utf-8" };
}

/** Git keeps a symbolic link as a file that holds the path alone, and GitHub does not tell the two apart. */
const link = /^(?!--|\/\/)(?=.*\/|.*\.[a-z]\w*$)[\w@+./-]{1,4096}$/i;

function decodeUtf16(bytes: Uint8Array, encoding: "utf-16le" | "utf-16be"): ReturnType<typeof decodeText> {
  const text = decode(bytes, encoding);
  if (text === null) return { skipped: reasons.invalidUtf16() };
  return text.includes("\0") ? { skipped: reasons.nul() } : { text, encoding: "utf-16" };
}

function decode(bytes: Uint8Array, encoding: string): string | null {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}

function hasUtf8Mark(bytes: Uint8Array): boolean {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
}

/** Text holds hardly any control characters; a binary file has plenty of them in its first kilobytes. */
function looksBinary(bytes: Uint8Array): boolean {
  const head = bytes.subarray(0, 8192);
  const control = head.filter((byte) => byte < 9 || (byte > 13 && byte < 32)).length;
  return control > head.length / 50 && control > 1;
}
