/** `casing` of the configuration, which names columns that are given no name. */
export type Casing = "snake_case" | "camelCase" | null;

/** The key of a column as Drizzle writes it in the database (drizzle-orm/src/casing.ts). */
export function cased(key: string, casing: Casing): string {
  if (casing === null) return key;
  const words = key.replace(/['\u2019]/g, "").match(/[\da-z]+|[A-Z]+(?![a-z])|[A-Z][\da-z]+/g) ?? [];
  if (casing === "snake_case") return words.map((word) => word.toLowerCase()).join("_");
  return words
    .map((word, i) => (i === 0 ? word.toLowerCase() : `${word.charAt(0).toUpperCase()}${word.slice(1)}`))
    .join("");
}
