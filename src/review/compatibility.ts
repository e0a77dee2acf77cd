import { asModelled } from "./as-modelled.ts";
import { isComplete } from "./births.ts";
import { builtModels, type ModelSide } from "./built-models.ts";
import { isSettled } from "./statement-run.ts";
import { say } from "./text.ts";
import { isOtherFamily } from "./type-families.ts";
import type {
  Break,
  ChangeSet,
  Column,
  Compatibility,
  Database,
  DryRun,
  Operation,
  PlanOutcome,
  Schema,
  Table,
  TableName,
  Text,
} from "./types.ts";

/**
 * What of each side's code does not fit the schema of the other side: the base side's models and annotated queries on the
 * schema that the change leaves, as long as old code runs; the head side's on the schema before it, if the code is deployed
 * before the migrations. Only what the migrations make or take away is told: where code and schema of one side part, that is
 * drift. Null where nothing is known: no models and no queries, models that were not built, or a run that is not complete.
 */
export function compatibilityOf(
  changes: ChangeSet,
  database: Database,
  run: DryRun | null,
): Compatibility | null {
  if (!run || !isComplete(run) || database.steps.length === 0) return null;
  // The first migrations of all, or all of them put together anew: what was there before is not known.
  if (database.history.length === 0) return null;
  // What an edited migration builds, and what runs after a new one, stands on the base side and not in the base schema.
  if (!database.steps.every(({ status }) => status === "added")) return null;
  const scripts = run.migrations.map(({ up }) => up);
  if (!scripts.every(({ statements }) => statements.every(({ outcome }) => isSettled(outcome)))) return null;
  const [base, head] = [builtModels(database, run, "base"), builtModels(database, run, "head")];
  if (database.models && !(base && head)) return null;
  const queries = queriesOf(changes, run);
  if (!database.models && queries.seen === 0) return null;
  const operations = database.steps.flatMap(({ up }) => up.statements.flatMap((one) => one.operations));
  const seen = asModelled(
    run,
    [base, head].flatMap((side) => side?.schema ?? []),
  );
  const old = { from: seen.base, to: seen.head, operations };
  return {
    oldCode: [...(base ? modelBreaks(base, old, oldWords) : []), ...queries.oldCode],
    newCode: [
      ...(head ? modelBreaks(head, { ...old, from: seen.head, to: seen.base }, newWords) : []),
      ...queries.newCode,
    ],
    isAllOld: (base === null || isWhole(base, old)) && queries.isAllOld,
    isAllNew: (head === null || isWhole(head, old)) && queries.isAllNew,
    models: head?.files ?? [],
    queries: queries.seen,
  };
}

/** From the schema that the code was made for to the one that it meets. */
interface Move {
  readonly from: Schema;
  readonly to: Schema;
  readonly operations: readonly Operation[];
}

/** How a break is told: the old code loses something, the new code has something too early. */
interface Words {
  gone(object: string, move: Move): Text;
  type(object: string, from: string, to: string): Text;
  nullable(object: string): Text;
  unwritten(table: TableName, column: string): Text;
}

const oldWords: Words = {
  gone: (object, { operations }) => {
    const to = renamedTo(object, operations);
    return to === null
      ? say`maps ${object}, which the migrations take away`
      : say`maps ${object}, which the migrations rename to ${to}`;
  },
  type: (object, from, to) => say`maps ${object} as ${from}, which becomes ${to}`,
  nullable: (object) => say`may write no value to ${object}, which has to have one after the migrations`,
  unwritten: (table, column) =>
    say`maps ${table} without ${column}, which every INSERT has to give after the migrations`,
};

const newWords: Words = {
  gone: (object) => say`maps ${object}, which only the migrations bring`,
  type: (object, from, to) => say`maps ${object} as ${from}, which is ${to} until the migrations ran`,
  nullable: (object) => say`may write no value to ${object}, which has to have one until the migrations ran`,
  unwritten: (table, column) =>
    say`maps ${table} without ${column}, which every INSERT has to give until the migrations ran`,
};

function modelBreaks(side: ModelSide, move: Move, words: Words): Break[] {
  return [
    ...side.schema.tables.flatMap((model) => tableBreaks(model, side, move, words)),
    ...enumBreaks(side, move, words),
  ];
}

