import type { Worded } from "../framework.ts";
import { concurrentlyAfter } from "../planned-fix.ts";
import { isVerbatim } from "../script.ts";
import { isInTransaction } from "../transaction.ts";
import type { Edit, Span, StatementChange } from "../types.ts";
import { type Call, callFor, type Project, renderCall } from "./calls.ts";
import {
  type CallPlace,
  callAt,
  endsLine,
  indentAt,
  lineStarts,
  type PythonCallExpression,
} from "./python-places.ts";

type Part = Omit<Edit, "path">;

/** The edits that change what a call of Alembic's operations sends, where the call is all that sends it. */
export function changeCall(
  worded: Worded,
  change: StatementChange,
  project: Project,
): readonly Edit[] | null {
  const place = callAt(worded.script.text, worded.statement.span);
  const parts = place && changed(place, worded, change, project);
  return parts?.map((part) => ({ path: worded.script.path, ...part })) ?? null;
}

/** Takes a call out, with its line; a block that it leaves empty goes as well, and a function passes. */
export function removeCall(worded: Worded): readonly Edit[] | null {
  const { script, statement } = worded;
  const { text, path } = script;
  const place = callAt(text, statement.span);
  if (!place || !isAlone(place, worded)) return null;
  const { end } = place.at;
  let { start } = place.at;
  let { block } = place;
  const around = [...place.around];
  while (block.length === 1) {
    const holder = around.pop();
    if (holder?.kind === "function") return [{ path, start, end, text: "pass" }];
    // A condition or a loop that would be left with nothing is for its author to take away.
    if (holder?.kind !== "with") return null;
    start = holder.at.start;
    const last = around.at(-1);
    block = last?.kind === "function" || last?.kind === "with" ? last.body : [];
  }
  const indent = indentAt(text, start);
  if (indent === null || !endsLine(text, end)) return null;
  const line = text.indexOf("\n", end);
  return [{ path, start: start - indent.length, end: line < 0 ? text.length : line + 1, text: "" }];
}

function changed(
  place: CallPlace,
  worded: Worded,
  change: StatementChange,
  project: Project,
): readonly Part[] | null {
  const { text } = worded.script;
  if (change.kind === "followed by") {
    const indent = indentAt(text, place.at.start);
    if (indent === null || !endsLine(text, place.at.end)) return null;
    const line = /^[^\r\n]*/.exec(text.slice(place.at.end))?.[0].length ?? 0;
    const end = place.at.end + line;
    return [{ start: end, end, text: `\n${indent}${renderCall(callFor(change.sql, project), indent)}` }];
  }
  if (change.kind === "not valid") return notValid(place, worded, project);
  if (!isAlone(place, worded)) return null;
  if (!isInTransaction(worded.script, worded.statement)) return concurrently(place, worded);
  const batch = batchOf(place, text);
  if (batch) return outsideBatch(batch, place, text);
  const parts = concurrently(place, worded);
  const block = parts && inBlock(place, text);
  const unit = unitOf(place.around, text);
  return (
    block && [...block, ...parts.map((part) => ({ ...part, text: part.text.replace(/\n/g, `\n${unit}`) }))]
  );
}

/** `with op.get_context().autocommit_block():` around the call (Alembic, "Runtime Objects"; since 1.2). */
function inBlock({ at, call, around }: CallPlace, text: string): readonly Part[] | null {
  const indent = indentAt(text, at.start);
  const alembic = call.callee.kind === "attribute" ? sourceOf(call.callee.object.at, text) : null;
  if (indent === null || alembic === null || !/^[\w.]+$/.test(alembic)) return null;
  const unit = unitOf(around, text);
  const head = `with ${alembic}.get_context().autocommit_block():\n${indent}${unit}`;
  return [
    { start: at.start, end: at.start, text: head },
    ...lineStarts(text, at)
      .filter((start) => !/^\r?\n/.test(text.slice(start)))
      .map((start) => ({ start, end: start, text: unit })),
  ];
}

