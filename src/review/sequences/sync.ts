import { bareName, conventionalName } from "../advice.ts";
import { quoteIdentifier, quoteTable } from "../sql/names.ts";
import type { TableName } from "../types.ts";
import { besideTable } from "./names.ts";

/** A trigger that writes to both columns, and how it goes. */
export interface Sync {
  readonly create: readonly string[];
  readonly drop: readonly string[];
}

interface Columns {
  readonly table: TableName;
  readonly from: string;
  readonly to: string;
}

/** Whatever is written to the old column is written to the new one, too: of a type, or what `using` makes of the row. */
export function syncOneWay({ table, from, to }: Columns, type: string, using: string | null): Sync | null {
  const value =
    using === null
      ? `NEW.${quoteIdentifier(from)}::${type}`
      : `(SELECT (${using})::${type} FROM (SELECT NEW.*) AS ${quoteIdentifier(bareName(table))})`;
  return trigger({ table, from, to }, `  NEW.${quoteIdentifier(to)} := ${value};`);
}

/** Old code writes the one column, new code the other: each is written to both. */
export function syncBothWays({ table, from, to }: Columns): Sync | null {
  const [old, now] = [quoteIdentifier(from), quoteIdentifier(to)];
  return trigger(
    { table, from, to },
    `  IF TG_OP = 'INSERT' THEN
    IF NEW.${now} IS NULL THEN
      NEW.${now} := NEW.${old};
    ELSE
      NEW.${old} := NEW.${now};
    END IF;
  ELSIF NEW.${now} IS DISTINCT FROM OLD.${now} THEN
    NEW.${old} := NEW.${now};
  ELSE
    NEW.${now} := NEW.${old};
  END IF;`,
  );
}

function trigger({ table, from, to }: Columns, body: string): Sync | null {
  const bare = conventionalName(table, [from, to], "sync");
  if (bare === null) return null;
  const name = besideTable(table, bare);
  const onTable = `${quoteIdentifier(bare)} ON ${quoteTable(table)}`;
  const declared = onTable.replace(" ON ", " BEFORE INSERT OR UPDATE ON ");
  return {
    create: [
      `CREATE FUNCTION ${name}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
${body}
  RETURN NEW;
END $$`,
      `CREATE TRIGGER ${declared}
  FOR EACH ROW EXECUTE FUNCTION ${name}()`,
    ],
    drop: [`DROP TRIGGER ${onTable}`, `DROP FUNCTION ${name}()`],
  };
}
