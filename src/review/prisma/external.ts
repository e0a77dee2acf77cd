import type { ModelRepository } from "../orm.ts";
import { directoryOf, fileNameOf, isWithin } from "../paths.ts";
import type { ModelFile } from "../types.ts";

/** Tables and enums that Prisma Migrate passes over, as the configuration names them: `public.users`. */
export interface Externals {
  readonly tables: readonly string[];
  readonly enums: readonly string[];
}

export const configName = /(^|\/)(?:prisma\.config\.[cm]?[jt]s|\.config\/prisma\.[cm]?[jt]s)$/;

/** The configurations around a schema that name what is managed elsewhere (Prisma documentation, External tables). */
export function externalConfigs(schema: readonly string[], { paths, text }: ModelRepository): string[] {
  const [first] = schema;
  if (first === undefined) return [];
  return paths.filter((path) => {
    if (!configName.test(path)) return false;
    const folder = directoryOf(path);
    const root = fileNameOf(folder) === ".config" ? directoryOf(folder) : folder;
    return (root === "" || isWithin(first, root)) && /\bexternal\s*:/.test(text(path) ?? "");
  });
}

/** What the configurations among the files name; null where a list is not written out. */
export function externalsIn(files: readonly ModelFile[]): Externals | null {
  const texts = files
    .filter(({ path }) => configName.test(path))
    .map(({ text }) => text.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, ""));
  const [tables, enums] = ["tables", "enums"].map((key) => {
    const lists = texts.map((text) => listIn(text, key));
    return lists.includes(null) ? null : lists.flatMap((list) => list ?? []);
  });
  return tables && enums ? { tables, enums } : null;
}

function listIn(text: string, key: string): string[] | null {
  const [, said] = new RegExp(`\\b${key}\\s*:\\s*\\{\\s*external\\s*:\\s*([^}]*)\\}`).exec(text) ?? [];
  if (said === undefined) return [];
  const [, inner] = /^\[([^\]]*)\]\s*,?\s*$/.exec(said.trim()) ?? [];
  if (inner === undefined) return null;
  const items = inner
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "");
  const names = items.map((item) => /^["'`]([^"'`$]+)["'`]$/.exec(item)?.[1]);
  return names.includes(undefined) ? null : names.flatMap((name) => name ?? []);
}

/** The SQL without the keys that lead to tables which it does not make. */
export function withoutKeysTo(tables: readonly string[], sql: string): string {
  const external = new Set(tables);
  return sql.replace(
    /ALTER TABLE [^;]*? ADD CONSTRAINT [^;]*? REFERENCES ((?:"[^"]*"\.)?"[^"]*")[^;]*;/g,
    (statement, name: string) => {
      const plain = name.replaceAll('"', "");
      return external.has(plain.includes(".") ? plain : `public.${plain}`) ? "" : statement;
    },
  );
}
