/**
 * A statement as it reads where the schema that its connection looks in first is public: names in that schema are names in public.
 * It stays as it is where the schema's name is an alias, or a role, as well.
 */
export function asPublic(sql: string, schema: string): string {
  const name = schema.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const written = `(?:"${name}"|${name})`;
  const isOtherwise = new RegExp(
    `(?:\\bas\\s+|(?<!\\b(?:schema|exists|to))(?<=[\\w")])\\s+|\\bto\\s+)${written}(?!["\\w$]|\\s*\\.)`,
    "i",
  );
  const qualified = new RegExp(`(?<![\\w$.'"])${written}\\s*\\.\\s*(?=["\\w])`, "gi");
  return isOtherwise.test(sql) ? sql : sql.replace(qualified, "public.");
}