function tableBreaks(model: Table, side: ModelSide, move: Move, words: Words): Break[] {
  const { declarations } = side;
  const [made, met] = [tableOf(move.from, model.name), tableOf(move.to, model.name)];
  if (declarations.find(model.name)?.isUnused) return [];
  if (!made || !met) return viewBreaks(model, side, move, words);
  const mapped = model.columns.filter(({ name }) => !declarations.find(`${model.name}.${name}`)?.isUnused);
  return [
    ...mapped.flatMap((column) => columnBreaks(model.name, column, { made, met }, side, move, words)),
    ...met.columns
      .filter(({ name }) => !mapped.some((column) => column.name === name))
      .filter(({ name }) => !declarations.isPartial(model.name) && isDemandedAnew(name, { made, met }, move))
      .map(({ name }) =>
        breakOf("unwritten", `${model.name}.${name}`, side, words.unwritten(model.name, name)),
      ),
  ];
}

/** Where a view has the model's name on one side or on both: its columns are all that is known of it. */
function viewBreaks(model: Table, side: ModelSide, move: Move, words: Words): Break[] {
  const [made, met] = [columnNames(move.from, model.name), columnNames(move.to, model.name)];
  if (made === undefined) return [];
  if (met === undefined) return [breakOf("table", model.name, side, words.gone(model.name, move))];
  return model.columns
    .map(({ name }) => ({ name, object: `${model.name}.${name}` }))
    .filter(({ object }) => !side.declarations.find(object)?.isUnused)
    .filter(({ name }) => made?.includes(name) && met?.includes(name) === false)
    .map(({ object }) => breakOf("column", object, side, words.gone(object, move)));
}

/** The columns of a table or a view; null where they are not known, undefined where there is neither. */
function columnNames(schema: Schema, name: TableName): readonly string[] | null | undefined {
  const table = tableOf(schema, name);
  if (table) return table.columns.map((column) => column.name);
  return schema.views.find((view) => view.name === name)?.columns;
}

/** A table on the schema that the code was made for, and on the one that it meets. */
interface Pair {
  readonly made: Table;
  readonly met: Table;
}

function columnBreaks(
  table: TableName,
  model: Column,
  { made, met }: Pair,
  side: ModelSide,
  move: Move,
  words: Words,
): Break[] {
  const object = `${table}.${model.name}`;
  const [own, other] = [columnOf(made, model.name), columnOf(met, model.name)];
  // Not there where the code is at home: models and migrations part, which is told as such.
  if (!own) return [];
  if (!other) return [breakOf("column", object, side, words.gone(object, move))];
  const declared = side.declarations.find(object);
  const isType =
    !declared?.isOpaque && isOtherFamily(model.type, other.type) && !isOtherFamily(model.type, own.type);
  const leavesOut = model.notNull ? isFilled(model) : !declared?.unsaid.includes("nullability");
  const isNull = leavesOut && !declared?.hasOwnDefault && isDemandedAnew(model.name, { made, met }, move);
  return [
    ...(isType ? [breakOf("type", object, side, words.type(object, model.type, other.type))] : []),
    ...(isNull ? [breakOf("nullable", object, side, words.nullable(object))] : []),
  ];
}

function enumBreaks(side: ModelSide, move: Move, words: Words): Break[] {
  return side.schema.enums.flatMap(({ name, labels }) => {
    const [made, met] = [move.from, move.to].map((schema) => schema.enums.find((one) => one.name === name));
    if (!made || !met) return [];
    return labels
      .filter((label) => made.labels.includes(label) && !met.labels.includes(label))
      .map((label) => breakOf("enum value", `${name}.${label}`, side, words.gone(`${name}.${label}`, move)));
  });
}

/** Whether every INSERT has to give the column on the schema that is met, and not on the code's own. */
function isDemandedAnew(column: string, { made, met }: Pair, { from, to }: Move): boolean {
  return isDemanded(met, column, to) && !isDemanded(made, column, from);
}

function isDemanded(table: Table, name: string, { triggers }: Schema): boolean {
  const column = columnOf(table, name);
  if (!column?.notNull || isFilled(column)) return false;
  return !triggers.some(
    (trigger) => trigger.table === table.name && /\bBEFORE\b[^()]*\bINSERT\b/.test(trigger.definition),
  );
}

