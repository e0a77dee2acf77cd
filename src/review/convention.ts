import type { Column, Schema } from "./types.ts";

/** Columns of a kind that make it a habit of the schema, as long as the better kind is rarer. */
const habit = 3;

/**
 * Whether the schema as it was has settled on what a rule advises against. One column that differs from all others helps
 * nobody, so that such advice is not given then.
 */
export function isSettled(
  base: Schema | null,
  isUsual: (column: Column) => boolean,
  isBetter: (column: Column) => boolean,
): boolean {
  const columns = (base?.tables ?? []).flatMap((table) => table.columns);
  const usual = columns.filter(isUsual).length;
  return usual >= habit && usual > columns.filter(isBetter).length;
}

/** A place to load rows into as they come, whose types are those of the source. */
export function isLandingTable(name: string): boolean {
  return /(?:^|[._])(?:staging|stage|stg|raw|import|imports|imported|landing|tmp|temp)(?:[._]|$)/i.test(name);
}

/** Text of any length. */
export function isText(type: string): boolean {
  return /^(?:text|citext|character varying(?:\(\d+\))?|character(?:\(\d+\))?)$/.test(type);
}
