import type { Condition, Span } from "../types.ts";
import type { PythonStatement } from "./python-tree.ts";
import { none, type PythonValue } from "./python-values.ts";

/** How a block of statements ended. */
export type Completion = End | Fork;

type End =
  | { readonly kind: "next" | "break" | "continue" | "stopped" }
  | { readonly kind: "return"; readonly value: PythonValue }
  | { readonly kind: "raise"; readonly value: PythonValue; readonly statement: PythonStatement };

/** A condition, and what stands for it in the file. */
export interface Decision {
  readonly condition: Condition;
  readonly at: Span;
  /** Whether the condition is that the words do not hold. */
  readonly isOpposite: boolean;
}

/** It ended in one of two ways, by what the outside answers when it runs. */
interface Fork extends Decision {
  readonly kind: "fork";
  readonly body: Completion;
  readonly otherwise: Completion;
}

export type EndKind = End["kind"];

export const next: Completion = { kind: "next" };

/** Two ways to end; one where they are the same. */
export function fork(decision: Decision, body: Completion, otherwise: Completion): Completion {
  const isSame = body === otherwise || (body.kind === "next" && otherwise.kind === "next");
  return isSame ? body : { ...decision, kind: "fork", body, otherwise };
}

/** Whether it may end in one of these ways. */
export function mayEnd(completion: Completion, kinds: readonly EndKind[]): boolean {
  if (completion.kind !== "fork") return kinds.includes(completion.kind);
  return mayEnd(completion.body, kinds) || mayEnd(completion.otherwise, kinds);
}

/** When it ends in one of these ways, in the words of what decided it first. */
export function deciding(completion: Completion, kinds: readonly EndKind[]): Decision {
  const condition = whenEnds(completion, kinds);
  if (completion.kind !== "fork") return { condition, at: { start: 0, end: 0 }, isOpposite: false };
  const isOpposite = completion.isOpposite !== !mayEnd(completion.body, kinds);
  return { condition, at: completion.at, isOpposite };
}

function whenEnds(completion: Completion, kinds: readonly EndKind[]): Condition {
  if (completion.kind !== "fork") return { kind: kinds.includes(completion.kind) ? "all" : "any", of: [] };
  const { condition, body, otherwise } = completion;
  return either(
    both(condition, whenEnds(body, kinds)),
    both(opposite(condition), whenEnds(otherwise, kinds)),
  );
}

/** The same with each end replaced. */
export function replaced(completion: Completion, by: (end: EndKind) => Completion | null): Completion {
  if (completion.kind !== "fork") return by(completion.kind) ?? completion;
  return fork(completion, replaced(completion.body, by), replaced(completion.otherwise, by));
}

/** Exceptions that may end it, each with when that is. */
export function raisesIn(
  completion: Completion,
  when: Decision | null = null,
): { readonly when: Decision | null; readonly end: Extract<End, { kind: "raise" }> }[] {
  if (completion.kind === "raise") return [{ when, end: completion }];
  if (completion.kind !== "fork") return [];
  const { condition, at, isOpposite, body, otherwise } = completion;
  const first = { condition: when ? both(when.condition, condition) : condition, at, isOpposite };
  const against = opposite(condition);
  const second = {
    condition: when ? both(when.condition, against) : against,
    at,
    isOpposite: !isOpposite,
  };
  return [...raisesIn(body, first), ...raisesIn(otherwise, second)];
}

/** What a function gives that ends so. */
export function givenBy(completion: Completion): PythonValue {
  if (completion.kind === "return") return completion.value;
  if (completion.kind !== "fork") return none;
  const { condition } = completion;
  const [body, otherwise] = [givenBy(completion.body), givenBy(completion.otherwise)];
  return body === otherwise ? body : { kind: "choice", condition, body, otherwise };
}

/** Whether nothing is needed for it. */
export function isAlways(condition: Condition): boolean {
  return condition.kind === "all" && condition.of.length === 0;
}

function isNever(condition: Condition): boolean {
  return condition.kind === "any" && condition.of.length === 0;
}

/** The condition that does not hold where this one does. */
export function opposite(condition: Condition): Condition {
  if (condition.kind === "not") return condition.of;
  if (isAlways(condition)) return { kind: "any", of: [] };
  if (isNever(condition)) return { kind: "all", of: [] };
  return { kind: "not", of: condition };
}

/** Both hold. */
export function both(a: Condition, b: Condition): Condition {
  if (isAlways(a) || isNever(b)) return b;
  if (isAlways(b) || isNever(a)) return a;
  return { kind: "all", of: [a, b] };
}

/** One of them holds. */
export function either(a: Condition, b: Condition): Condition {
  return opposite(both(opposite(a), opposite(b)));
}
