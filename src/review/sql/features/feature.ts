/**
 * What PostgreSQL learnt when: syntax that an older server refuses. Every version stands in the release notes of that version
 * (documentation, appendix E) and in the "Compatibility" or "Notes" of the command's page, and is run on servers of all versions
 * from 10 on by `bench/versions-of-postgres.mjs`.
 */

/** A node of PostgreSQL's syntax tree, by its fields. */
export type Fields = Readonly<Record<string, unknown>>;

/** Syntax that came with a version. */
export interface Feature {
  /** As people write it. */
  readonly name: string;
  readonly since: number;
  /** The kind of node that holds it. */
  readonly node: string;
  isUsed(fields: Fields): boolean;
  /** What does the same, or nearly, on an older server; null when nothing does in one step. */
  readonly instead: string | null;
  /** The function that it is; where a database has one of its own by this name, that is called. */
  readonly function?: string;
}

export const always = () => true;
export const has = (name: string) => (fields: Fields) => Boolean(fields[name]);
export const is = (name: string, value: unknown) => (fields: Fields) => fields[name] === value;

/** Whether the tree below a field has this text, as JSON writes it. */
export function holds(part: unknown, text: string): boolean {
  return JSON.stringify(part ?? null).includes(text);
}
