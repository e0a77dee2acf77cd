/** The text of a string literal of either form; null when an escape in it is not known. */
export function unquoted(literal: string): string | null {
  if (literal.startsWith("`")) return literal.slice(1, -1).replaceAll("\r", "");
  if (!/^".*"$/s.test(literal)) return null;
  let isKnown = true;
  const text = literal.slice(1, -1).replace(/\\(x[\da-f]{2}|u[\da-f]{4}|[0-7]{3}|.)/gi, (_, code: string) => {
    if (code.length > 1) {
      return String.fromCharCode(
        /^\d/.test(code) ? Number.parseInt(code, 8) : Number.parseInt(code.slice(1), 16),
      );
    }
    const value = escapes[code];
    if (value === undefined) isKnown = false;
    return value ?? "";
  });
  return isKnown ? text : null;
}

const escapes: Readonly<Record<string, string>> = {
  n: "\n",
  t: "\t",
  r: "\r",
  a: "\x07",
  b: "\b",
  f: "\f",
  v: "\v",
  "\\": "\\",
  '"': '"',
  "'": "'",
};
