import type { ModelStatement } from "../review/types.ts";

/** The statements of one side, those first that the other side has as well and that hang on nothing that is not shared. */
export interface Parted {
  readonly shared: readonly ModelStatement[];
  readonly own: readonly ModelStatement[];
}

/**
 * Parts the statements of one side: most of what models build is the same on both, and is built once. A statement that has the
 * name of something which differs is not shared, whatever it has it for: a table whose type has other labels, a key to a table.
 */
export function partedOf(statements: readonly ModelStatement[], others: readonly ModelStatement[]): Parted {
  const theirs = new Set(others.map(({ sql }) => sql));
  const ours = new Set(statements.map(({ sql }) => sql));
  const differing = [
    ...statements.filter(({ sql }) => !theirs.has(sql)),
    ...others.filter(({ sql }) => !ours.has(sql)),
  ];
  const own = new Set(differing);
  let left = statements.filter(({ sql }) => theirs.has(sql));
  for (let names = namesMade(differing); names.size > 0; ) {
    const hanging = left.filter(({ sql }) => wordsOf(sql).some((word) => names.has(word)));
    for (const statement of hanging) own.add(statement);
    left = left.filter((statement) => !own.has(statement));
    names = namesMade(hanging);
  }
  const shared = new Set(left);
  return { shared: left, own: statements.filter((statement) => !shared.has(statement)) };
}

/** Names of what statements make or change: whatever stands behind CREATE, ALTER or DROP and its kind. */
function namesMade(statements: readonly ModelStatement[]): ReadonlySet<string> {
  return new Set(
    statements.flatMap(({ sql }) => {
      const head = madeName.exec(sql)?.groups?.name;
      return head === undefined ? [] : wordsOf(head).slice(-1);
    }),
  );
}

const madeName =
  /^\s*(?:CREATE|ALTER|DROP)\s+(?:OR\s+REPLACE\s+|UNIQUE\s+|UNLOGGED\s+)*[A-Z]+\s+(?:CONCURRENTLY\s+)?(?:IF\s+(?:NOT\s+)?EXISTS\s+)?(?:ONLY\s+)?(?<name>(?:"[^"]*"|[\w$]+)(?:\.(?:"[^"]*"|[\w$]+))*)/i;

/** Words of a statement in lower case, quotes left out: names are among them, however they are written. */
function wordsOf(sql: string): string[] {
  return sql.toLowerCase().match(/[\p{L}\p{N}_$]+/gu) ?? [];
}
