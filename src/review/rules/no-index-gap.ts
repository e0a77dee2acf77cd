import { defineRule, type OperationContext } from "../rule.ts";
import { say } from "../text.ts";
import { isInTransaction } from "../transaction.ts";
import type { Index, OperationOf, TableName } from "../types.ts";

type CreateIndex = OperationOf<"createIndex">;

export default defineRule({
  summary: "Build the new index before the old one is dropped",
  why: "Between the drop and the end of the build there is no index: queries that need it read the whole table, and a unique key is not kept.",
  instead: "Create the new index under another name with CONCURRENTLY, then drop the old one.",
  // How much it hurts depends on the table's size and on the queries.
  severity: "warning",
  ignoreWhen: "the table is small, or no query needs the index.",
  sources: ["PostgreSQL documentation, section 11.1, Indexes, Introduction"],
  check: {
    dropIndex({ name, at }, context) {
      const old = indexBefore(name, context);
      if (!old || context.isNew(old.table) || hasAnother(old, context)) return;
      const next = laterIndexes(context).find((index) => isSuccessor(index, old));
      if (!next) return;
      return {
        message: say`From here until ${next.name ?? ["the new index"]} is built, queries of ${old.table} have no index on ${old.index.columns[0] ?? ["this expression"]}${old.index.unique ? [", and nothing keeps its values unique"] : []}.`,
        instead: say`Create the new index first, under another name, and drop ${name} after it.`,
        at,
        object: name,
      };
    },
  },
});

interface Old {
  readonly table: TableName;
  readonly index: Index;
}

function indexBefore(name: string, { before }: OperationContext): Old | null {
  const bare = name.slice(name.indexOf(".") + 1);
  for (const table of before?.tables ?? [])
    for (const index of table.indexes) if (index.name === bare) return { table: table.name, index };
  return null;
}

/** Another index of the table serves the same queries meanwhile; a unique one only replaces a unique one. */
function hasAnother({ table, index }: Old, { before }: OperationContext): boolean {
  const known = before?.tables.find(({ name }) => name === table)?.indexes ?? [];
  return known.some(
    (other) =>
      other.name !== index.name &&
      other.valid &&
      other.columns[0] === index.columns[0] &&
      (other.where === null || other.where === index.where) &&
      (other.unique || !index.unique),
  );
}

/** Indexes that are built after this statement; in one transaction nobody sees the gap: the table is locked instead. */
function laterIndexes({ script, statement, migration, database }: OperationContext): CreateIndex[] {
  const here = isInTransaction(script, statement) ? [] : script.statements.slice(statement.index + 1);
  const next = database.steps
    .slice(database.steps.indexOf(migration) + 1)
    .flatMap(({ up, status }) => (status === "kept" ? [] : up.statements));
  return [...here, ...next]
    .flatMap(({ operations }) => operations)
    .filter((operation) => operation.kind === "createIndex");
}

/** It serves what the old one served: its first column, by the same method. */
function isSuccessor(index: CreateIndex, { table, index: old }: Old): boolean {
  const [first] = old.columns;
  const isKnown = first !== null && first !== undefined;
  return index.table === table && isKnown && index.columns[0] === first && index.method === old.method;
}
