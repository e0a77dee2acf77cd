import { declaredLine } from "../declared-text.ts";
import type { Declarations, Remedy } from "../orm.ts";
import type { Edit, ModelFile, Wanted } from "../types.ts";

/** How a struct's tags declare what a rule asks for (GORM documentation, Declaring Models, Fields Tags, and Indexes). */
export function remedyFor(
  wanted: Wanted,
  files: readonly ModelFile[],
  find: Declarations["find"],
): Remedy | null {
  const setting = settingOf(wanted);
  if (setting === null) return null;
  const words = `gorm:"${setting}"`;
  // A type may ask for another one in Go; an index of several columns is said at each of them.
  const column = wanted.kind === "index" ? wanted.columns[0] : wanted.column;
  const isWhole = wanted.kind !== "type" && (wanted.kind !== "index" || wanted.columns.length === 1);
  const line = isWhole ? declaredLine(find(`${wanted.table}.${column}`), files) : null;
  const edit = line && tagEdit(line.text, setting);
  if (!line || !edit) return { words, edits: null };
  const { path, start } = line;
  return { words, edits: [{ path, start: start + edit.start, end: start + edit.end, text: edit.text }] };
}

function settingOf(wanted: Wanted): string | null {
  if (wanted.kind === "not null") return "not null";
  if (wanted.kind === "absent") return "-";
  if (wanted.kind === "type") return `type:${short[wanted.type] ?? wanted.type}`;
  const name = wanted.columns.length > 1 ? `idx_${[wanted.table, ...wanted.columns].join("_")}` : "";
  const method = wanted.method === "gin" ? ",type:gin" : "";
  return name === "" && method === "" ? "index" : `index:${name}${method}`;
}

const short: Readonly<Record<string, string>> = { "timestamp with time zone": "timestamptz" };

/** Into the field's own tag: behind what GORM is told already, or behind what others are. */
function tagEdit(line: string, setting: string): Omit<Edit, "path"> | null {
  const tag = /^\s*\w+\s+[\w.*[\]]+\s*(?:`([^`]*)`)?/.exec(line);
  if (!tag) return null;
  const [whole, tags] = tag;
  if (tags === undefined) {
    const at = whole.trimEnd().length;
    return { start: at, end: at, text: ` \`gorm:"${setting}"\`` };
  }
  const from = whole.length - 1 - tags.length;
  const own = /(?:^|\s)gorm:"([^"\\]*)"/.exec(tags);
  if (!own) return { start: whole.length - 1, end: whole.length - 1, text: ` gorm:"${setting}"` };
  const at = from + own.index + own[0].length - 1;
  const separator = own[1] === "" || own[1]?.endsWith(";") ? "" : ";";
  return { start: at, end: at, text: `${separator}${setting}` };
}
