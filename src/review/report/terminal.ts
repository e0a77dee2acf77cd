import picocolors from "picocolors";
import { visible } from "../text.ts";
import type { Text } from "../types.ts";
import { shorten } from "./escape.ts";

/** How text is dressed for a terminal. */
export type Palette = ReturnType<typeof picocolors.createColors>;

/** The palette of a terminal with or without colour: the only place where an escape sequence is made. */
export function palette(colour: boolean): Palette {
  return picocolors.createColors(colour);
}

/** A text for people as words that may stand on different lines; a short name stays whole. */
export function words(text: Text): readonly string[] {
  return text
    .map((part) => (typeof part === "string" ? visible(part) : unbroken(shorten(visible(part.code), 400))))
    .join("")
    .split(" ")
    .filter((word) => word !== "");
}

/** Words in lines of at most `width` columns; a word that is wider is broken. */
export function wrap(parts: readonly string[], width: number): readonly string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of parts.flatMap((part) => broken(part, width))) {
    if (line !== "" && columns(line) + 1 + columns(word) > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  return [...lines, line].map((text) => text.replaceAll("\u00a0", " "));
}

/** Text cut to at most `width` columns, with an ellipsis where something is missing. */
export function clip(text: string, width: number): string {
  if (columns(text) <= width) return text;
  let cut = "";
  let used = 0;
  for (const character of text) {
    used += columns(character);
    if (used > width - 1) break;
    cut += character;
  }
  return `${cut}…`;
}

/** Text filled with spaces up to `width` columns. */
export function pad(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - columns(text)));
}

/** Columns that a text takes: wide characters (East Asian, emoji) take two, marks that join none. */
export function columns(text: string): number {
  let total = 0;
  for (const character of text) total += columnsOf(character);
  return total;
}

function columnsOf(character: string): number {
  if (/[\p{Mn}\p{Me}]/u.test(character)) return 0;
  return /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}|[\u{20000}-\u{3fffd}]/u.test(
    character,
  )
    ? 2
    : 1;
}

function unbroken(name: string): string {
  return name.length > 40 ? name : name.replaceAll(" ", "\u00a0");
}

/** A text in pieces of at most `width` columns. */
export function broken(text: string, width: number): readonly string[] {
  const pieces: string[] = [];
  let piece = "";
  let used = 0;
  for (const character of text) {
    const more = columnsOf(character);
    if (used + more > width) {
      pieces.push(piece);
      piece = "";
      used = 0;
    }
    piece += character;
    used += more;
  }
  return [...pieces, piece];
}
