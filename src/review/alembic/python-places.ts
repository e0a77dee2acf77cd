import { parsePython } from "../code/python.ts";
import type { PythonExpression, PythonStatement } from "../code/python-tree.ts";
import type { Span } from "../types.ts";

export type PythonCallExpression = Extract<PythonExpression, { kind: "call" }>;

/** A call that stands as a statement, and what it stands in. */
export interface CallPlace {
  readonly call: PythonCallExpression;
  /** The statement's own span. */
  readonly at: Span;
  /** Statements around it, outermost first. */
  readonly around: readonly PythonStatement[];
  /** The statements beside it, itself among them. */
  readonly block: readonly PythonStatement[];
}

/** The call whose words hold this part of a file; null where it is no statement by itself. */
export function callAt(text: string, span: Span): CallPlace | null {
  const module = parsePython(text);
  return module.kind === "unreadable" ? null : search(module.body, span, []);
}

function search(
  block: readonly PythonStatement[],
  span: Span,
  around: readonly PythonStatement[],
): CallPlace | null {
  const statement = block.find(({ at }) => at.start <= span.start && span.end <= at.end);
  if (!statement) return null;
  if (statement.kind === "expression")
    return statement.value.kind === "call"
      ? { call: statement.value, at: statement.at, around, block }
      : null;
  for (const body of bodiesOf(statement)) {
    const found = search(body, span, [...around, statement]);
    if (found) return found;
  }
  return null;
}

function bodiesOf(statement: PythonStatement): readonly (readonly PythonStatement[])[] {
  switch (statement.kind) {
    case "function":
    case "class":
    case "with":
    case "while":
      return [statement.body];
    case "if":
      return statement.branches.map(({ body }) => body);
    case "for":
      return [statement.body, statement.otherwise];
    case "try":
      return [statement.body, ...statement.handlers, statement.otherwise, statement.last];
    default:
      return [];
  }
}

/** The white space before the first thing on a line; null when something else stands before `at`. */
export function indentAt(text: string, at: number): string | null {
  const before = text.slice(text.lastIndexOf("\n", at - 1) + 1, at);
  return /^[ \t]*$/.test(before) ? before : null;
}

/** Whether only a comment follows on the line. */
export function endsLine(text: string, at: number): boolean {
  return /^[ \t]*(?:#[^\n]*)?(?:\r?\n|$)/.test(text.slice(at));
}

/** Where lines begin within a part of a text, but for those inside a string of several lines. */
export function lineStarts(text: string, { start, end }: Span): number[] {
  const starts: number[] = [];
  const token = /'''|"""|'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|#[^\n]*|\n/g;
  token.lastIndex = start;
  for (let found = token.exec(text); found && found.index < end; found = token.exec(text)) {
    const [word] = found;
    if (word === "\n" && found.index + 1 < end) starts.push(found.index + 1);
    if (word === "'''" || word === '"""') {
      const close = text.indexOf(word, found.index + 3);
      token.lastIndex = close < 0 ? end : close + 3;
    }
  }
  return starts;
}
