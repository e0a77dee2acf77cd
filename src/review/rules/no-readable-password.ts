import { placeOfColumn } from "../additions.ts";
import { isText } from "../convention.ts";
import { defineRule } from "../rule.ts";
import { say } from "../text.ts";
import type { Column, Problem, Severity, Table } from "../types.ts";

export default defineRule({
  summary: "Store a hash of a password, never the password",
  why: "Whoever reads the table, a backup or a log has every password, and those that people use elsewhere too.",
  instead: "Store a hash made for passwords, such as argon2 or bcrypt, and name the column so.",
  // A column that is too short for any hash holds passwords; of others only the name tells.
  severity: "warning",
  ignoreWhen: "the column holds a hash, whatever it is called.",
  sources: ["PostgreSQL documentation, section F.26.2, Password Hashing Functions"],
  check: {
    additions(added) {
      return added.columns.flatMap(({ table, column }): Problem[] => {
        const rest = {
          wanted: { kind: "absent", table: table.name, column: column.name },
          ...placeOfColumn(added, table, column.name),
          object: `${table.name}.${column.name}`,
        } as const;
        if (isRepeated(column))
          return [
            {
              message: say`${column.name} of ${table.name} is the password typed a second time: it is compared, and not stored.`,
              instead: say`Leave the column out.`,
              ...rest,
            },
          ];
        const severity = severityOf(table, column);
        if (severity === null) return [];
        const length = lengthOf(column);
        return [
          {
            message:
              severity === "warning" && length !== null
                ? say`${column.name} of ${table.name} is too short for a hash: its ${length} characters can only hold the password itself.`
                : say`${column.name} of ${table.name} reads as if it held the password itself.`,
            ...placeOfColumn(added, table, column.name),
            object: `${table.name}.${column.name}`,
            severity,
          },
        ];
      });
    },
  },
});

/** What a form asks for twice, so that nobody mistypes it. */
function isRepeated({ name, type }: Column): boolean {
  return (
    isText(type) &&
    /^(?:password_?confirm(?:ation)?|confirm(?:ed)?_?password|password_?(?:repeat|again|verify)|(?:repeat|verify|re)_?password)$/i.test(
      name,
    )
  );
}

/** Characters of a bcrypt hash; others are longer still. */
const shortestHash = 60;

function severityOf({ columns }: Table, column: Column): Severity | null {
  const { name, type } = column;
  if (!isText(type)) return null;
  if (/^(?:plain_?password|password_?plain|clear_?password|password_clear)$/i.test(name)) return "warning";
  if (!/^(?:password|passwd|pwd|user_password)$/i.test(name)) return null;
  // A hash that needs its salt beside it, or a second column that holds the hash.
  if (columns.some((other) => /(?:^|_)(?:salt|password_hash|hashed_password)$/i.test(other.name)))
    return null;
  const length = lengthOf(column);
  return length !== null && length < shortestHash && length !== 40 && length !== 32 ? "warning" : "info";
}

function lengthOf({ type }: Column): number | null {
  const length = /\((\d+)\)$/.exec(type)?.[1];
  return length === undefined ? null : Number(length);
}
