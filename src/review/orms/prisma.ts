import { reasons } from "../errors.ts";
import { type Declarations, type Declared, defineOrm, type KeyKind } from "../orm.ts";
import { argumentOf, attributesOf, fieldsIn } from "../prisma/attributes.ts";
import { type PrismaBlock, prismaBlocks } from "../prisma/blocks.ts";
import { type Externals, externalConfigs, externalsIn } from "../prisma/external.ts";
import { schemaFilesOf } from "../prisma/locations.ts";
import { mapOf, nameOf } from "../prisma/names.ts";
import { push } from "../prisma/push.ts";
import { remedyFor } from "../prisma/remedy.ts";
import type { ModelFile } from "../types.ts";

/**
 * Prisma's schema is one file, or all `.prisma` files of a folder. What it declares is worked out by Prisma's own engine; here
 * is only found where it stands.
 */
export default defineOrm({
  title: "Prisma",
  frameworks: ["prisma"],
  isModel: (path) => path.endsWith(".prisma"),
  filesFor(directory, repository) {
    const schema = schemaFilesOf(directory, repository);
    return [...schema, ...externalConfigs(schema, repository)];
  },
  read(files) {
    const externals = externalsIn(files);
    const schema = files.filter(({ path }) => path.endsWith(".prisma"));
    const skipped = files.flatMap(({ path }) =>
      externals === null && !path.endsWith(".prisma")
        ? [{ path, line: null, reason: reasons.prismaExternals(), matters: false }]
        : [],
    );
    return { declarations: locate(schema, externals), statements: null, skipped };
  },
  remedyFor,
  push,
});

/** Of tables that are managed elsewhere nothing is compared; where those are not known, of none that only one side has. */
function locate(files: readonly ModelFile[], externals: Externals | null): Declarations {
  const elsewhere = new Set(externals?.tables.map((name) => name.replace(/^public\./, "")));
  const found = new Map<string, Declared>();
  const put: Put = (object, declared, kind = null) => {
    for (const name of kind === null ? [object] : [object, `${object} ${kind}`])
      if (!found.has(name)) found.set(name, declared);
  };
  const blocks = files.flatMap((file) => prismaBlocks(file));
  for (const block of blocks) {
    if (block.kind === "enum") locateEnum(block, put);
    if (block.kind === "model") locateModel(block, put);
  }
  const source = blocks.find(({ kind }) => kind === "datasource");
  return {
    find: (object, kind) => found.get(`${object} ${kind}`) ?? found.get(object) ?? null,
    isPartial: (table) => externals === null || elsewhere.has(table),
    isIncomplete: externals === null,
    policiesOf: () => null,
    hasForeignKeys: !source?.lines.some(({ text }) =>
      /^(relationMode|referentialIntegrity)\s*=\s*"prisma"/.test(text),
    ),
  };
}

type Put = (object: string, declared: Declared, kind?: KeyKind | null) => void;

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
  const isIgnored = block.lines.some(({ text }) => /^@@ignore\b/.test(text));
  put(table, { ...plainAt(block.path, block.line, block.line), isUnused: isIgnored });
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
      isUnused: isIgnored || names.includes("ignore"),
    };
    put(`${table}.${column}`, declared);
    if (names.includes("id") || names.includes("unique")) put(`${table}(${column})`, declared, "unique");
  }
  // Columns are known by now, so that keys can speak of them by their names in the database.
  for (const { text, line, endLine } of block.lines) {
    for (const { name, body } of attributesOf(text)) {
      const list = name === "relation" ? argumentOf(body, "fields") : keysIn(name, body);
      if (list === null) continue;
      const own = fieldsIn(list).map((field) => columns.get(field) ?? field);
      put(`${table}(${own.join(", ")})`, plainAt(block.path, line, endLine), kinds[name]);
    }
  }
}

const kinds: Readonly<Record<string, KeyKind>> = {
  relation: "foreign key",
  "@index": "index",
  "@unique": "unique",
  "@id": "unique",
};

/** The list of fields of a key or an index of a model. */
function keysIn(name: string, body: string): string | null {
  if (!["@index", "@unique", "@id"].includes(name)) return null;
  return argumentOf(body, "fields") ?? argumentOf(body, null);
}

function plainAt(path: string, line: number, endLine: number): Declared {
  return { path, line, endLine, hasOwnDefault: false, isOpaque: false, unsaid: [] };
}