/** CONCURRENTLY for the call where it stands, or in the SQL that it holds; nothing where it says so already. */
function concurrently({ call }: CallPlace, { script, statement }: Worded): readonly Part[] | null {
  const name = nameOf(call);
  if (/^(create|drop)_index$/.test(name)) {
    const given = call.args.find((arg) => arg.name === "postgresql_concurrently");
    if (!given) return [keyword(call, "postgresql_concurrently=True", script.text)];
    return given.value.kind === "constant" && given.value.value === true ? [] : null;
  }
  if (name !== "execute" || !isVerbatim(script, statement)) return null;
  const words = concurrentlyAfter.exec(statement.sql);
  if (!words) return null;
  const at = statement.span.start + words[0].length;
  const isThere = /^\s+CONCURRENTLY\b/i.test(statement.sql.slice(words[0].length));
  return isThere ? [] : [{ start: at, end: at, text: " CONCURRENTLY" }];
}

interface Batch {
  readonly at: Span;
  readonly body: readonly unknown[];
  readonly open: PythonCallExpression;
  readonly name: string;
}

/** The `with op.batch_alter_table(…) as name:` whose operations the call is one of. */
function batchOf({ call, around }: CallPlace, text: string): Batch | null {
  if (call.callee.kind !== "attribute") return null;
  const name = sourceOf(call.callee.object.at, text);
  for (const statement of around.toReversed())
    if (statement.kind === "with")
      for (const { value, as } of statement.items)
        if (
          as &&
          sourceOf(as.at, text) === name &&
          value.kind === "call" &&
          nameOf(value) === "batch_alter_table"
        )
          return { at: statement.at, body: statement.body, open: value, name };
  return null;
}

/**
 * A batch runs when it ends (Alembic, "Running “Batch” Migrations"), in one transaction: an index that it builds CONCURRENTLY takes
 * its place, or it would have to be a block within a transaction.
 */
function outsideBatch(batch: Batch, { at, call, around }: CallPlace, text: string): readonly Part[] | null {
  const indent = indentAt(text, batch.at.start);
  const table = batch.open.args.find(({ name }, i) => name === "table_name" || (name === null && i === 0));
  const schema = batch.open.args.find(({ name }) => name === "schema");
  const verb = nameOf(call);
  const [first, ...rest] = call.args.map(({ name, stars, value }) => {
    const source = sourceOf(value.at, text).replaceAll(`${batch.name}.f(`, "op.f(");
    return `${stars}${name === null ? "" : `${name}=`}${source}`;
  });
  const alembic = batch.open.callee.kind === "attribute" ? sourceOf(batch.open.callee.object.at, text) : null;
  if (batch.body.length !== 1 || indent === null || !table || first === undefined || alembic === null)
    return null;
  if (!/^(create|drop)_index$/.test(verb) || call.args[0]?.name !== null) return null;
  if ([first, ...rest].some((arg) => arg.includes("\n") || arg.startsWith("postgresql_concurrently")))
    return null;
  const own = sourceOf(table.value.at, text);
  const isNone = schema?.value.kind === "constant";
  const written: Call = {
    callee: `${alembic}.${verb}`,
    args: [
      alembic === "op" ? first : first.replaceAll("op.f(", `${alembic}.f(`),
      verb === "create_index" ? own : `table_name=${own}`,
      ...rest,
      ...(schema && !isNone ? [`schema=${sourceOf(schema.value.at, text)}`] : []),
      "postgresql_concurrently=True",
    ],
  };
  const unit = unitOf(around, text);
  const inner = indent + unit;
  const block = `with ${alembic}.get_context().autocommit_block():\n${inner}${renderCall(written, inner)}`;
  return [{ start: batch.at.start, end: at.end, text: block }];
}

