import type { AddedColumn, AddedConstraint, AddedIndex, Additions } from "./additions.ts";
import { bookkeeping, keyName } from "./additions.ts";
import { asModelled } from "./as-modelled.ts";
import { builtModels, type ModelSide } from "./built-models.ts";
import { stands } from "./drift.ts";
import type { Declared, Remedy } from "./orm.ts";
import { orms } from "./orms/index.ts";
import { say } from "./text.ts";
import type {
  Column,
  Constraint,
  Database,
  DryRun,
  Fix,
  Index,
  Problem,
  Schema,
  Table,
  Text,
} from "./types.ts";

/** What models add and no migration brings, and how it is spoken of. */
export interface ModelAdditions {
  readonly added: Additions;
  /** What there was before: what the base side's models and migrations build. */
  readonly base: Schema;
  /** What there will be once the migrations follow. */
  readonly head: Schema;
  /** A rule's answer in the words of the ORM. */
  express(problem: Problem, rule: { readonly instead: string }): Problem;
}

/**
 * What the models of the head side build, and neither those of the base side nor any migration does. Only what is certain: of
 * a table that is not understood in full, on either side, nothing is said. null where nothing can be told.
 */
export function modelAdditionsOf(database: Database, dryRun: DryRun): ModelAdditions | null {
  const { models } = database;
  const orm = models && orms[models.orm];
  const [base, head] = [builtModels(database, dryRun, "base"), builtModels(database, dryRun, "head")];
  if (!orm || !base || !head || dryRun.history.failed.length > 0) return null;
  const run = asModelled(dryRun, [base.schema, head.schema]);
  const { declarations } = head;
  const hasMigrations = !models?.isPushed;
  const added = additionsIn(base, head, run.head, hasMigrations);
  return {
    added: { ...added, by: { kind: "models", declarations } },
    base: { ...run.base, tables: [...run.base.tables, ...without(base.schema.tables, run.base.tables)] },
    head: added.after,
    express: (problem, { instead }) => {
      const remedy = problem.wanted ? orm.remedyFor(problem.wanted, models.head, declarations.find) : null;
      return expressed(problem, instead, remedy);
    },
  };
}

function additionsIn(
  { schema: old, declarations: before }: ModelSide,
  { schema: model, declarations: now }: ModelSide,
  built: Schema,
  hasMigrations: boolean,
): Omit<Additions, "by"> {
  // What the model leaves to conventions, migrations may do otherwise.
  const isSaid = (object: string, what: Declared["unsaid"][number]) =>
    !hasMigrations || !now.find(object)?.unsaid.includes(what);
  const views = new Set(built.views.map(({ name }) => name));
  const merged = new Map(built.tables.map((table) => [table.name, table]));
  const tables: Table[] = [];
  const columns: AddedColumn[] = [];
  const indexes: AddedIndex[] = [];
  const constraints: AddedConstraint[] = [];
  for (const [i, own] of model.tables.entries()) {
    const { name } = own;
    if (views.has(name) || bookkeeping.test(name) || now.isPartial(name) || before.isPartial(name)) continue;
    const there = merged.get(name);
    const known = [there, old.tables.find((table) => table.name === name)].filter(
      (table) => table !== undefined,
    );
    // What the base side declares and could not be read is not new.
    if (known.length === 0 && before.find(name) !== null) continue;
    const table = there ? mergedTable(there, own, known) : { ...own, oid: -1 - i };
    merged.set(name, table);
    if (known.length === 0) tables.push(table);
    columns.push(
      ...table.columns
        .filter((column) => own.columns.includes(column) && !known.some((one) => hasColumn(one, column)))
        .filter((column) => isSaid(`${name}.${column.name}`, "type"))
        .map((column) => ({ table, column })),
    );
    indexes.push(
      ...table.indexes
        .filter((index) => own.indexes.includes(index) && !known.some((one) => hasIndex(one, index)))
        .map((index) => ({ table, index })),
    );
    constraints.push(
      ...table.constraints
        .filter((one) => own.constraints.includes(one) && !known.some((other) => hasConstraint(other, one)))
        .filter((one) => one.kind !== "foreign-key" || isSaid(keyName(name, one.columns), "foreign key"))
        .map((constraint) => ({ table, constraint })),
    );
  }
  return { after: { ...built, tables: [...merged.values()] }, tables, columns, indexes, constraints };
}

/** The table as it will be once the migrations follow: what they brought, and what only the model has. */
function mergedTable(there: Table, own: Table, known: readonly Table[]): Table {
  const changed = own.columns.filter(
    (column) =>
      !known.some((table) => hasColumn(table, column)) &&
      there.columns.some(({ name }) => name === column.name),
  );
  return {
    ...there,
    columns: [
      ...there.columns.map((column) => changed.find(({ name }) => name === column.name) ?? column),
      ...own.columns.filter(({ name }) => !there.columns.some((column) => column.name === name)),
    ],
    indexes: [...there.indexes, ...own.indexes.filter((index) => !hasIndex(there, index))],
    constraints: [...there.constraints, ...own.constraints.filter((one) => !hasConstraint(there, one))],
  };
}

function hasColumn({ columns }: Table, { name, type }: Column): boolean {
  return columns.some((column) => column.name === name && column.type === type);
}

function hasIndex({ indexes }: Table, index: Index): boolean {
  return indexes.some((other) => other.unique === index.unique && stands(other, index));
}

function hasConstraint({ constraints }: Table, { kind, columns, references }: Constraint): boolean {
  return constraints.some(
    (other) =>
      other.kind === kind &&
      other.columns.join() === columns.join() &&
      other.references?.table === references?.table,
  );
}

function without(tables: readonly Table[], known: readonly Table[]): readonly Table[] {
  return tables.filter(({ name }) => !known.some((table) => table.name === name));
}

/** With the rule's general advice, and how the ORM writes it. */
function expressed(problem: Problem, instead: string, remedy: Remedy | null): Problem {
  const evidence = [...(problem.evidence ?? []), seen];
  if (!problem.wanted) return { ...problem, evidence, fix: null };
  const advice: Text = (problem.wanted.kind === "absent" && problem.instead) || [instead];
  if (!remedy) return { ...problem, evidence, instead: advice, fix: null };
  return {
    ...problem,
    evidence,
    instead: [...advice, " In the model: ", { code: remedy.words }, "."],
    fix: fixOf(remedy.edits),
  };
}

const seen: Text = say`observed: the models of both sides were built in the sandbox, and no migration brings this`;

function fixOf(edits: Fix["edits"] | null): Fix | null {
  return edits && { title: "Declare it in the model", edits, followUp: null };
}
