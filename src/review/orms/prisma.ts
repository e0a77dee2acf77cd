import { type Declarations, type Declared, defineOrm } from "../orm.ts";
import { directoryOf, isWithin } from "../paths.ts";
import { argumentOf, attributesOf, fieldsIn, textIn } from "../prisma/attributes.ts";
import { type PrismaBlock, prismaBlocks } from "../prisma/blocks.ts";
import type { ModelFile } from "../types.ts";

/**
 * Prisma's schema is one file, or all `.prisma` files of a folder, beside the folder of the migrations (Prisma documentation,
 * Prisma schema, Location). What it declares is worked out by Prisma's own engine; here is only found where it stands.
 */
export default defineOrm({
  title: "Prisma",
  frameworks: ["prisma"],
  isModel: (path) => path.endsWith(".prisma"),
  filesFor(directory, { paths }) {
    const home = directoryOf(directory);
    // At the root of a repository, files of other schemas would be taken along.
    const folder = home === "" ? "prisma" : home;
    return paths.filter(
      (path) => path.endsWith(".prisma") && isWithin(path, folder) && !/(^|\/)generated\//.test(path),
    );
  },
  read: (files) => ({ declarations: locate(files), statements: null, skipped: [] }),
});

function locate(files: readonly ModelFile[]): Declarations {
  const found = new Map<string, Declared>();
  const put = (object: string, declared: Declared) => {
    if (!found.has(object)) found.set(object, declared);
  };
  const blocks = files.flatMap((file) => prismaBlocks(file));
  for (const block of blocks) {
    if (block.kind === "enum") locateEnum(block, put);
    if (block.kind === "model") locateModel(block, put);
  }
  const source = blocks.find(({ kind }) => kind === "datasource");
  return {
    find: (object) => found.get(object) ?? null,
    isPartial: () => false,
    isIncomplete: false,
    hasForeignKeys: !source?.lines.some(({ text }) => /^relationMode\s*=\s*"prisma"/.test(text)),
  };
}

type Put = (object: string, declared: Declared) => void;

function locateEnum(block: PrismaBlock, put: Put): void {
  const name = nameOf(block);
  put(name, plainAt(block.path, block.line, block.line));
  for (const { text, line, endLine } of block.lines) {
    if (text.startsWith("@@")) continue;
    const [label = ""] = /^\w+/.exec(text) ?? [];
    if (label !== "") put(`${name}.${mapOf(text) ?? label}`, plainAt(block.path, line, endLine));
  }
}

function locateModel(block: PrismaBlock, put: Put): void {
  const table = nameOf(block);
  put(table, plainAt(block.path, block.line, block.line));
  const columns = new Map<string, string>();
  for (const { text, line, endLine } of block.lines) {
    const field = /^(\w+)\s+(\S+)/.exec(text);
    const [, name, type = ""] = field ?? [];
    if (name === undefined) continue;
    const column = mapOf(text) ?? name;
    columns.set(name, column);
    const names = attributesOf(text).map((attribute) => attribute.name);
    const declared = {
      path: block.path,
      line,
      endLine,
      hasOwnDefault: names.includes("default") || names.includes("updatedAt"),
      isOpaque: type.startsWith("Unsupported("),
      unsaid: [],
    };
    put(`${table}.${column}`, declared);
    if (names.includes("id") || names.includes("unique")) put(`${table}(${column})`, declared);
  }
  // Columns are known by now, so that keys can speak of them by their names in the database.
  for (const { text, line, endLine } of block.lines) {
    for (const { name, body } of attributesOf(text)) {
      const list = name === "relation" ? argumentOf(body, "fields") : keysIn(name, body);
      if (list === null) continue;
      const own = fieldsIn(list).map((field) => columns.get(field) ?? field);
      put(`${table}(${own.join(", ")})`, plainAt(block.path, line, endLine));
    }
  }
}

/** The list of fields of a key or an index of a model. */
function keysIn(name: string, body: string): string | null {
  if (!["@index", "@unique", "@id"].includes(name)) return null;
  return argumentOf(body, "fields") ?? argumentOf(body, null);
}

/** The table's or the type's name in the database, with its schema unless that is the usual one. */
function nameOf({ name, lines }: PrismaBlock): string {
  const attributes = lines.flatMap(({ text }) => (text.startsWith("@@") ? attributesOf(text) : []));
  const said = (wanted: string) => textIn(attributes.find((one) => one.name === wanted)?.body ?? "");
  const schema = said("@schema");
  const own = said("@map") ?? name;
  return schema === null || schema === "public" ? own : `${schema}.${own}`;
}

function mapOf(line: string): string | null {
  return textIn(attributesOf(line).find(({ name }) => name === "map")?.body ?? "");
}

function plainAt(path: string, line: number, endLine: number): Declared {
  return { path, line, endLine, hasOwnDefault: false, isOpaque: false, unsaid: [] };
}
