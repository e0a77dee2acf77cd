import { evidenceOf, isAllOf, ranOf, sized, tableBefore, wasRewritten, wasScanned } from "../observed.ts";
import { defineRule, type OperationContext } from "../rule.ts";
import { changeTypeSequence } from "../sequences/change-type.ts";
import { say } from "../text.ts";
import { isInTransaction } from "../transaction.ts";
import type { Edit, Fix, OperationOf, Severity, StatementRun, Text } from "../types.ts";

type TypeChange = OperationOf<"alterColumnType">;

interface Effect {
  readonly message: Text;
  readonly severity: Severity;
  readonly instead?: Text;
}

export default defineRule({
  summary: "Change a column's type without rewriting its table",
  why: "Most type changes write the table and its indexes anew under an ACCESS EXCLUSIVE lock: every read and write waits. Widening a varchar, or varchar to text, does not.",
  instead:
    "Add a column of the new type, write to both, copy the old values in batches, move the readers, and drop the old column in a later release.",
  // Seen to rewrite under a lock that blocks even reads. What only reads, or was not seen, is a warning.
  severity: "error",
  ignoreWhen: "the table is small, or the application is stopped while the migration runs.",
  sources: [
    "PostgreSQL documentation, ALTER TABLE, SET DATA TYPE and Notes",
    "PostgreSQL documentation, section 13.3.1, Table-Level Locks",
  ],
  versions:
    "From PostgreSQL 12 on nothing is written between timestamps with and without time zone where the session is in UTC.",
  check: {
    alterColumnType(change, context) {
      const { table, column, at } = change;
      if (context.isNew(table)) return;
      const run = ranOf(context);
      const fix = utcFix(change, context);
      const effect = run ? seenEffect(change, run, context) : statedEffect(change, context);
      if (!effect) return;
      return {
        message: effect.message,
        evidence: evidenceOf(context, [table]),
        instead: effect.instead ?? (utcEdits(change, context) ? inUtc : newColumn(change)),
        at,
        object: `${table}.${column}`,
        severity: sized(effect.severity, table, context),
        fix,
        sequence: sequenceFor(change, context),
      };
    },
    modelChange(change, context) {
      const { kind, table, object, before, after } = change;
      if (kind !== "type" || !context.rewrites.includes(object)) return;
      return {
        message: say`${[context.push.title]} changes ${object} from ${before ?? ""} to ${after ?? ""} where the table is there: ${table} and its indexes are written anew, and every read and write waits.`,
        evidence: [say`observed: ${context.push.retype(change) ?? ""} writes ${table} anew`],
        object,
        // Whether a database in use is brought so is not known.
        severity: sized("warning", table, context),
      };
    },
  },
});

const inUtc: Text = say`Leave USING out and run it in UTC, with ${"SET LOCAL TIME ZONE 'UTC'"} before it: then the values stay as they are stored, and nothing is written.`;

/** One fix for all of the statement, at its first change of a type. */
function utcFix(change: TypeChange, context: OperationContext): Fix | null {
  const edits = context.statement.operations[0] === change ? utcEdits(change, context) : null;
  const beyond = say`In UTC the values stay as they are stored, and nothing is written.`;
  return (
    edits && { title: "Change the type in UTC, where nothing is written", edits, followUp: null, beyond }
  );
}

/**
 * A timestamp that is read in UTC is stored with a time zone as it was without one, and the other way round: in a session in UTC
 * PostgreSQL writes nothing since 12 (release notes of 12), but never looks into an expression, and always writes
 * for a precision.
 */
