/** Languages whose string literals are read. */
export type Language =
  | "javascript"
  | "python"
  | "go"
  | "ruby"
  | "java"
  | "kotlin"
  | "rust"
  | "php"
  | "csharp";

/** A string literal: its offsets with quotes, and its text, with the code of interpolations kept apart. */
export interface Literal {
  readonly start: number;
  readonly end: number;
  readonly parts: readonly (string | { readonly hole: string })[];
}

/**
 * The string literal that starts at this offset; null when none does, "unreadable" when it never ends or is longer than
 * 64 kB. Escapes are resolved as far as they occur in SQL.
 */
export function readLiteral(text: string, at: number, language: Language): Literal | "unreadable" | null {
  const form = openingAt(text, at, language);
  if (form === null) return null;
  const from = at + form.opening.length;
  const end = form.heredoc === undefined ? closingOf(text, from, form) : heredocEnd(text, from, form.heredoc);
  if (end === "stray") return null;
  if (end === null || end.close - from > maxLength) return "unreadable";
  const body = text.slice(from, end.close);
  return {
    start: at,
    end: end.after,
    parts: partsOf(form.heredoc === undefined ? body : afterFirstLine(body), form),
  };
}

const maxLength = 65_536;

interface Form {
  readonly opening: string;
  readonly closing: string;
  readonly escapes: "backslash" | "doubled" | "none";
  /** How code is interpolated. */
  readonly holes: "${" | "#{" | "{" | "$" | null;
  readonly heredoc?: string;
}

