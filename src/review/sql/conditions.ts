import { closingOf, type Source, sourceOf, textOf } from "./source.ts";

/**
 * Whether rows that pass all of the checks are seen to pass the others as well, by their definitions as PostgreSQL prints
 * them: each alternative asks for whatever some alternative of the others asks for. What only their meaning would show, such as `a > 1` and `a > 0`, is not seen.
 */
export function implies(checks: readonly string[], others: readonly string[]): boolean {
  const [some, more] = [checks, others].map((all) => all.map(alternativesIn).reduce(both, [[]]));
  return (some ?? []).every((asked) => more?.some((less) => less.every((one) => asked.includes(one))));
}

/** What a condition asks for: one alternative or the other, each with all of its parts. */
type Alternatives = readonly (readonly string[])[];

/** Alternatives beyond which a condition is taken as one part. */
const mostAlternatives = 64;

function alternativesIn(check: string): Alternatives {
  const source = sourceOf(check, 0);
  const open = source.tokens.findIndex(({ text }) => text === "(");
  return open < 0 ? [[check]] : alternativesOf(source, open, closingOf(source, open) + 1);
}

function alternativesOf(source: Source, first: number, after: number): Alternatives {
  const { tokens } = source;
  if (tokens[first]?.text === "(" && closingOf(source, first) === after - 1)
    return alternativesOf(source, first + 1, after - 1);
  const ors = partsBetween("or", source, first, after);
  if (ors.length > 1) return ors.flatMap((part) => alternativesOf(source, part.first, part.after));
  const ands = partsBetween("and", source, first, after);
  const own: Alternatives = [[textOf(source, first, after) ?? ""]];
  if (ands.length < 2) return own;
  const all = ands.map((part) => alternativesOf(source, part.first, part.after)).reduce(both, [[]]);
  return all.length > mostAlternatives ? own : all;
}

/** The ranges of tokens between such words, on the depth of the first one. */
function partsBetween(word: string, { tokens }: Source, first: number, after: number) {
  const depth = tokens[first]?.depth;
  const parts: { first: number; after: number }[] = [];
  let start = first;
  for (let i = first; i <= after; i++) {
    const token = tokens[i];
    if (i < after && !(token?.text === word && token.depth === depth)) continue;
    parts.push({ first: start, after: i });
    start = i + 1;
  }
  return parts;
}

function both(some: Alternatives, others: Alternatives): Alternatives {
  return some.flatMap((one) => others.map((other) => [...one, ...other]));
}
