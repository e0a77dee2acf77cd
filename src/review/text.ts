import type { Text } from "./types.ts";

/**
 * A text for people. Literal parts are ours; every interpolated string is a name or a piece of SQL from the pull
 * request and is kept apart, so that each output can quote it its own way. Numbers and texts are inserted as they are.
 */
export function say(literals: TemplateStringsArray, ...values: readonly (string | number | Text)[]): Text {
  return literals.flatMap((literal, i) => {
    const value = values[i];
    if (value === undefined) return [literal];
    if (typeof value === "string") return [literal, { code: value }];
    if (typeof value === "number") return [literal, String(value)];
    return [literal, ...value];
  });
}

/** The text without markup, on one line, control characters and direction marks shown as escapes. */
export function plain(text: Text): string {
  return text.map((part) => (typeof part === "string" ? part : visible(part.code))).join("");
}

/** Control, format and direction characters made visible, so that a name cannot move a cursor or reverse a line. */
export function visible(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (c) =>
    c === "\n" || c === "\t" ? " " : `\\u{${(c.codePointAt(0) ?? 0).toString(16)}}`,
  );
}
