import { reasons } from "./errors.ts";
import { type DecodedText, decodeText } from "./text-file.ts";

/** The text of fetched bytes, or why there is none. */
export function readText(
  bytes: Uint8Array | { readonly missing: string } | undefined,
): DecodedText | { readonly skipped: string } {
  if (bytes === undefined) return { skipped: reasons.missing("it was not found") };
  return "missing" in bytes ? { skipped: reasons.missing(bytes.missing) } : decodeText(bytes);
}
