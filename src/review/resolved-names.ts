import { bareName } from "./advice.ts";
import { runOf } from "./statement-run.ts";
import type {
  ConstraintDefinition,
  Database,
  DryRun,
  Lock,
  Migration,
  MigrationRun,
  Operation,
  Schema,
  Script,
  ScriptRun,
  Statement,
  TableName,
} from "./types.ts";

/** A database whose statements name what they mean. */
export interface Resolved {
  readonly database: Database;
  /** A relation as the statements write it: with its schema, or without. */
  written(name: TableName): TableName;
}

/**
 * Operations with the relations that their names mean, where the search path leads to another schema than `public`
 * (documentation, section 5.10.3): the one of that name which the statement was seen to lock, else the only one that there
 * is. Names that say their schema, and those of which nothing is known, stay as they are.
 */
export function resolveNames(database: Database, run: DryRun | null): Resolved {
  const written = new Map<TableName, TableName>();
  const steps = database.steps.map((step) => {
    const seen = run?.migrations.find(({ migration }) => migration === step.id);
    return seen ? resolvedStep(step, seen, written) : step;
  });
  const isSame = steps.every((step, i) => step === database.steps[i]);
  return {
    database: isSame ? database : { ...database, steps },
    written: (name) => written.get(name) ?? name,
  };
}

function resolvedStep(step: Migration, seen: MigrationRun, written: Map<TableName, TableName>): Migration {
  // What the migration makes and gives another name is in neither schema: it was locked in between.
  const relations = [seen.before, seen.after].map(relationsOf).concat(listed(locked(seen)));
  if (relations.every(({ elsewhere }) => elsewhere.size === 0)) return step;
  const resolved = (script: Script, run: ScriptRun | null): Script => {
    const statements = script.statements.map((statement) => {
      const ran = run && runOf(run.statements, statement.index);
      const locks = ran?.outcome.kind === "ran" ? ran.locks : [];
      return withNames(statement, (name) => {
        const meant = meantBy(name, locks, relations);
        if (meant !== name) written.set(meant, name);
        return meant;
      });
    });
    return statements.every((one, i) => one === script.statements[i]) ? script : { ...script, statements };
  };
  const up = resolved(step.up, seen.up);
  const down = step.down && resolved(step.down, seen.roundTrip?.down ?? null);
  return up === step.up && down === step.down ? step : { ...step, up, down };
}

/** The relations of a schema by name, and those of other schemas than `public` by their names alone. */
interface Relations {
  readonly names: ReadonlySet<string>;
  readonly elsewhere: ReadonlyMap<string, readonly string[]>;
}

const known = new WeakMap<Schema, Relations>();

function relationsOf(schema: Schema): Relations {
  const relations = known.get(schema) ?? listed(namesIn(schema));
  known.set(schema, relations);
  return relations;
}

/** Types as well: they have their names to themselves, as the relations of a schema have. */
function namesIn({ tables, views, sequences, enums }: Schema): readonly string[] {
  const indexes = [...tables, ...views].flatMap(({ name, indexes: own }) =>
    own.map((index) => `${name.slice(0, name.length - bareName(name).length)}${index.name}`),
  );
  return [...[...tables, ...views, ...sequences, ...enums].map(({ name }) => name), ...indexes];
}

function locked({ up }: MigrationRun): readonly string[] {
  return up.statements.flatMap(({ locks }) => locks.map(({ relation }) => relation));
}

function listed(all: readonly string[]): Relations {
  const names = new Set(all);
  const elsewhere = new Map<string, string[]>();
  for (const name of names) {
    if (!name.includes(".")) continue;
    elsewhere.set(bareName(name), [...(elsewhere.get(bareName(name)) ?? []), name]);
  }
  return { names, elsewhere };
}

function meantBy(name: string, locks: readonly Lock[], relations: readonly Relations[]): string {
  if (name.includes(".")) return name;
  const others = new Set(relations.flatMap(({ elsewhere }) => elsewhere.get(name) ?? []));
  if (others.size === 0) return name;
  const held = locks.filter(({ relation }) => bareName(relation) === name);
  if (held.length > 0) return held.length === 1 ? (held[0]?.relation ?? name) : name;
  const isThere = relations.some(({ names }) => names.has(name));
  const [other = name] = others;
  return isThere || others.size > 1 ? name : other;
}

type Meaning = (name: string) => string;

function withNames(statement: Statement, meant: Meaning): Statement {
  const operations = statement.operations.map((operation) => renamed(operation, meant));
  const isSame = operations.every((one, i) => one === statement.operations[i]);
  return isSame ? statement : { ...statement, operations };
}

function renamed(operation: Operation, meant: Meaning): Operation {
  const names: Partial<Record<"table" | "partition" | "partitionOf" | "name" | "type", string>> = {};
  const resolve = (key: keyof typeof names, name: string) => {
    const now = meant(name);
    if (now !== name) names[key] = now;
  };
  if ("table" in operation) resolve("table", operation.table);
  if ("partition" in operation) resolve("partition", operation.partition);
  if (operation.kind === "createTable" && operation.partitionOf !== null)
    resolve("partitionOf", operation.partitionOf);
  if (operation.kind === "addEnumValue" || operation.kind === "renameEnumValue")
    resolve("type", operation.type);
  if (isNamed(operation)) resolve("name", operation.name);
  const keys = keysOf(operation, meant);
  return keys === null && Object.keys(names).length === 0
    ? operation
    : ({ ...operation, ...names, ...keys } as Operation);
}

/** Objects whose names are those of relations and types. */
const relationObjects = new Set(["table", "view", "materialized view", "sequence", "index", "type"]);

function isNamed(operation: Operation): operation is Operation & { readonly name: string } {
  switch (operation.kind) {
    case "dropIndex":
    case "reindex":
    case "createView":
    case "refreshView":
    case "createType":
      return true;
    case "dropObject":
    case "renameObject":
    case "setSchema":
      return relationObjects.has(operation.object);
    default:
      return false;
  }
}

/** The constraints of an operation with what they refer to; null where nothing of them changes. */
function keysOf(operation: Operation, meant: Meaning) {
  const resolved = (constraint: ConstraintDefinition): ConstraintDefinition => {
    const { references } = constraint;
    const table = references && meant(references.table);
    return references && table && table !== references.table
      ? { ...constraint, references: { ...references, table } }
      : constraint;
  };
  if (operation.kind === "addConstraint") {
    const constraint = resolved(operation.constraint);
    return constraint === operation.constraint ? null : { constraint };
  }
  if (operation.kind !== "createTable" && operation.kind !== "addColumn") return null;
  const constraints = operation.constraints.map(resolved);
  return constraints.every((one, i) => one === operation.constraints[i]) ? null : { constraints };
}
