import { bareName, list } from "./advice.ts";
import { compatibilityOf } from "./compatibility.ts";
import { say } from "./text.ts";
import type {
  Break,
  ChangeSet,
  Compatibility,
  Database,
  DeployOrder,
  DryRun,
  Finding,
  Operation,
  Schema,
  Text,
} from "./types.ts";

/** In which order migrations and code are released, for each database of which models or annotated queries tell it. */
export function deployOrdersOf(
  changes: ChangeSet,
  runs: readonly DryRun[],
  findings: readonly Finding[],
): DeployOrder[] {
  return changes.databases.flatMap((database) => {
    const run = runs.find(({ directory }) => directory === database.directory) ?? null;
    const fit = compatibilityOf(changes, database, run);
    const order = fit && run && orderOf(fit, changes, database, run.base);
    if (!fit || !order) return [];
    const steps = order === "not-in-one-step" ? stepsOf(fit, database, findings) : [];
    return [{ directory: database.directory, order, steps, ...fit }];
  });
}

/** Null where a side of which nothing breaks is not known in full, and where there is nothing to order. */
function orderOf(
  fit: Compatibility,
  changes: ChangeSet,
  database: Database,
  base: Schema,
): DeployOrder["order"] | null {
  const [old, now] = [fit.oldCode.length > 0, fit.newCode.length > 0];
  if (old && now) return "not-in-one-step";
  if (old) return fit.isAllNew ? "deploy-first" : null;
  if (now) return fit.isAllOld ? "migrate-first" : null;
  if (!fit.isAllOld || !fit.isAllNew || !isTouched(changes, database)) return null;
  const operations = database.steps.flatMap(({ up }) => up.statements.flatMap((one) => one.operations));
  return operations.every((one) => isHarmless(one, base)) ? "any" : null;
}

/** Whether the models or the annotated queries change as well. */
function isTouched({ queries, deployed }: ChangeSet, { models }: Database): boolean {
  return (
    JSON.stringify(models?.base) !== JSON.stringify(models?.head) ||
    deployed.length > 0 ||
    queries.some(({ sql, baseSql }) => sql !== baseSql)
  );
}

/** What no code notices, whatever it sends: it forbids nothing and takes nothing away. */
function isHarmless(operation: Operation, { tables }: Schema): boolean {
  switch (operation.kind) {
    case "createIndex":
      return !operation.unique;
    case "addColumn":
      return operation.constraints.length === 0 && !operation.column.unique && !operation.column.notNull;
    case "dropIndex":
      return tables.some(({ indexes }) =>
        indexes.some(({ name, unique }) => name === bareName(operation.name) && !unique),
      );
    case "createTable":
    case "createType":
    case "reindex":
    case "addEnumValue":
    case "dropNotNull":
    case "set":
    case "transaction":
      return true;
    default:
      return false;
  }
}

/** First what only adds, then the code, then what takes away; and where a finding has the migrations written out. */
function stepsOf(
  { oldCode, newCode }: Compatibility,
  database: Database,
  findings: readonly Finding[],
): Text[] {
  const renames = renamesIn(database);
  const paths = new Set(database.steps.map(({ up }) => up.path));
  const objects = new Set(oldCode.map(({ object }) => object));
  const written = findings.filter(
    ({ sequence, object, path }) =>
      sequence?.steps.some(({ phase }) => phase === "contract") && objects.has(object) && paths.has(path),
  );
  const before = telling(newCode).map((one) => beforeOf(one, oldCode, renames));
  const after = telling(oldCode).map((one) => afterOf(one, renames));
  return [
    say`First a migration that running code does not notice: ${listed(before)}.`,
    say`Deploy the new code.`,
    say`In a later release, when no old code runs any more, a migration with the rest: ${listed(after)}.`,
    ...(written.length === 0
      ? []
      : [
          say`Written out as migrations, and run: with ${list(written.map(({ rule, path, line }) => `${rule} at ${path}:${line}`))}.`,
        ]),
  ];
}

/** A query fails for what the models tell as well, where there are any. */
function telling(breaks: readonly Break[]): readonly Break[] {
  const ofModels = breaks.filter(({ kind }) => kind !== "query");
  return ofModels.length > 0 ? ofModels : breaks;
}

/** Something that a migration does, with what it does it to. */
interface Task {
  readonly verb: string;
  readonly what: Text;
}

/** What the new code needs, so that the old code does not notice. */
function beforeOf({ kind, object }: Break, old: readonly Break[], renames: readonly Rename[]): Task {
  const isDemanded = old.some((one) => one.kind === "unwritten" && one.object === object);
  const former = renames.find(({ to }) => to === object)?.from;
  if (kind === "table" && former)
    return { verb: "rename", what: say`${former} to ${object} with a view under the old name` };
  if (kind === "column" && former)
    return { verb: "add", what: say`${object} beside ${former}, copied and kept in step` };
  const what = say`${object}`;
  switch (kind) {
    case "table":
    case "enum value":
      return { verb: "add", what };
    case "column":
      return { verb: isDemanded ? "add, as NULL or with a default," : "add", what };
    case "type":
      return { verb: "add a column of the new type beside", what };
    case "nullable":
    case "unwritten":
      return { verb: "no longer demand a value of", what };
    case "query":
      return { verb: "make what is needed by", what };
  }
}

/** What the old code needs, and the new code does not. */
function afterOf({ kind, object }: Break, renames: readonly Rename[]): Task {
  const what = say`${object}`;
  switch (kind) {
    case "table":
      return { verb: renames.some(({ from }) => from === object) ? "take away the view" : "take away", what };
    case "column":
    case "enum value":
      return { verb: "take away", what };
    case "type":
      return { verb: "take away the old column of", what };
    case "nullable":
    case "unwritten":
      return { verb: "demand a value of", what };
    case "query":
      return { verb: "take away what is needed by", what };
  }
}

/** So many objects are named after one verb. */
const mostNamed = 8;

function listed(tasks: readonly Task[]): Text {
  const verbs = [...new Set(tasks.map(({ verb }) => verb))];
  return verbs.flatMap((verb, i) => {
    const own = tasks.filter((task) => task.verb === verb);
    const more = own.length - mostNamed;
    return [
      `${i === 0 ? "" : "; "}${verb} `,
      ...own.slice(0, mostNamed).flatMap(({ what }, at) => (at === 0 ? what : [", ", ...what])),
      ...(more > 0 ? [` and ${more} more`] : []),
    ];
  });
}

interface Rename {
  readonly from: string;
  readonly to: string;
}

/** A view of SQLite cannot be written to, so that a rename is none that can be bridged. */
function renamesIn({ steps, dialect }: Database): Rename[] {
  if (dialect === "sqlite") return [];
  return steps.flatMap(({ up }) =>
    up.statements.flatMap(({ operations }) =>
      operations.flatMap((one): Rename[] => {
        if (one.kind === "renameColumn")
          return [{ from: `${one.table}.${one.column}`, to: `${one.table}.${one.to}` }];
        if (one.kind !== "renameTable") return [];
        const schema = one.table.slice(0, one.table.length - bareName(one.table).length);
        return [{ from: one.table, to: schema + one.to }];
      }),
    ),
  );
}
