import { both, type Decision, either, opposite } from "../code/python-completions.ts";
import { compare } from "../code/python-operators.ts";
import { describe } from "../code/python-run.ts";
import { type PythonCall, type PythonValue, pathOf, truthOf } from "../code/python-values.ts";
import type { Condition, Dialect, Question } from "../types.ts";
import { askedSql } from "./asked.ts";
import { Unreadable } from "./unreadable.ts";

/** A question, and how much of what the function does comes before it. */
export interface Placed {
  readonly question: Question;
  readonly order: number;
}

interface Asker {
  readonly dialect: Dialect;
  /** How much the function did so far. */
  order(): number;
  /** The one SELECT that a call sends; null when it sends none, or something else. */
  queryOf(call: PythonCall): string | null;
  /** One that has rows wherever that one has some. */
  widerQueryOf(call: PythonCall): string | null;
}

/** When the database was called, and where. */
interface Moment {
  readonly order: number;
  readonly when: Condition | null;
}

/** What a function asks the database, and what it does by the answers. */
export function questionsBy({ dialect, order, queryOf, widerQueryOf }: Asker) {
  const path: Decision[] = [];
  const moments = new Map<PythonCall, Moment>();
  /** An inspector remembers what it was told (SQLAlchemy, "Fine Grained Reflection with Inspector"). */
  const remembered = new Map<PythonValue, Map<string, Moment>>();
  const placed: Placed[] = [];

  function here(): Condition | null {
    return path.length === 0 ? null : path.map(({ condition }) => condition).reduce(both);
  }

  function conditionIn(value: PythonValue, query: Asker["queryOf"]): Condition {
    const conditionOf = (part: PythonValue): Condition => conditionIn(part, query);
    const truth = truthOf(value);
    if (truth !== null) return { kind: truth ? "all" : "any", of: [] };
    if (value.kind === "choice")
      return either(
        both(value.condition, conditionOf(value.body)),
        both(opposite(value.condition), conditionOf(value.otherwise)),
      );
    if (value.kind === "operation") {
      const { operator, left, right } = value;
      if (operator === "not") return opposite(conditionOf(right));
      if (left !== null && operator === "and") return both(conditionOf(left), conditionOf(right));
      if (left !== null && operator === "or") return either(conditionOf(left), conditionOf(right));
      for (const [side, other] of [
        [left, right],
        [right, left],
      ] as const) {
        if (side?.kind !== "choice" || other === null) continue;
        const compared = (one: PythonValue) =>
          side === left ? compare(operator, one, right) : compare(operator, other, one);
        return conditionOf({ ...side, body: compared(side.body), otherwise: compared(side.otherwise) });
      }
    }
    const [first] = value.kind === "call" ? value.args.positional : [];
    if (first && value.kind === "call" && pathOf(value.callee) === "builtins.bool") return conditionOf(first);
    return answerTo(value, query);
  }

  function answerTo(value: PythonValue, query: Asker["queryOf"]): Condition {
    const calls: PythonCall[] = [];
    const sql = `SELECT ${askedSql(value, { dialect, queryOf: query, leans: (call) => void calls.push(call) })}`;
    const at = calls.map((call) => moments.get(call));
    const [first] = at;
    if (!first || at.some((one) => one?.order !== first.order))
      throw new Unreadable("it is asked at several times");
    const known = placed.find(({ question, order: place }) => question.sql === sql && place === first.order);
    if (known) return { kind: "answer", question: known.question.id };
    const question = { id: `q${placed.length + 1}`, sql, when: first.when };
    placed.push({ question, order: first.order });
    return { kind: "answer", question: question.id };
  }

  return {
    /** The database is called now. */
    called(call: PythonCall): void {
      const now = { order: order(), when: here() };
      const { callee, args } = call;
      if (callee.kind !== "attribute" || !/^get_/.test(callee.name)) {
        moments.set(call, now);
        return;
      }
      const key = JSON.stringify([
        callee.name,
        ...args.positional.map(describe),
        ...[...args.named.values()].map(describe),
      ]);
      const known = remembered.get(callee.object) ?? new Map<string, Moment>();
      remembered.set(callee.object, known);
      known.set(key, known.get(key) ?? now);
      moments.set(call, known.get(key) ?? now);
    },
    /** The condition that a value is; null where the database cannot be asked for it. */
    decide: (value: PythonValue): Condition | null => attempt(() => conditionIn(value, queryOf)),
    /** A condition without which something has no items. */
    mayHave: (list: PythonValue): Condition | null =>
      attempt(() => conditionIn(list, queryOf)) ?? attempt(() => conditionIn(list, widerQueryOf)),
    under(decision: Decision): () => void {
      path.push(decision);
      return () => void path.pop();
    },
    /** Why what is done now is done, outermost first. */
    path: (): readonly Decision[] => [...path],
    placed: (): readonly Placed[] => placed,
  };
}

function attempt(work: () => Condition): Condition | null {
  try {
    return work();
  } catch (error) {
    if (error instanceof Unreadable) return null;
    throw error;
  }
}
