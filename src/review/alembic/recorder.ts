import type { Decision } from "../code/python-completions.ts";
import { type PythonString, stringOf } from "../code/python-values.ts";
import type { Condition, Rebuild, Span } from "../types.ts";
import type { Step } from "./batches.ts";
import { Unreadable } from "./unreadable.ts";

/** SQL that a call sends, with the call's place; the SQL's own characters have theirs where it is written out in the file. */
export interface Sent {
  readonly sql: PythonString;
  readonly at: Span;
  /** Its position among all that the function does. */
  readonly order: number;
  /** COMMIT or BEGIN around an `autocommit_block()`. */
  readonly isBlock: boolean;
  /** Where the table is copied instead. */
  readonly rebuild: Rebuild | null;
  /** What the database has to answer for it, outermost first. */
  readonly path: readonly Decision[];
}

export interface NotFollowed {
  readonly at: Span;
  readonly reason: string;
  /** SQL that says what is known of it all the same. */
  readonly outline: readonly string[];
  /** Whether Alembic itself fails there. */
  readonly isFailure: boolean;
  readonly order: number;
  readonly path: readonly Decision[];
}

type Sendable = string | PythonString | Step;

interface Surroundings {
  /** Why what is done now is done, outermost first. */
  path(): readonly Decision[];
  /** What follows is done only where a condition holds. Answers what ends that. */
  under(decision: Decision): () => void;
  /** Where something stands in this file. */
  placed(at: Span): Span;
}

/** Keeps what a function sends, in order, and what of it cannot be followed. */
export function recorderOf({ path: pathNow, under, placed }: Surroundings) {
  const sent: Sent[] = [];
  const skipped: NotFollowed[] = [];
  /** Where the batches that are open begin, and what in them is done otherwise where the table is copied. */
  const batches: number[] = [];
  const copies = new Map<number, Rebuild>();
  let tried = 0;
  let touched = false;
  let effects = 0;
  /** Tables made where it is not known whether that is run: where it is, they are new. */
  let perhaps: string[] = [];

  function skip(at: Span, reason: string, outline: readonly string[] = [], isFailure = false): void {
    effects += 1;
    if (tried > 0) {
      touched = true;
      return;
    }
    const order = sent.length + skipped.length;
    const known = [...perhaps, ...outline];
    skipped.push({ at: placed(at), reason, outline: known, isFailure, order, path: pathNow() });
    perhaps = [];
  }

  function send(at: Span, statements: readonly Sendable[], isBlock = false): void {
    effects += statements.length;
    if (tried > 0) {
      touched ||= statements.length > 0;
      return;
    }
    for (const one of statements) {
      const step = typeof one === "object" && "rebuild" in one ? one : null;
      const sql = typeof one === "object" && "rebuild" in one ? one.sql : one;
      if (step?.otherwise) copies.set(sent.length, step.otherwise);
      sent.push({
        sql: typeof sql === "string" ? stringOf(sql) : sql,
        at: placed(at),
        isBlock,
        rebuild: step?.rebuild ?? null,
        order: sent.length + skipped.length,
        path: pathNow(),
      });
    }
  }

  return {
    sent,
    skipped,
    skip,
    send,
    /** How much was done so far. */
    order: () => sent.length + skipped.length,
    /** How much of it, and of what was only tried, reaches the database. */
    effects: () => effects,
    /** Whether what is done now is only tried: it may not run. */
    isTrying: () => tried > 0,
    /** A table that is made if what is tried runs. */
    mayMake(outline: readonly string[]): void {
      if (tried > 0) perhaps.push(...outline);
    },
    /** Sends what can be rendered; says why it cannot, and without what there is nothing to send. */
    attempt(at: Span, render: () => readonly Sendable[], needs: Condition | null = null): void {
      if (tried > 0) {
        effects += 1;
        touched = true;
        return;
      }
      perhaps = [];
      try {
        send(at, render());
      } catch (error) {
        if (!(error instanceof Unreadable)) throw error;
        const leave = needs && under({ condition: needs, at: placed(at), isOpposite: false });
        skip(at, error.message, error.outline, error.isFailure);
        leave?.();
      }
    },
    /** Tries something; whether it would have had an effect. */
    speculate(action: () => void): boolean {
      const before = touched;
      touched = false;
      tried += 1;
      action();
      tried -= 1;
      const found = touched;
      touched = tried > 0 ? before || found : before;
      return found;
    },
    beginBatch: () => void batches.push(sent.length),
    /** A table that is copied for one thing is copied for all: between the indexes that go and those that come. */
    endBatch(): void {
      const start = batches.pop() ?? sent.length;
      const own = sent
        .slice(start)
        .map((one, i) => ({ ...one, rebuild: copies.get(start + i) ?? one.rebuild }));
      if (!sent.slice(start).some(({ rebuild }) => rebuild)) return;
      const placeOf = ({ sql, path }: Sent) => {
        if (path.length !== own[0]?.path.length) return 1;
        if (/^DROP INDEX /.test(sql.value)) return 0;
        return /^CREATE (UNIQUE )?INDEX /.test(sql.value) ? 2 : 1;
      };
      const inOrder = own.toSorted((a, b) => placeOf(a) - placeOf(b));
      sent.splice(
        start,
        own.length,
        ...inOrder.map((one, i) => ({ ...one, order: own[i]?.order ?? one.order })),
      );
    },
  };
}
