import { attributesOf, textIn } from "./attributes.ts";
import type { PrismaBlock } from "./blocks.ts";

/** The table's or the type's name in the database, with its schema unless that is the usual one. */
export function nameOf({ name, lines }: PrismaBlock): string {
  const attributes = lines.flatMap(({ text }) => (text.startsWith("@@") ? attributesOf(text) : []));
  const said = (wanted: string) => textIn(attributes.find((one) => one.name === wanted)?.body ?? "");
  const schema = said("@schema");
  const own = said("@map") ?? name;
  return schema === null || schema === "public" ? own : `${schema}.${own}`;
}

/** The name that a line's `@map` gives a field or a label in the database. */
export function mapOf(line: string): string | null {
  return textIn(attributesOf(line).find(({ name }) => name === "map")?.body ?? "");
}
