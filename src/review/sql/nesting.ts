import type { SourceToken } from "./source.ts";

/**
 * PostgreSQL's parser makes a deep tree also of a long chain of operators, casts, joins or UNIONs, and a recursive function
 * prints it: WebAssembly that runs out of stack half way cannot be used again. Measured on Node 20: chains of 4,000 and
 * subqueries 2,000 deep are safe.
 */
const heaviest = 3000;

/** What each open parenthesis, bracket or CASE weighs, so that about 1,000 of them are the limit. */
const weightOfLevel = 3;

/** Why a statement that is too deep is not read. */
export const tooDeep = "it is nested more than 1,000 levels deep, or chains more than 3,000 operators";

/** Whether a statement is nested too deeply to be parsed safely. Long lists, also of AND and OR, are not deep. */
export function isTooDeep(tokens: readonly SourceToken[]): boolean {
  const levels: Level[] = [];
  let level: Level = { isCase: false, chain: 0, links: 0 };
  let weight = 0;
  let operatorEnd = -1;

  function enter(isCase: boolean): void {
    levels.push(level);
    level = { isCase, chain: 0, links: 0 };
    weight += weightOfLevel;
  }

  function leave(): void {
    const outer = levels.pop();
    if (!outer) return;
    weight -= weightOfLevel + level.chain + level.links;
    level = outer;
  }

  function endChain(): void {
    weight -= level.chain;
    level.chain = 0;
  }

  for (const { kind, text, start, end } of tokens) {
    if (kind !== "symbol" && kind !== "word") continue;
    if (text === "(" || text === "[") enter(false);
    else if (text === "case") enter(true);
    else if (text === ")" || text === "]") {
      while (level.isCase) leave();
      leave();
    } else if (text === "end" && level.isCase) leave();
    else if (enders.has(text)) endChain();
    else if (linkers.has(text)) {
      level.links += 1;
      weight += 1;
    } else if (kind === "symbol" ? text !== "." && start !== operatorEnd : chainers.has(text)) {
      level.chain += 1;
      weight += 1;
    }
    if (kind === "symbol") operatorEnd = end;
    if (weight > heaviest) return true;
  }
  return false;
}

interface Level {
  readonly isCase: boolean;
  /** Operators since the chain began. */
  chain: number;
  /** Joins and set operations, which reach over commas and conditions. */
  links: number;
}

const enders = new Set([",", ";", "and", "or"]);
const linkers = new Set(["join", "union", "intersect", "except"]);
/** Operators that are written as words, by one word of each. */
const chainers = new Set(
  "not is isnull notnull collate at like ilike similar between in operator overlaps".split(" "),
);