/** The keyword, where SQLAlchemy is sure to know it; else the SQL that it stands for. */
function notValid(place: CallPlace, worded: Worded, project: Project): readonly Part[] | null {
  const { script, statement } = worded;
  const { text } = script;
  const { call } = place;
  const name = nameOf(call);
  const word = "postgresql_not_valid=True";
  if (name === "execute" && isVerbatim(script, statement)) {
    const [end] = statement.operations.flatMap((one) =>
      one.kind === "addConstraint" && one.at ? [one.constraint.at.end] : [],
    );
    return end === undefined ? null : [{ start: end, end, text: " NOT VALID" }];
  }
  if (name === "add_column") {
    const [key, ...others] = foreignKeysIn(call);
    return key && others.length === 0 && project.knowsNotValid ? [keyword(key, word, text)] : null;
  }
  if (!/^create_(foreign_key|check_constraint)$/.test(name) || !isAlone(place, worded)) return null;
  if (call.args.some((arg) => arg.name === "postgresql_not_valid")) return null;
  if (project.knowsNotValid) return [keyword(call, word, text)];
  if (call.callee.kind !== "attribute" || batchOf(place, text)) return null;
  const alembic = sourceOf(call.callee.object.at, text);
  const written = callFor(`${statement.sql} NOT VALID`, project);
  return [{ ...call.at, text: renderCall({ ...written, callee: `${alembic}.execute` }) }];
}

/** `sa.ForeignKey(…)` among the arguments of a column. */
function foreignKeysIn(call: PythonCallExpression): PythonCallExpression[] {
  return call.args.flatMap(({ value }) => {
    if (value.kind !== "call") return [];
    return nameOf(value) === "ForeignKey" ? [value] : foreignKeysIn(value);
  });
}

/** Another keyword argument: on a line of its own where the last one stands so. */
function keyword({ args, at }: PythonCallExpression, word: string, text: string): Part {
  const close = at.end - 1;
  const last = args.at(-1)?.value.at;
  const from = last ? last.end : close;
  const rest = text.slice(from, close);
  const bare = rest.replace(/#[^\n]*/g, (comment) => " ".repeat(comment.length));
  const comma = bare.lastIndexOf(",");
  const paren = bare.lastIndexOf(")");
  const put = comma >= 0 ? comma + 1 : paren + 1;
  const start = from + put;
  const lineStart = last ? text.lastIndexOf("\n", last.end - 1) + 1 : 0;
  const lead = /^[ \t]*/.exec(text.slice(lineStart))?.[0] ?? "";
  const isFirst = last !== undefined && /^\s*(?:\w+\s*=\s*)?\(*$/.test(text.slice(lineStart, last.start));
  const isClosing = last !== undefined && /^[ \t]*[\])}]/.test(text.slice(lineStart, last.end));
  const isOnOwnLine = lineStart > at.start && bare.includes("\n") && (isFirst || isClosing);
  if (comma >= 0 && isOnOwnLine) {
    // Behind the comment of the line.
    const line = start + (/^[^\n\r]*/.exec(text.slice(start, close))?.[0].length ?? 0);
    return { start: line, end: line, text: `\n${lead}${word},` };
  }
  if (comma >= 0) return { start, end: start, text: ` ${word}` };
  return { start, end: start, text: isOnOwnLine ? `,\n${lead}${word}` : `, ${word}` };
}

/** Whether the call sends this statement and nothing else. */
function isAlone({ at }: CallPlace, { script, statement }: Worded): boolean {
  return script.statements.every(
    (other) => other === statement || other.span.end <= at.start || at.end <= other.span.start,
  );
}

/** One step of the file's own indentation. */
function unitOf(around: CallPlace["around"], text: string): string {
  const body = around.find(({ kind }) => kind === "function");
  const [first] = body?.kind === "function" ? body.body : [];
  return (first && indentAt(text, first.at.start)) || "    ";
}

function nameOf({ callee }: PythonCallExpression): string {
  if (callee.kind === "attribute") return callee.name;
  return callee.kind === "name" ? callee.name : "";
}

function sourceOf({ start, end }: Span, text: string): string {
  return text.slice(start, end);
}
