import { defineRule, type OperationContext } from "../rule.ts";
import { normaliseStatement, quoteIdentifier, quoteTable } from "../sql/names.ts";
import { say } from "../text.ts";
import type { Column, Statement, Table } from "../types.ts";

export default defineRule({
  summary: "Move the sequence on after inserting rows with numbers of their own",
  why: "Rows that bring their key do not advance the sequence behind it. The next INSERT without a key gets a number that is taken, and fails.",
  instead: "Call setval with the highest key after the INSERT.",
  // Certain for a new table as soon as a row is inserted without a key.
  severity: "warning",
  ignoreWhen: "every row of the table comes with its key.",
  sources: ["PostgreSQL documentation, section 9.17, Sequence Manipulation Functions"],
  check: {
    write({ verb, table: name, at }, context) {
      if (verb !== "insert" || !context.isNew(name)) return;
      const table = tableOf(name, context);
      const key = table?.columns.find((column) => isNumbered(table, column));
      if (!table || !key || !bringsKey(context.statement, key) || isReset(name, context)) return;
      return {
        message: say`The next INSERT into ${name} without ${key.name} fails: these rows take numbers that its sequence gives out again.`,
        instead: say`Add ${`SELECT setval(pg_get_serial_sequence('${quoteTable(name).replaceAll("'", "''")}', '${key.name.replaceAll("'", "''")}'), (SELECT max(${quoteIdentifier(key.name)}) FROM ${quoteTable(name)}))`}.`,
        at,
        object: name,
      };
    },
  },
});

function tableOf(name: string, { after, head }: OperationContext): Table | undefined {
  return [...(after?.tables ?? []), ...(head?.tables ?? [])].find((table) => table.name === name);
}

/** A single key that a sequence of its own fills in; one that is always generated refuses other values. */
function isNumbered({ indexes }: Table, { name, identity, defaultSql }: Column): boolean {
  const isFilled = identity || /^nextval\(/.test(defaultSql ?? "");
  return (
    isFilled && indexes.some(({ primary, columns }) => primary && columns.length === 1 && columns[0] === name)
  );
}

/** Whether the column is named, and given positive numbers rather than DEFAULT or the sequence's own. */
function bringsKey({ sql }: Statement, { name }: Column): boolean {
  const words = normaliseStatement(sql);
  const [, listed = ""] = /^insert into [^()]+? \( ([^()]+?) \)/.exec(words) ?? [];
  const place = listed.split(" , ").findIndex((column) => column.replaceAll('"', "") === name);
  if (place < 0) return false;
  const [, row] = /\bvalues \( (.*)$/s.exec(words) ?? [];
  if (row === undefined) return /\bselect\b/.test(words) && !/\bnextval\b/.test(words);
  const value = row.split(" , ")[place] ?? "";
  return /^\d+(?: \)| ::|$)/.test(value) && !/^0+\b/.test(value);
}

/** Anywhere in the pull request: what follows may be a file of its own. */
function isReset(table: string, { database, after }: OperationContext): boolean {
  const bare = table.slice(table.indexOf(".") + 1).toLowerCase();
  const owned = (after?.sequences ?? []).flatMap(({ name, ownedBy }) =>
    ownedBy?.table === table ? [name] : [],
  );
  return database.steps.some(({ up }) =>
    up.statements.some(({ sql }) => {
      const text = sql.toLowerCase();
      if (!/\bsetval\s*\(|\brestart\b/.test(text)) return false;
      return (
        text.includes(bare) || owned.some((name) => text.includes(name.toLowerCase())) || /^do\b/.test(text)
      );
    }),
  );
}
