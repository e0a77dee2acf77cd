import { defineRule } from "../rule.ts";
import { say } from "../text.ts";
import type { Problem } from "../types.ts";

export default defineRule({
  summary: "Let validation accept no text that is longer than its column",
  why: "What validation lets through, the database refuses: the request fails with an error of the database instead of a message about the field.",
  instead: "Give both the same length.",
  // Both numbers stand on one line; SQLite does not keep to the length.
  severity: "warning",
  ignoreWhen: "the text is made shorter before it is stored.",
  sources: ["PostgreSQL documentation, section 8.3, Character Types"],
  reads: (path, line) => lengthsIn(path, line) !== null,
  check: {
    code({ path, text, added }) {
      const lines = text.split("\n");
      return added.flatMap((line): Problem[] => {
        const found = lengthsIn(path, lines[line - 1] ?? "");
        if (!found) return [];
        const { field, accepted, stored } = found;
        return [
          {
            message: say`${field} is accepted with ${accepted} characters, and its column takes ${stored}: longer texts fail in the database.`,
            place: { path, line, endLine: line },
            object: field,
          },
        ];
      });
    },
  },
});

interface Lengths {
  readonly field: string;
  readonly accepted: string;
  readonly stored: string;
}

/** A line that says both lengths, of which validation has the larger one. */
function lengthsIn(path: string, line: string): Lengths | null {
  const found = path.endsWith(".go") ? inTags(line) : inField(path, line);
  return found && Number(found.accepted) > Number(found.stored) ? found : null;
}

/** The tags of a struct's field that is a string. */
function inTags(line: string): Lengths | null {
  const [, field, tags] = /^\s*(\w+)\s+\*?string\s+`([^`]*)`/.exec(line) ?? [];
  const column = /\bgorm:"([^"]*)"/.exec(tags ?? "")?.[1] ?? "";
  const rules = /\b(?:validate|binding):"([^"]*)"/.exec(tags ?? "")?.[1] ?? "";
  const stored = /\bsize:\s*(\d+)|\btype:\s*(?:var)?char(?:acter varying)?\((\d+)\)/i.exec(column);
  // What follows `dive` is said of the parts of a list.
  const accepted = /(?:^|,)(?:max|lte|len)=(\d+)/.exec(rules)?.[1];
  const length = stored?.[1] ?? stored?.[2];
  if (field === undefined || length === undefined || accepted === undefined) return null;
  return /(?:^|;)\s*-/.test(column) ? null : { field, accepted, stored: length };
}

/** A field of SQLModel with a column of its own. */
function inField(path: string, line: string): Lengths | null {
  if (!path.endsWith(".py")) return null;
  const [, field, call] = /^\s*(\w+)\s*:[^=]*=\s*Field\((.*)\)\s*(?:#.*)?$/.exec(line) ?? [];
  const accepted = /\bmax_length\s*=\s*(\d+)/.exec(call ?? "")?.[1];
  const stored = /\b(?:String|VARCHAR|Unicode)\(\s*(?:length\s*=\s*)?(\d+)/.exec(call ?? "")?.[1];
  return field === undefined || accepted === undefined || stored === undefined
    ? null
    : { field, accepted, stored };
}
