import { parse } from "yaml";
import type { Repository } from "./framework.ts";
import { directoryOf } from "./paths.ts";
import type { Settings } from "./types.ts";
import { compareText } from "./versions.ts";

/**
 * What Flyway's configuration files say that changes what is sent, as keys in small letters: `placeholders.<name>`,
 * `placeholderreplacement`, `mixed`. Flyway's own files, and those of Spring Boot, Quarkus and Micronaut, count for the folders beneath
 * their own and for the resources beside them; the nearest file wins (Flyway documentation, Configuration Files; Spring Boot
 * documentation, spring.flyway.*).
 */
export function flywaySettings({ paths, text }: Repository, directory: string): Settings {
  const files = paths
    .filter((path) => isConfiguration(path) && isAbove(rootOf(path), directory))
    .sort((a, b) => rootOf(a).length - rootOf(b).length || compareText(a, b));
  const entries = files.flatMap((path) => {
    const content = text(path, directory);
    return content === null ? [] : entriesIn(path, content);
  });
  return Object.fromEntries(
    entries.filter(([key, value]) => key.startsWith("placeholders.") || sent.test(`${key}=${value}`)),
  );
}

/** `executeInTransaction=true` is what Flyway does anyway. */
const sent = /^(placeholder(replacement|prefix|suffix)|mixed)=|^executeintransaction=false$/;

/** Settings of one migration, of the file beside it (Flyway documentation, Script Configuration). */
export function scriptSettings(content: string): Settings {
  const keys = /^\s*(executeInTransaction|placeholderReplacement|shouldExecute)\s*=\s*(.*?)\s*$/gm;
  return Object.fromEntries(
    [...content.matchAll(keys)].map(([, key = "", value = ""]) => [key.toLowerCase(), value]),
  );
}

/** Files that can hold Flyway's configuration, by their names. */
export const configurationFiles = /(^|\/)(flyway[^/]*\.(conf|toml|properties)|[^/]+\.flyway\.toml)$/;

function isConfiguration(path: string): boolean {
  return configurationFiles.test(path) || /(^|\/)application(-[\w-]+)?\.(properties|ya?ml)$/.test(path);
}

/** The folder that a configuration file speaks for: that of its module. */
function rootOf(path: string): string {
  return directoryOf(path).replace(/(^|\/)(conf|config|src\/main\/resources(\/config)?)$/, "");
}

function isAbove(root: string, directory: string): boolean {
  return root === "" || directory === root || directory.startsWith(`${root}/`);
}

type Entry = readonly [key: string, value: string];

function entriesIn(path: string, content: string): Entry[] {
  if (/\.ya?ml$/.test(path)) return yamlEntries(content);
  const isToml = path.endsWith(".toml");
  let section = "";
  return content.split(/\r?\n/).flatMap((line): Entry[] => {
    const table = isToml ? /^\s*\[([^\]]+)\]\s*$/.exec(line)?.[1] : undefined;
    if (table !== undefined) {
      section = `${table}.`;
      return [];
    }
    const [, key, value] = /^\s*([^#!=\s][^=\s]*)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (key === undefined || value === undefined) return [];
    const entry = entryOf(`${section}${key}`, isToml ? value.replace(/^(["'])(.*)\1$/, "$2") : value);
    return entry === null ? [] : [entry];
  });
}

function yamlEntries(content: string): Entry[] {
  const found: Entry[] = [];
  const visit = (value: unknown, key: string) => {
    if (typeof value === "object" && value !== null) {
      for (const [name, item] of Object.entries(value)) visit(item, key === "" ? name : `${key}.${name}`);
    } else if (value !== null && value !== undefined) {
      const entry = entryOf(key, String(value));
      if (entry !== null) found.push(entry);
    }
  };
  try {
    visit(parse(content.split(/^---[ \t]*$/m)[0] ?? "", { maxAliasCount: 100 }), "");
  } catch {
    // Files of other tools and templates are no YAML; nothing is known from them then.
    return [];
  }
  return found;
}

/** Keys after `flyway.`, with hyphens and capitals made one; names of placeholders stay as they are but for capitals. */
function entryOf(key: string, value: string): Entry | null {
  const own = /(?:^|\.)flyway\.(?:datasources\.[^.]+\.)?(.*)$/.exec(key.replaceAll('"', ""))?.[1];
  if (own === undefined) return null;
  const placeholder = /^placeholders\.(.+)$/i.exec(own)?.[1];
  if (placeholder !== undefined) return [`placeholders.${placeholder.toLowerCase()}`, value];
  return [own.replaceAll("-", "").toLowerCase(), value];
}
