import { isInTransaction } from "./transaction.ts";
import type { Database, Migration, OperationOf, Script, Statement } from "./types.ts";

/** A setting that an earlier statement made, and that still holds. */
export interface InEffect {
  readonly value: string;
  readonly by: Statement;
  readonly migration: Migration;
}

/**
 * What holds for a setting when a statement begins, as far as the migrations that the pull request adds say: tools run them
 * one after the other in one session, in which SET lasts and SET LOCAL ends with its transaction (documentation, SET).
 */
export function inEffect(
  name: string,
  statement: Statement,
  migration: Migration,
  { steps }: Database,
): InEffect | null {
  let session: InEffect | null = null;
  for (const step of stepsUpTo(migration, steps)) {
    let local: InEffect | null = null;
    for (const one of step.up.statements) {
      if (step === migration && one === statement) return local ?? session;
      for (const setting of settingsOf(one, name)) {
        const made = isDefault(setting) ? null : { value: setting.value, by: one, migration: step };
        if (!setting.local) session = made;
        if (setting.local && isInTransaction(step.up, one)) local = made;
        if (!setting.local) local = null;
      }
      if (endsTransaction(one) || !isInTransaction(step.up, one)) local = null;
    }
  }
  return null;
}

/** The statements of a script that change a setting. */
export function settingsIn(
  script: Script,
  name: string,
): { statement: Statement; setting: OperationOf<"set"> }[] {
  return script.statements.flatMap((statement) =>
    settingsOf(statement, name).map((setting) => ({ statement, setting })),
  );
}

/** Whether it puts the server's own value back. */
export function isDefault({ value }: OperationOf<"set">): boolean {
  return value.toUpperCase() === "DEFAULT";
}

/** A time as PostgreSQL reads it (documentation, section 19.1.1), in milliseconds; null when it is none. */
export function millisecondsOf(value: string): number | null {
  const match = /^\s*(\d+(?:\.\d+)?)\s*(us|ms|s|min|h|d)?\s*$/.exec(value);
  if (!match) return null;
  return Number(match[1]) * (units[match[2] ?? "ms"] ?? 1);
}

const units: Readonly<Record<string, number>> = {
  us: 0.001,
  ms: 1,
  s: 1000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** RESET ALL counts for every setting. */
function settingsOf({ operations }: Statement, name: string): OperationOf<"set">[] {
  return operations.flatMap((one) =>
    one.kind === "set" && (one.name.toLowerCase() === name || one.name === "all") ? [one] : [],
  );
}

/** The run of new migrations that ends with this one: those that are there already have run in another session. */
function stepsUpTo(migration: Migration, steps: readonly Migration[]): readonly Migration[] {
  const end = steps.indexOf(migration) + 1;
  const start = steps.slice(0, end).findLastIndex(({ status }) => status !== "added");
  return steps.slice(start === end - 1 ? start : start + 1, end);
}

function endsTransaction({ operations }: Statement): boolean {
  return operations.some(
    (one) => one.kind === "transaction" && (one.verb === "commit" || one.verb === "rollback"),
  );
}
