import { bareName, conventionalName } from "../advice.ts";
import { quoteIdentifier, quoteTable } from "../sql/names.ts";
import type { Schema, TableName } from "../types.ts";
import { besideTable, isTooLong } from "./names.ts";

/** A trigger that writes to both columns, and how it goes. */
export interface Sync {
  readonly create: readonly string[];
  readonly drop: readonly string[];
}

interface Columns {
  readonly schema: Schema;
  readonly table: TableName;
  readonly from: string;
  readonly to: string;
}

/** Whatever is written to the old column is written to the new one, too: of a type, or what `using` makes of the row. */
export function syncOneWay(columns: Columns, type: string, using: string | null): Sync | null {
  const { table, from, to } = columns;
  const value =
    using === null
      ? `NEW.${quoteIdentifier(from)}::${type}`
      : `(SELECT (${using})::${type} FROM (SELECT NEW.*) AS ${quoteIdentifier(bareName(table))})`;
  return trigger(columns, `  NEW.${quoteIdentifier(to)} := ${value};`);
}

/** Old code writes the one column, new code the other: each is written to both. */
export function syncBothWays(columns: Columns): Sync | null {
  const [old, now] = [quoteIdentifier(columns.from), quoteIdentifier(columns.to)];
  return trigger(
    columns,
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

function trigger({ schema, table, from, to }: Columns, body: string): Sync | null {
  const plain = conventionalName(table, [from, to], "sync");
  if (plain === null) return null;
  const bare = isLast(plain, table, schema) ? plain : `zz_${plain}`;
  if ((bare !== plain && isTooLong(plain)) || !isLast(bare, table, schema)) return null;
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

/** Triggers fire in the order of their names (PostgreSQL documentation, CREATE TRIGGER): ours must see what the others have made. */
function isLast(name: string, table: TableName, { triggers }: Schema): boolean {
  return triggers.every(
    (other) => other.table !== table || !/ BEFORE /.test(other.definition) || other.name < name,
  );
}