function isFilled({ defaultSql, identity, generated }: Column): boolean {
  return defaultSql !== null || identity !== null || generated;
}

/** Whether the models know all of what the migrations change, so that what they seem to lack says something. */
function isWhole({ schema, declarations }: ModelSide, { from, to }: Move): boolean {
  const isKnown = (names: readonly { readonly name: string }[], name: string) =>
    !declarations.isIncomplete || names.some((one) => one.name === name);
  return (
    differing(from.tables, to.tables, ({ columns }) => columns).every(
      (name) => !declarations.isPartial(name) && isKnown(schema.tables, name),
    ) && differing(from.enums, to.enums, ({ labels }) => labels).every((name) => isKnown(schema.enums, name))
  );
}

/** The names of what is not the same on both sides. */
function differing<Item extends { readonly name: string }>(
  some: readonly Item[],
  others: readonly Item[],
  partOf: (item: Item) => unknown,
): string[] {
  const textsOf = (items: readonly Item[]) =>
    new Map(items.map((item) => [item.name, JSON.stringify(partOf(item))]));
  const [mine, theirs] = [textsOf(some), textsOf(others)];
  return [...new Set([...mine.keys(), ...theirs.keys()])].filter(
    (name) => mine.get(name) !== theirs.get(name),
  );
}

function breakOf(kind: Break["kind"], object: string, side: ModelSide, reason: Text): Break {
  const { declarations, files } = side;
  const owner = object.slice(0, object.lastIndexOf("."));
  const place = declarations.find(object) ?? declarations.find(owner);
  return { kind, object, path: place?.path ?? files[0] ?? "", line: place?.line ?? null, reason };
}

interface QueryBreaks {
  readonly oldCode: readonly Break[];
  readonly newCode: readonly Break[];
  /** Whether each of them was planned. */
  readonly isAllOld: boolean;
  readonly isAllNew: boolean;
  readonly seen: number;
}

/** Queries that one of the two schemas takes and the other does not. */
function queriesOf({ queries, deployed }: ChangeSet, run: DryRun): QueryBreaks {
  const old = run.deployed.flatMap(({ query, before, after }) => {
    const subject = deployed[query];
    return subject ? [{ ...subject, home: before, met: after }] : [];
  });
  const now = run.queries.flatMap(({ query, early, after }) => {
    const subject = queries[query];
    return subject && early ? [{ ...subject, home: after, met: early }] : [];
  });
  const breaks = (sent: readonly Sent[], schema: string) =>
    sent.flatMap(({ name, path, line, home, met }): Break[] =>
      home.kind === "planned" && met.kind === "failed"
        ? [
            {
              kind: "query",
              object: name,
              path,
              line,
              reason: say`sends ${name}, which fails on the schema ${[schema]}: ${met.message} (${[met.code]})`,
            },
          ]
        : [],
    );
  const isAll = (sent: readonly Sent[]) =>
    sent.every(({ home, met }) => home.kind !== "not-evaluated" && met.kind !== "not-evaluated");
  return {
    oldCode: breaks(old, "after the migrations"),
    newCode: breaks(now, "before the migrations"),
    isAllOld: isAll(old),
    isAllNew: isAll(now),
    seen: run.queries.length + old.length,
  };
}

interface Sent {
  readonly name: string;
  readonly path: string;
  readonly line: number;
  /** On the schema of its own side, and on the other. */
  readonly home: PlanOutcome;
  readonly met: PlanOutcome;
}

/** The new name of a table, a column or an enum's value, where a statement says so. */
function renamedTo(object: string, operations: readonly Operation[]): string | null {
  for (const one of operations) {
    if (one.kind === "renameTable" && one.table === object) return one.to;
    if (one.kind === "renameColumn" && `${one.table}.${one.column}` === object) return one.to;
    if (one.kind === "renameEnumValue" && `${one.type}.${one.value}` === object) return one.to;
  }
  return null;
}

function tableOf({ tables }: Schema, name: TableName): Table | undefined {
  return tables.find((table) => table.name === name);
}

function columnOf({ columns }: Table, name: string): Column | undefined {
  return columns.find((column) => column.name === name);
}