/** A quote that only opens one character (`'a'` in Go, Java, Rust …) is passed over as a literal without SQL. */
function openingAt(text: string, at: number, language: Language): Form | null {
  const character = text[at] ?? "";
  if (!/["'`rRbBuUfF@$<]/.test(character) || isInWord(text, at)) return null;
  const head = text.slice(at, at + 80);
  for (const { pattern, form } of forms[language]) {
    const match = pattern.exec(head);
    if (match) return form(match[0], match[1] ?? "");
  }
  return null;
}

/** Whether a letter here continues a word, so that it cannot be a prefix of a literal. */
function isInWord(text: string, at: number): boolean {
  return /[A-Za-z]/.test(text[at] ?? "") && /[\w.]/.test(text[at - 1] ?? "");
}

interface Rule {
  readonly pattern: RegExp;
  form(opening: string, group: string): Form;
}

function quoted(
  pattern: RegExp,
  closing: string,
  holes: Form["holes"] = null,
  escapes: Form["escapes"] = "backslash",
): Rule {
  return { pattern, form: (opening) => ({ opening, closing, escapes, holes }) };
}

function heredoc(pattern: RegExp, holes: Form["holes"]): Rule {
  return {
    pattern,
    form: (opening, tag) => ({
      opening,
      closing: tag,
      escapes: "none",
      holes: opening.includes("'") ? null : holes,
      heredoc: tag,
    }),
  };
}

function python(prefix: string, holes: Form["holes"], escapes: Form["escapes"]): Rule[] {
  return [`"""`, "'''", `"`, "'"].map((quote) =>
    quoted(new RegExp(`^${prefix}${quote}`), quote, holes, escapes),
  );
}

const forms: Readonly<Record<Language, readonly Rule[]>> = {
  javascript: [quoted(/^`/, "`", "${"), quoted(/^"/, '"'), quoted(/^'/, "'")],
  python: [
    ...python("(?:[fF][rR]|[rR][fF])", "{", "none"),
    ...python("[fF]", "{", "backslash"),
    ...python("(?:[rR][bB]?|[bB][rR])", null, "none"),
    ...python("[bBuU]?", null, "backslash"),
  ],
  go: [quoted(/^`/, "`", null, "none"), quoted(/^"/, '"'), quoted(/^'/, "'")],
  ruby: [heredoc(/^<<[~-]?["']?([A-Z]\w*)["']?/, "#{"), quoted(/^"/, '"', "#{"), quoted(/^'/, "'")],
  java: [quoted(/^"""/, '"""'), quoted(/^"/, '"'), quoted(/^'/, "'")],
  kotlin: [quoted(/^"""/, '"""', "$", "none"), quoted(/^"/, '"', "$"), quoted(/^'/, "'")],
  rust: [
    {
      pattern: /^r(#*)"/,
      form: (opening, hashes) => ({ opening, closing: `"${hashes}`, escapes: "none", holes: null }),
    },
    quoted(/^b?"/, '"'),
    quoted(/^'(?=\\?[^']')/, "'"),
  ],
  php: [heredoc(/^<<<["']?(\w+)["']?/, "$"), quoted(/^"/, '"', "$"), quoted(/^'/, "'")],
  csharp: [
    quoted(/^\$"""/, '"""', "{", "none"),
    quoted(/^"""/, '"""', null, "none"),
    quoted(/^(?:\$@|@\$)"/, '"', "{", "doubled"),
    quoted(/^@"/, '"', null, "doubled"),
    quoted(/^\$"/, '"', "{"),
    quoted(/^"/, '"'),
    quoted(/^'/, "'"),
  ],
};

/** "stray": a quote that does not close on its line, such as an apostrophe in a regular expression. */
function closingOf(
  text: string,
  from: number,
  form: Form,
): { close: number; after: number } | "stray" | null {
  const isOneLine = (form.closing === '"' || form.closing === "'") && form.escapes === "backslash";
  for (let at = from; at < text.length && at - from <= maxLength; ) {
    if (form.escapes === "backslash" && text[at] === "\\") at += 2;
    else if (form.escapes === "doubled" && text.startsWith('""', at)) at += 2;
    else if (text.startsWith(form.closing, at)) return { close: at, after: at + form.closing.length };
    else if (form.holes !== null && text.startsWith(form.holes, at) && form.holes.endsWith("{"))
      at = holeEnd(text, at + form.holes.length);
    else if (isOneLine && text[at] === "\n" && !allowsNewlines.has(form.holes)) return "stray";
    else at += 1;
  }
  return isOneLine ? "stray" : null;
}

/** Plain quotes may span lines in Ruby and PHP, whose interpolating quotes are told by their holes. */
const allowsNewlines = new Set<Form["holes"]>(["#{", "$"]);

/** A heredoc's text starts on the next line and ends with a line that holds only its tag. */
function heredocEnd(text: string, from: number, tag: string): { close: number; after: number } | null {
  const limit = text.slice(from, from + maxLength + 1);
  const match = new RegExp(`\\n[ \\t]*${tag}\\b`).exec(limit);
  if (!match) return null;
  return { close: from + match.index, after: from + match.index + match[0].length };
}

function afterFirstLine(body: string): string {
  const start = body.indexOf("\n");
  return start === -1 ? "" : body.slice(start + 1);
}

function partsOf(body: string, form: Form): Literal["parts"] {
  const parts: (string | { hole: string })[] = [];
  let plain = "";
  for (let at = 0; at < body.length; ) {
    const hole = holeAt(body, at, form.holes);
    if (hole === "literal") {
      plain += body[at];
      at += 2;
    } else if (hole) {
      parts.push(plain, { hole: body.slice(hole.start, hole.end) });
      plain = "";
      at = hole.after;
    } else if (form.escapes === "backslash" && body[at] === "\\") {
      plain += unescaped(body[at + 1] ?? "");
      at += 2;
    } else if (form.escapes === "doubled" && body.startsWith('""', at)) {
      plain += '"';
      at += 2;
    } else {
      plain += body[at];
      at += 1;
    }
  }
  return [...parts, plain];
}

function unescaped(character: string): string {
  const known: ReadonlyMap<string, string> = new Map([
    ["n", "\n"],
    ["t", "\t"],
    ["r", "\r"],
    ["\n", ""],
  ]);
  return known.get(character) ?? character;
}

/** Code in the text at this offset; "literal" for a doubled brace that stands for itself. */
function holeAt(
  body: string,
  at: number,
  holes: Form["holes"],
): { start: number; end: number; after: number } | "literal" | null {
  if (holes === null) return null;
  if (holes === "$") return dollarHole(body, at);
  if (holes === "{" && (body.startsWith("{{", at) || body.startsWith("}}", at))) return "literal";
  if (!body.startsWith(holes, at)) return null;
  const start = at + holes.length;
  const after = holeEnd(body, start);
  return { start, end: after - 1, after };
}

/** Kotlin's `$name` and `${…}`, PHP's `$name` and `{$…}`. PostgreSQL's own `$1` is none. */
function dollarHole(body: string, at: number): { start: number; end: number; after: number } | null {
  if (body.startsWith("${", at) || body.startsWith("{$", at)) {
    const after = holeEnd(body, at + 2);
    return { start: at + 2, end: after - 1, after };
  }
  const name = /^\$[A-Za-z_]\w*/.exec(body.slice(at, at + 80))?.[0];
  return name === undefined ? null : { start: at + 1, end: at + name.length, after: at + name.length };
}

/** Just after the brace that closes a hole; strings in it may hold braces. */
function holeEnd(text: string, from: number): number {
  let [depth, quote] = [1, ""];
  for (let at = from; at < text.length; at += 1) {
    const character = text[at] ?? "";
    if (quote !== "") {
      if (character === "\\") at += 1;
      else if (character === quote) quote = "";
    } else if (/["'`]/.test(character)) quote = character;
    else if (character === "{") depth += 1;
    else if (character === "}") depth -= 1;
    if (depth === 0) return at + 1;
  }
  return text.length;
}
