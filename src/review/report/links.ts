import type { Place } from "../types.ts";
import { codeSpan } from "./escape.ts";
import { placeOf } from "./words.ts";

/** Longer addresses are not worth a summary's room. */
const longest = 800;

/** A place as Markdown, linked to its lines where it is known where the files stand, e.g. "https://github.com/acme/shop/blob/<commit>". */
export function placeLink(place: Place, filesUrl: string | null): string {
  const shown = codeSpan(placeOf(place));
  const address = filesUrl === null ? null : addressOf(place, filesUrl);
  return address === null ? shown : `[${shown}](${address})`;
}

function addressOf({ path, line, endLine }: Place, filesUrl: string): string | null {
  if (/[\ud800-\udfff]/u.test(path)) return null;
  const segments = path.split("/").map((segment) => encodeURIComponent(segment).replace(/[()'*!]/g, hex));
  const address = `${filesUrl}/${segments.join("/")}#L${line}${endLine > line ? `-L${endLine}` : ""}`;
  return address.length > longest ? null : address;
}

function hex(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
}
