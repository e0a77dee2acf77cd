import { type Source, type SourceToken, sourceOf, textOf, wordIn } from "./source.ts";

/** The queries of a DO block over whose rows a loop goes that runs statements: `FOR r IN SELECT … LOOP … END LOOP`. */
export function loopQueries(sql: string): readonly string[] {
  const body = /\bloop\b/i.test(sql) ? bodyOf(sql) : null;
  if (body === null) return [];
  const source = sourceOf(body, 0);
  return source.tokens.flatMap((_, at) => {
    const first = queryOf(source, at);
    const loop = first === null ? null : wordIn(source, "loop", first, source.tokens.length);
    if (first === null || loop === null || !runsStatements(source, loop)) return [];
    return textOf(source, first, loop) ?? [];
  });
}

/** In dollar quotes, where nothing is escaped; null for another language than PL/pgSQL. */
function bodyOf(sql: string): string | null {
  const { tokens } = sourceOf(sql, 0);
  const language = tokens.findIndex(({ text }) => text === "language");
  const body = tokens.find(({ kind, start }) => kind === "string" && sql[start] === "$");
  if (tokens[0]?.text !== "do" || !body) return null;
  if (language >= 0 && tokens[language + 1]?.text !== "plpgsql") return null;
  return /^(\$\w*\$)([\s\S]*)\1$/.exec(sql.slice(body.start, body.end))?.[2] ?? null;
}

/** Index of the token with which the query begins of a loop whose FOR stands at `at`; null where none does. */
function queryOf({ tokens }: Source, at: number): number | null {
  if (tokens[at]?.text !== "for") return null;
  let after = at + 1;
  while (isTarget(tokens[after])) after += 1;
  const isQuery = after > at + 1 && tokens[after]?.text === "in" && begins.has(tokens[after + 1]?.text ?? "");
  return isQuery ? after + 1 : null;
}

const begins: ReadonlySet<string> = new Set(["select", "with", "values"]);

/** A part of `r`, `a, b` or `new.a`, into which a row goes. */
function isTarget(token: SourceToken | undefined): boolean {
  if (!token || token.text === "in") return false;
  return token.kind === "word" || token.kind === "quoted" || token.text === "," || token.text === ".";
}

const changing: ReadonlySet<string> = new Set(
  "execute perform call insert update delete merge truncate create alter drop grant revoke comment refresh".split(
    " ",
  ),
);

/** Whether what stands between LOOP and its END LOOP runs anything but assignments and messages. */
function runsStatements({ tokens }: Source, loop: number): boolean {
  for (let at = loop + 1, open = 1; at < tokens.length; at += 1) {
    const text = tokens[at]?.text ?? "";
    if (changing.has(text)) return true;
    if (text === "loop") open += tokens[at - 1]?.text === "end" ? -1 : 1;
    if (open === 0) return false;
  }
  return false;
}
