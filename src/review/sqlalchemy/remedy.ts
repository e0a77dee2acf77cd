import { bareName } from "../advice.ts";
import { declaredLine } from "../declared-text.ts";
import type { Declarations, Remedy } from "../orm.ts";
import type { Edit, ModelFile, Wanted } from "../types.ts";

/** How a class declares what a rule asks for (SQLAlchemy documentation, Describing Databases with MetaData; SQLModel's `Field`). */
export function remedyFor(
  wanted: Wanted,
  files: readonly ModelFile[],
  find: Declarations["find"],
): Remedy | null {
  if (wanted.kind === "type") {
    const type = types[wanted.type];
    return type === undefined ? null : { words: type, edits: null };
  }
  if (wanted.kind === "absent") return null;
  const [column = "", ...more] = wanted.kind === "index" ? wanted.columns : [wanted.column];
  const argument = wanted.kind === "index" ? "index=True" : "nullable=False";
  if (wanted.kind === "index" && (more.length > 0 || wanted.method === "gin"))
    return { words: indexOf(wanted), edits: null };
  const line = declaredLine(find(`${wanted.table}.${column}`), files);
  const edit = line && argumentEdit(line.text, argument);
  if (!line || !edit) return { words: argument, edits: null };
  const { path, start } = line;
  return {
    words: argument,
    edits: [{ path, start: start + edit.start, end: start + edit.end, text: edit.text }],
  };
}

/** In `__table_args__`. */
function indexOf({ table, columns, method }: Extract<Wanted, { kind: "index" }>): string {
  const name = ["ix", bareName(table), ...columns].join("_");
  const using = method === "gin" ? ', postgresql_using="gin"' : "";
  return `Index(${[name, ...columns].map((one) => `"${one}"`).join(", ")}${using})`;
}

const types: Readonly<Record<string, string>> = {
  "timestamp with time zone": "DateTime(timezone=True)",
  date: "Date",
  uuid: "Uuid",
  inet: "INET",
  text: "Text",
  integer: "Integer",
  bigint: "BigInteger",
  numeric: "Numeric",
  boolean: "Boolean",
  jsonb: "JSONB",
};

/** As the last argument of the call that makes the column, where the line is that call and nothing else. */
function argumentEdit(line: string, argument: string): Omit<Edit, "path"> | null {
  const call = /^\s*\w+\s*(?::[^=]+)?=\s*(?:\w+\.)?(?:mapped_column|Column|Field)\((.*)\)\s*(?:#.*)?$/.exec(
    line,
  );
  if (!call || line.includes(argument.slice(0, argument.indexOf("=") + 1))) return null;
  const inside = call[1] ?? "";
  if (!isBalanced(inside)) return null;
  const at = line.indexOf(`(${inside})`) + 1 + inside.trimEnd().length;
  const separators = inside.trimEnd().endsWith(",") ? " " : ", ";
  const separator = inside.trim() === "" ? "" : separators;
  return { start: at, end: at, text: `${separator}${argument}` };
}

function isBalanced(text: string): boolean {
  let depth = 0;
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[()[\]#]/g)) {
    if (token === "#") return false;
    if (token === "(" || token === "[") depth += 1;
    if (token === ")" || token === "]") depth -= 1;
    if (depth < 0) return false;
  }
  return depth === 0;
}
