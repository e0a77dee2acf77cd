import { createHash } from "node:crypto";
import { parsePython } from "../code/python.ts";
import type { PythonStatement } from "../code/python-tree.ts";
import type { Draft, NewFile } from "../framework.ts";
import { directoryOf, fileNameOf, joinPath } from "../paths.ts";
import { splitScript } from "../script.ts";
import { callFor, type Project, renderCall } from "./calls.ts";
import { readRevision } from "./revisions.ts";

/**
 * A revision as Alembic's own template lays it out, with the annotations and the file name of the one that it comes from; null
 * where that one is no plain revision.
 */
export function writeRevision(draft: Draft, project: Project): NewFile[] | null {
  const { version, name, after, up, down, outsideTransaction } = draft;
  const model = readRevision(after.up, after.text);
  const head = headOf(after.text);
  if (!model || !head) return null;
  const value = (field: string) => head.values.get(field);
  const isInPlace = draft.follows === null;
  const follows = draft.follows === null ? (value("down_revision")?.text ?? "None") : quoted(draft.follows);
  const assign = (field: string, text: string) => {
    const annotation = value(field)?.annotation;
    return `${field}${annotation === undefined ? "" : `: ${annotation}`} = ${text}`;
  };
  const body = (sql: string | null) => bodyOf(sql ?? "", outsideTransaction, project);
  const [upgrade, downgrade] = [body(up), body(down)];
  const usesTypes = [...upgrade, ...downgrade].some((line) => /\bsa\./.test(line));
  const text = [
    `"""${name.replaceAll("_", " ")}`,
    "",
    `Revision ID: ${version}`,
    `Revises: ${isInPlace ? model.after.join(", ") : draft.follows}`.trimEnd(),
    "",
    '"""',
    "",
    ...[...head.imports, "from alembic import op", ...(usesTypes ? ["import sqlalchemy as sa"] : [])],
    "",
    "# revision identifiers, used by Alembic.",
    assign("revision", quoted(version)),
    assign("down_revision", follows),
    assign("branch_labels", isInPlace ? (value("branch_labels")?.text ?? "None") : "None"),
    assign("depends_on", isInPlace ? (value("depends_on")?.text ?? "None") : "None"),
    "",
    "",
    `def upgrade()${head.arrow}:`,
    ...upgrade,
    "",
    "",
    `def downgrade()${head.arrow}:`,
    ...downgrade,
    "",
  ].join("\n");
  return [{ path: joinPath(directoryOf(after.up), fileFor(fileNameOf(after.up), model.id, draft)), text }];
}

/** As long as Alembic's own ids, and the same for the same pull request; a number is counted on. */
export function revisionAfter(version: string, name: string): string {
  const [, digits, rest] = /^(\d{1,8})(_\w*)?$/.exec(version) ?? [];
  if (digits !== undefined) {
    const next = String(Number(digits) + 1).padStart(digits.length, "0");
    // `alembic_version` holds 32 characters.
    return (rest === undefined ? next : `${next}_${name}`).slice(0, 32);
  }
  return createHash("sha256").update(`${version}\n${name}`).digest("hex").slice(0, 12);
}

interface Head {
  readonly values: ReadonlyMap<string, { readonly text: string; readonly annotation: string | undefined }>;
  /** What the annotations need. */
  readonly imports: readonly string[];
  /** ` -> None`, where the project writes it. */
  readonly arrow: string;
}

/** What stands above `upgrade()`; null where that takes arguments, as it does with several databases. */
function headOf(text: string): Head | null {
  const definition = /^def upgrade\(\s*\)\s*(->\s*None)?\s*:/m.exec(text);
  const module = parsePython(definition ? text.slice(0, definition.index) : "");
  if (!definition || module.kind === "unreadable") return null;
  const values = new Map(module.body.flatMap((statement) => assignmentIn(statement, text)));
  const words = [...values.values()].map(({ annotation = "" }) => annotation).join(" ");
  const imports = module.body.flatMap((statement) =>
    statement.kind === "import" &&
    statement.from !== null &&
    /^(typing|collections\.abc|__future__)$/.test(statement.from) &&
    (statement.from === "__future__" ||
      statement.names.some(({ name }) => new RegExp(`\\b${name}\\b`).test(words)))
      ? [text.slice(statement.at.start, statement.at.end)]
      : [],
  );
  return { values, imports, arrow: definition[1] === undefined ? "" : " -> None" };
}

function assignmentIn(statement: PythonStatement, text: string) {
  if (statement.kind !== "assign" || !statement.value) return [];
  const [first] = statement.targets;
  const [target] = first ?? [];
  if (target?.kind !== "name" || statement.targets.length > 1) return [];
  const { annotation, value } = statement;
  const source = ({ start, end }: { start: number; end: number }) => text.slice(start, end);
  return [
    [target.name, { text: source(value.at), annotation: annotation ? source(annotation.at) : undefined }],
  ] as const;
}

/** Named as the other one is: its date, if any, the revision, and what it is about. */
function fileFor(fileName: string, id: string, { version, name }: Draft): string {
  const stem = fileName.replace(/\.py$/, "");
  const at = stem.indexOf(id);
  if (at === -1)
    return `${/^\d{4}[-_]?\d\d[-_]?\d\d(?:[-_T]?[\d.-]+)?[-_]/.exec(stem)?.[0] ?? `${version}_`}${name}.py`;
  const [before, rest] = [stem.slice(0, at), stem.slice(at + id.length)];
  if (rest === "" && /[-_]$/.test(before) && !/^\d[\d_T-]*$/.test(before))
    return `${name}${before.slice(-1)}${version}.py`;
  return `${before}${version}${/^[-_]+/.exec(rest)?.[0] ?? "_"}${name}.py`;
}

function bodyOf(sql: string, outsideTransaction: boolean, project: Project): string[] {
  const statements = splitScript(sql, "postgresql").map((statement) => statement.sql);
  return statements.length === 0 ? ["    pass"] : callsOf(statements, outsideTransaction, project);
}

/** Lines of a function that send statements. */
export function callsOf(
  statements: readonly string[],
  outsideTransaction: boolean,
  project: Project,
  unit = "    ",
): string[] {
  const indent = outsideTransaction ? unit + unit : unit;
  const calls = statements.map((sql) => `${indent}${renderCall(callFor(sql, project), indent)}`);
  return outsideTransaction ? [`${unit}with op.get_context().autocommit_block():`, ...calls] : calls;
}

function quoted(id: string): string {
  return JSON.stringify(id);
}
