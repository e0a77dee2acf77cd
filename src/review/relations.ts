import { bareName } from "./advice.ts";
import type { Schema, Table, TableName } from "./types.ts";

/** The relation of a name among those that there are; where there is none, the only one of that name in another schema, to which the search path may lead. */
export function relationNamed(name: TableName, names: Iterable<TableName>): TableName | undefined {
  const all = new Set(names);
  if (all.has(name) || name.includes(".")) return all.has(name) ? name : undefined;
  const [only, ...more] = [...all].filter((one) => bareName(one) === name);
  return more.length === 0 ? only : undefined;
}

/** The table that a name such as "user" (of user_id) or "users" means, in the same schema; null when there is none. */
export function tableOfPrefix({ tables }: Schema, beside: Table, prefix: string): Table | null {
  const dot = beside.name.indexOf(".");
  const schema = beside.name.slice(0, dot + 1);
  const names = [...singularAndPlural(prefix)].map((name) => `${schema}${name}`.toLowerCase());
  return tables.find(({ name }) => names.includes(name.toLowerCase())) ?? null;
}

/** A noun and its usual English plural. */
export function singularAndPlural(noun: string): ReadonlySet<string> {
  const forms = [noun, `${noun}s`];
  if (/[^aeiou]y$/.test(noun)) forms.push(`${noun.slice(0, -1)}ies`);
  if (/(?:s|x|ch|sh)$/.test(noun)) forms.push(`${noun}es`);
  if (/ies$/.test(noun)) forms.push(`${noun.slice(0, -3)}y`);
  if (/(?:s|x|ch|sh)es$/.test(noun)) forms.push(noun.slice(0, -2));
  if (/[^s]s$/.test(noun)) forms.push(noun.slice(0, -1));
  return new Set(forms);
}
