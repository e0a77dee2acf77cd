import type { Remedy } from "../orm.ts";
import type { Edit, ModelFile, Wanted } from "../types.ts";
import { attributesOf } from "./attributes.ts";
import { type PrismaBlock, prismaBlocks } from "./blocks.ts";
import { mapOf, nameOf } from "./names.ts";

/** How a Prisma schema declares what a rule asks for (Prisma documentation, Prisma schema reference). */
export function remedyFor(wanted: Wanted, files: readonly ModelFile[]): Remedy | null {
  const model = files
    .flatMap((file) => prismaBlocks(file))
    .find((block) => block.kind === "model" && nameOf(block) === wanted.table);
  const file = files.find(({ path }) => path === model?.path);
  if (!model || !file) return null;
  if (wanted.kind === "index") {
    const fields = wanted.columns.map((column) => fieldOf(model, column));
    if (fields.some((field) => field === null)) return null;
    const method = wanted.method === "gin" ? ", type: Gin" : "";
    const words = `@@index([${fields.join(", ")}]${method})`;
    return { words, edits: [attributeEdit(model, file, words)] };
  }
  const field = fieldOf(model, wanted.column);
  if (field === null) return null;
  if (wanted.kind === "absent") return null;
  if (wanted.kind === "not null") return { words: `${field} without ?`, edits: null };
  const type = types[wanted.type];
  return type === undefined ? null : { words: `${field} ${type}`, edits: null };
}

const types: Readonly<Record<string, string>> = {
  "timestamp with time zone": "DateTime @db.Timestamptz",
  date: "DateTime @db.Date",
  uuid: "String @db.Uuid",
  inet: "String @db.Inet",
  text: "String",
  integer: "Int",
  bigint: "BigInt",
  numeric: "Decimal",
  boolean: "Boolean",
  jsonb: "Json",
};

/** The field of a column; null when there is none. */
function fieldOf({ lines }: PrismaBlock, column: string): string | null {
  for (const { text } of lines) {
    const name = /^(\w+)\s+\S/.exec(text)?.[1];
    if (name !== undefined && (mapOf(text) ?? name) === column) return name;
  }
  return null;
}

/** Among the attributes of the model, which stand at its end; as `prisma format` would write it. */
function attributeEdit({ lines, endLine }: PrismaBlock, { path, text }: ModelFile, words: string): Edit {
  const own = lines.filter((line) => line.text.startsWith("@@"));
  const isKey = ({ text: line }: { readonly text: string }) =>
    attributesOf(line).some(({ name }) => /^@(?:id|unique|index|fulltext)$/.test(name));
  const above = own.findLast(isKey);
  const last = above ?? lines.findLast((line) => !own.includes(line));
  const all = text.split("\n");
  const at = last?.endLine ?? endLine - 1;
  const start = all.slice(0, at).join("\n").replace(/\r$/, "").length;
  const newline = text.includes("\r\n") ? "\r\n" : "\n";
  const indent = /^[ \t]*/.exec(all[at - 1] ?? "")?.[0] ?? "  ";
  return { path, start, end: start, text: `${newline}${above ? "" : newline}${indent}${words}` };
}