function utcEdits(change: TypeChange, context: OperationContext): Edit[] | null {
  const { statement, script, migration, postgres } = context;
  if (postgres < 12 || !isZoned(change, context) || !isInTransaction(script, statement)) return null;
  const changes = statement.operations.filter((one) => one.kind === "alterColumnType");
  const parts = changes.flatMap(({ at, type }) => {
    if (type.includes("(")) return [];
    const written = script.text.slice(at.start, at.end);
    const using = /\s+USING\s+\(?\s*(?:"[^"]+"|\w+)\s+AT\s+TIME\s+ZONE\s+'UTC'\s*\)?\s*$/i.exec(written);
    return using ? [{ start: at.start + using.index, end: at.end }] : [];
  });
  if (parts.length < changes.length || parts.length < statement.operations.length) return null;
  const { path } = migration.up;
  const { start } = statement.span;
  return [
    { path, start, end: start, text: "SET LOCAL TIME ZONE 'UTC';\n" },
    ...parts.map((part) => ({ path, ...part, text: "" })),
  ];
}

function seenEffect(change: TypeChange, run: StatementRun, context: OperationContext): Effect | null {
  const { table, column, type } = change;
  if (wasRewritten(run, table) && !isElsewhere(change, context))
    return {
      message: say`Changing ${column} to ${type} rewrites ${table} while every read and write of it waits.`,
      severity: "error",
    };
  // Timestamps are reinterpreted in the session's zone: in UTC, as in the sandbox, nothing has to be written.
  if (isZoneChange(change, context))
    return {
      message: say`Changing ${column} to ${type} rewrites ${table}, and reads its old values in the session's time zone, unless that is UTC.`,
      severity: "warning",
    };
  if (wasScanned(run, table) && !wasRewritten(run, table) && isAllOf(change, context))
    return {
      message: say`Changing ${column} to ${type} reads all of ${table} while every read and write of it waits; the table is not rewritten.`,
      severity: "warning",
      instead: againLater(column),
    };
  return null;
}

function sequenceFor(change: TypeChange, context: OperationContext) {
  const { before, postgres } = context;
  const table = tableBefore(context, change.table);
  return before && table ? changeTypeSequence(before, table, change, postgres) : null;
}

function againLater(column: string): Text {
  return say`A check or an index of ${column} is verified or built again. Drop it before, and add it again after, as NOT VALID or CONCURRENTLY.`;
}

function newColumn({ column, type }: TypeChange): Text {
  return say`Add a column of type ${type} beside ${column}, write to both, copy the old values in batches, move the readers, and drop ${column} in a later release.`;
}

/** Without a run only what the schema says for certain is quiet. */
function statedEffect(change: TypeChange, context: OperationContext): Effect | null {
  const { table, column, type } = change;
  const old = oldType(change, context);
  if (old === null && change.isCollated && change.using === null && isFree("text", type))
    return {
      message: say`Another collation of ${column} builds its indexes anew while every read and write of ${table} waits, and may write ${table} anew unless ${column} was text or varchar.`,
      severity: "warning",
      instead: againLater(column),
    };
  if (old !== null && change.using === null && (isFree(old, type) || isRefused(old, type))) return null;
  return {
    message: say`Changing ${column} to ${type} may rewrite ${table} while every read and write of it waits.`,
    severity: "warning",
  };
}

function oldType({ table, column }: TypeChange, context: OperationContext): string | null {
  return tableBefore(context, table)?.columns.find(({ name }) => name === column)?.type ?? null;
}

function isZoneChange(change: TypeChange, context: OperationContext): boolean {
  return change.using === null && isZoned(change, context) && !isInUtc(context);
}

/** From a timestamp without a time zone to one with it, or back. */
function isZoned(change: TypeChange, context: OperationContext): boolean {
  const zone = (type: string | null) =>
    /^timestamp\b.*\bwith(out)? time zone/.exec(type ?? "")?.[0].includes("without");
  const before = zone(oldType(change, context));
  const after = zone(change.type);
  return before !== undefined && after !== undefined && before !== after;
}

/** The script itself has set the session's zone to UTC, in which nothing changes (release notes of 12). */
function isInUtc({ script, statement, postgres }: OperationContext): boolean {
  const settings = script.statements
    .slice(0, statement.index)
    .flatMap(({ operations }) => operations.filter((one) => one.kind === "set"))
    .filter(({ name }) => name.toLowerCase() === "timezone");
  return postgres >= 12 && /^'?(?:utc|etc\/utc)'?$/i.test(settings.at(-1)?.value ?? "");
}

/** The same statement holds another change that explains the rewrite, and this one is known to be free. */
function isElsewhere(change: TypeChange, context: OperationContext): boolean {
  const old = oldType(change, context);
  return !isAllOf(change, context) && old !== null && change.using === null && isFree(old, change.type);
}

/** Changes that need neither rewrite nor scan: the same type, a wider or unlimited varchar, text. */
function isFree(from: string, to: string): boolean {
  const text = /^(?:character varying(?:\((\d+)\))?|text)$/;
  const [old, next] = [text.exec(from), text.exec(to)];
  if (from === to) return true;
  if (!old || !next) return false;
  return next[1] === undefined || (old[1] !== undefined && Number(next[1]) >= Number(old[1]));
}

/** Text becomes a value of one of these only where USING says how: the statement fails (documentation, CREATE CAST, on automatic I/O conversion casts). */
function isRefused(from: string, to: string): boolean {
  const text = /^(?:character varying|character|text)\b/;
  const others =
    /^(?:uuid|smallint|integer|bigint|numeric|real|double precision|boolean|date|time|timestamp|interval|jsonb?|bytea|inet)\b/;
  return text.test(from) && others.test(to);
}
