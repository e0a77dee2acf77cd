import type { Condition, Guard, Statement } from "../review/types.ts";

/** What a query of one value came to; an error where the database refused it. */
export type Reply<Refusal> = { readonly value: string | null } | { readonly error: Refusal };

/** Whether a statement is run: its guard holds, does not, or cannot be judged because a question was refused. */
export type Due<Refusal> = "due" | { readonly words: string } | { readonly error: Refusal };

/**
 * What a script asks the database while it runs: each question once, when the script comes to it, and only where the script
 * itself would ask it.
 */
export interface Asking<Refusal> {
  /** Asks what a statement asks first, and says whether it is run. */
  reach(statement: Pick<Statement, "asks" | "guard">): Promise<Due<Refusal>>;
}

/** Begins to follow one run of a script. */
export function asking<Refusal>(ask: (sql: string) => Promise<Reply<Refusal>>): Asking<Refusal> {
  const answers = new Map<string, Reply<Refusal>>();

  /** null: it depends on what could not be asked. */
  function holds(condition: Condition): boolean | null {
    switch (condition.kind) {
      case "answer": {
        const reply = answers.get(condition.question);
        return reply && "value" in reply ? isTrue(reply.value) : null;
      }
      case "not": {
        const inner = holds(condition.of);
        return inner === null ? null : !inner;
      }
      case "all":
      case "any": {
        const decisive = condition.kind === "any";
        const parts = condition.of.map(holds);
        if (parts.includes(decisive)) return decisive;
        return parts.includes(null) ? null : !decisive;
      }
    }
  }

  function judged(guard: Guard): Due<Refusal> {
    const isDue = holds(guard.condition);
    if (isDue !== null) return isDue ? "due" : { words: guard.words };
    const error = [...answers.values()].flatMap((reply) => ("error" in reply ? [reply.error] : []))[0];
    return error === undefined ? { words: guard.words } : { error };
  }

  return {
    async reach({ asks, guard }) {
      for (const { id, sql, when } of asks) {
        if (!answers.has(id) && (when === null || holds(when) === true)) answers.set(id, await ask(sql));
      }
      return guard === null ? "due" : judged(guard);
    },
  };
}

/** PostgreSQL writes true as `t`, SQLite as `1`. */
function isTrue(value: string | null): boolean {
  return value === "t" || value === "1";
}
