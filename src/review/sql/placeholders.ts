import { type SourceToken, sourceOf } from "./source.ts";

/**
 * The query with its placeholders as $1, $2 …: `:name`, `:1`, `@name`, `?`, `?1`, `%s`, `%(name)s`, `{name}`, `{}`,
 * `sqlc.arg(name)`, `sqlc.narg(name)` and `sqlc.slice(name)`; `sqlc.embed(t)` becomes `t.*`. Equal names share a number.
 * Quoted text, comments, casts (`::`), array slices and operators such as `@>`, `?|` and `%` are left alone. A query that
 * already has `$n` keeps them, and only sqlc's calls are numbered, after them.
 */
export function numberPlaceholders(sql: string): string {
  const { tokens } = sourceOf(sql, 0);
  const given = tokens.flatMap(({ kind, start, end }) =>
    kind === "parameter" ? [Number(sql.slice(start + 1, end))] : [],
  );
  const inSubscript = subscripts(tokens);
  const numbers = new Map<string, number>();
  let last = Math.max(0, ...given.slice(0, 10_000));
  const numberOf = (name: string | null): number => {
    const known = name === null ? undefined : numbers.get(name);
    if (known !== undefined) return known;
    last += 1;
    if (name !== null) numbers.set(name, last);
    return last;
  };
  let result = "";
  let copied = 0;
  for (let i = 0; i < tokens.length; ) {
    const found = placeholderAt(sql, tokens, i, given.length === 0, inSubscript[i] ?? false);
    const first = tokens[i];
    const end = tokens[i + (found?.tokens ?? 1) - 1]?.end;
    if (found && first && end !== undefined) {
      result += sql.slice(copied, first.start);
      result += found.text ?? `$${numberOf(found.name)}`;
      copied = found.end ?? end;
    }
    i += found?.tokens ?? 1;
  }
  return result + sql.slice(copied);
}

interface Placeholder {
  /** null: one of a kind. */
  readonly name: string | null;
  /** How many tokens it takes. */
  readonly tokens: number;
  /** Where it ends, when that is not the end of its last token. */
  readonly end?: number;
  /** What to write instead of $n. */
  readonly text?: string;
}

function placeholderAt(
  sql: string,
  tokens: readonly SourceToken[],
  i: number,
  anyStyle: boolean,
  isSubscript: boolean,
): Placeholder | null {
  const token = tokens[i];
  if (!token) return null;
  if (token.text === "sqlc") return sqlcCall(sql, tokens, i);
  if (token.kind !== "symbol" || !anyStyle) return null;
  switch (token.text) {
    case ":":
      return colonName(sql, tokens, i, isSubscript);
    case "@":
      return atName(sql, tokens, i);
    case "?":
      return questionMark(sql, tokens, i);
    case "%":
      return percent(sql, tokens, i);
    case "{":
    case "#":
    case "$":
      return braces(sql, tokens, i);
    default:
      return null;
  }
}

/** sqlc.arg(name), sqlc.arg('name'). */
function sqlcCall(sql: string, tokens: readonly SourceToken[], i: number): Placeholder | null {
  const [dot, call, open, argument, close] = tokens.slice(i + 1, i + 6);
  if (dot?.text !== "." || open?.text !== "(" || close?.text !== ")" || !call || !argument) return null;
  const name = sql.slice(argument.start, argument.end).replace(/^['"]|['"]$/g, "");
  if (call.text === "embed") return { name: null, tokens: 6, text: `${name}.*` };
  return /^(?:n?arg|slice)$/.test(call.text) ? { name, tokens: 6 } : null;
}

function colonName(
  sql: string,
  tokens: readonly SourceToken[],
  i: number,
  isSubscript: boolean,
): Placeholder | null {
  const [before, colon, name] = [tokens[i - 1], tokens[i], tokens[i + 1]];
  if (!colon || !name || name.start !== colon.end || !/^(?:word|number)$/.test(name.kind)) return null;
  if (before?.text === ":" && before.end === colon.start) return null;
  if (isSubscript && isOperand(before)) return null;
  return { name: sql.slice(name.start, name.end), tokens: 2 };
}

function atName(sql: string, tokens: readonly SourceToken[], i: number): Placeholder | null {
  const [before, at, name] = [tokens[i - 1], tokens[i], tokens[i + 1]];
  if (!at || name?.kind !== "word" || name.start !== at.end) return null;
  if (before?.end === at.start && /^[@<|&?#~!]$/.test(before.text)) return null;
  return { name: sql.slice(name.start, name.end), tokens: 2 };
}

/** After an operand `?` is jsonb's operator; a parameter stands where an operand is due. */
function questionMark(sql: string, tokens: readonly SourceToken[], i: number): Placeholder | null {
  const [before, mark, after] = [tokens[i - 1], tokens[i], tokens[i + 1]];
  if (!mark || isOperand(before)) return null;
  const touches = after?.start === mark.end;
  if (touches && /^[?|&]$/.test(after.text) && tokens[i + 2]?.start !== after.end) return null;
  if (before?.end === mark.start && /^[?@]$/.test(before.text)) return null;
  if (touches && after.kind === "number") return { name: sql.slice(after.start, after.end), tokens: 2 };
  return { name: null, tokens: 1 };
}

/** %s and %(name)s; an operand before it makes it the modulo. */
function percent(sql: string, tokens: readonly SourceToken[], i: number): Placeholder | null {
  const mark = tokens[i];
  if (!mark || isOperand(tokens[i - 1])) return null;
  const match = /^%(?:\((\w+)\))?s(?![\w$])/.exec(sql.slice(mark.start, mark.start + 100));
  if (!match) return null;
  return { name: match[1] ?? null, tokens: match[1] === undefined ? 2 : 5 };
}

/** {name}, {}, ${name} and #{name}, which SQL itself does not have outside of quotes. */
function braces(sql: string, tokens: readonly SourceToken[], i: number): Placeholder | null {
  const start = tokens[i]?.start ?? 0;
  const match = /^[#$]?\{\s*([\w.]*)\s*\}/.exec(sql.slice(start, start + 100));
  if (!match) return null;
  let count = 1;
  while ((tokens[i + count]?.start ?? sql.length) < start + match[0].length) count += 1;
  return { name: match[1] || null, tokens: count };
}

const operandFollows = new Set(
  `all and any array as between both by case cast check default distinct do else escape except exists fetch filter first for
  from group having ilike in intersect interval into is join lateral leading like limit next not of offset on or order over
  placing returning row select set similar some symmetric then to trailing union using values when where with zone`.split(
    /\s+/,
  ),
);

/** Whether a value ends with this token, so that an operator must follow. */
function isOperand(token: SourceToken | undefined): boolean {
  if (!token) return false;
  if (token.kind === "symbol") return token.text === ")" || token.text === "]" || token.text === "}";
  return token.kind !== "word" || !operandFollows.has(token.text);
}

/** For each token, whether the innermost bracket around it is a subscript, not ARRAY[…]. */
function subscripts(tokens: readonly SourceToken[]): boolean[] {
  const open: boolean[] = [];
  return tokens.map(({ text }, i) => {
    const inside = open.at(-1) ?? false;
    if (text === "[") open.push(isOperand(tokens[i - 1]));
    else if (text === "(") open.push(false);
    else if (text === ")" || text === "]") open.pop();
    return inside;
  });
}
