import { noLongerUsed, stillUsed } from "../contracts.ts";
import { ranOf, tableBefore } from "../observed.ts";
import { isTableReplaced } from "../replaced.ts";
import { defineRule, type OperationContext } from "../rule.ts";
import { dropTableSequence } from "../sequences/table.ts";
import { say } from "../text.ts";
import type { TableName, Text } from "../types.ts";
import { failing, stillMapped } from "../uses.ts";

export default defineRule({
  summary: "Drop a table only after no running code uses it",
  why: "Statements that name the table fail at once, and its rows are gone: no down migration brings them back. Tables that are tied to it by a foreign key are locked as well.",
  instead:
    "First release code that no longer uses the table; rename it for a while, or keep a copy, before it is dropped.",
  // Dropping is what the author asked for; whether it is too early depends on code that is not seen here.
  severity: "warning",
  dialects: ["postgresql", "sqlite"],
  ignoreWhen: "the release before this one no longer used the table, and its rows are not needed.",
  sources: [
    "PostgreSQL documentation, DROP TABLE",
    "PostgreSQL documentation, section 5.15, Dependency Tracking",
  ],
  check: {
    dropTable({ table, ifExists, at }, context) {
      if (context.isNew(table)) return;
      const before = tableBefore(context, table);
      if (ifExists && context.before && !before) return;
      const former = context.formerName(table);
      // Where the statement did not run, the schema has the table still.
      const seen = ranOf(context) ? context : { ...context, after: null };
      if (isTableReplaced(former, seen.after, context.script)) return;
      const partition = before?.kind === "partition";
      const used = { kind: "table", table: former } as const;
      const [uses, contract] = [context.uses(used), context.contract(used)];
      const unused = partition ? null : noLongerUsed(uses, contract);
      const isTold = former !== table || partition || isThere(table, seen);
      return {
        message: unused
          ? [
              ...(isForeign(context)
                ? say`Dropping ${table} leaves its rows where they are.`
                : say`Dropping ${table} loses its rows.`),
              ...unused,
            ]
          : [
              ...messageOf(table, former, partition, seen),
              ...((isTold ? null : stillUsed(uses, contract)) ?? []),
            ],
        evidence: [...locksElsewhere(table, context), ...failing(uses)],
        ...(unused && { severity: "info" }),
        instead: unused
          ? say`See that no SQL in the code names ${table}, and keep a copy if the rows may be needed.`
          : say`Release code that no longer uses ${table} first, keep a copy if the rows may be needed, and drop it in the release after it.`,
        at,
        object: table,
        sequence: former === table && !unused ? sequenceFor(table, context) : null,
      };
    },
    // What a block or a function did is seen, not read.
    other({ at }, context) {
      return droppedBy(context).map((table) => ({
        message: say`What this statement runs drops ${table}: its rows are lost, and running code that still uses it breaks.${stillMapped(context.uses({ kind: "table", table: context.formerName(table) })) ?? []}`,
        evidence: [say`observed: ${table} is gone after the migration`],
        at,
        object: table,
      }));
    },
    modelChange({ kind, table, after }, { push }) {
      if (kind !== "table" || after !== null || !push.drops) return;
      return {
        message: say`${[push.title]} drops ${table} with its rows, which is gone from the models: ${push.drops}. Running code that still uses it fails from then on.`,
        evidence: [
          say`observed: the models of both sides were built in the sandbox: only the base side's have it`,
        ],
        instead: say`Release code that no longer uses ${table} first, keep a copy if the rows may be needed, and take the model away in the release after it.`,
        object: table,
      };
    },
  },
});

/** Tables that are gone after the migration, that no statement of it names, and that this one locked. */
function droppedBy({ run, statement, before, after, script, isNew }: OperationContext): TableName[] {
  if (run?.outcome.kind !== "ran" || !before || !after) return [];
  if (!statement.operations.every(({ kind }) => kind === "other")) return [];
  const named = script.statements.flatMap(({ operations }) =>
    operations.flatMap((one) => ("table" in one ? [one.table] : [])),
  );
  return before.tables
    .filter(({ oid, name }) => !after.tables.some((table) => table.oid === oid) && !isNew(name))
    .map(({ name }) => name)
    .filter(
      (name) =>
        !named.includes(name) &&
        run.locks.some(({ relation, mode }) => relation === name && mode === "ACCESS EXCLUSIVE"),
    );
}

/** Put aside first, then dropped: the author's own down builds it again. */
function sequenceFor(table: TableName, { migration, database, before }: OperationContext) {
  const { up, down } = migration;
  const isTable = tableKind.has(before?.tables.find(({ name }) => name === table)?.kind ?? "");
  if (!down || !isTable || database.dialect !== "postgresql" || up.statements.length > 1) return null;
  return dropTableSequence(
    table,
    down.statements.map(({ sql }) => sql),
  );
}

const tableKind = new Set(["table", "partitioned"]);

function messageOf(table: TableName, former: TableName, partition: boolean, context: OperationContext): Text {
  const { after } = context;
  if (isForeign(context)) return say`Dropping ${table} breaks running code that still uses it.`;
  if (partition) return say`Dropping the partition ${table} loses its rows.`;
  // The rename is what breaks running code, and a finding of its own.
  if (former !== table) return say`Dropping ${table}, until now ${former}, loses its rows.`;
  if (isThere(table, { after }))
    return say`Dropping ${table} loses its rows: the table that takes its name starts empty.`;
  return say`Dropping ${table} loses its rows and breaks running code that still uses it.`;
}

/** A foreign table has no rows of its own. */
function isForeign({ statement }: OperationContext): boolean {
  return /^\s*DROP\s+FOREIGN\b/i.test(statement.sql);
}

function isThere(table: TableName, { after }: Pick<OperationContext, "after">): boolean {
  return after?.tables.some(({ name }) => name === table) ?? false;
}

/** DROP TABLE locks the tables that its foreign keys point to as well. */
function locksElsewhere(table: string, context: OperationContext): Text[] {
  const dropped = context.statement.operations.flatMap((operation) =>
    operation.kind === "dropTable" ? [operation.table] : [],
  );
  const locks = ranOf(context)?.locks ?? [];
  return locks
    .filter((lock) => lock.kind === "table" && !lock.isNew && ![table, ...dropped].includes(lock.relation))
    .map(({ mode, relation, source }) => say`${[source]}: ${[mode]} lock on ${relation}`);
}
