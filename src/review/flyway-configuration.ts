import { parse } from "yaml";
import type { Repository } from "./framework.ts";
import { directoryOf, fileNameOf, isWithin } from "./paths.ts";

/** What a file that may configure Flyway says: keys in small letters without what parts their words, `placeholders.<name>`. */
export type Entry = readonly [key: string, value: string];

/** Files that can hold Flyway's configuration, by their names. */
export const configurationFiles = /(^|\/)(flyway[^/]*\.(conf|toml|properties)|[^/]+\.flyway\.toml)$/;

const builds = /(^|\/)(pom\.xml|build\.gradle(\.kts)?)$/;
const started =
  /(^|\/)((docker-)?compose([.-][\w-]+)*\.ya?ml|\.github\/workflows\/[^/]*(flyway|migrat|deploy|release|db)[^/]*\.ya?ml)$/i;

/** Whether a file may configure Flyway: its own, those of Spring Boot, Quarkus and Micronaut, builds, and what starts it. */
function isConfiguration(path: string): boolean {
  return (
    configurationFiles.test(path) ||
    /(^|\/)application(-[\w-]+)?\.(properties|ya?ml)$/.test(path) ||
    builds.test(path) ||
    started.test(path)
  );
}

/** Whether what it says holds wherever the migrations run: not for a profile, nor for one place that they are started at. */
export function isForAll(path: string): boolean {
  return !/^application-/.test(fileNameOf(path)) && !started.test(path);
}

/** The folder that a configuration file speaks for: that of its module. */
export function rootOf(path: string): string {
  return directoryOf(path).replace(
    /(^|\/)(conf|config|src\/main\/resources(\/config)?|\.github\/workflows)$/,
    "",
  );
}

/** Those that count for a folder: of each listing they are looked for once. */
export function configurationsAbove(directory: string, { paths }: Repository): string[] {
  const all = configurations.get(paths) ?? paths.filter(isConfiguration);
  configurations.set(paths, all);
  return all.filter((path) => isWithin(directory, rootOf(path)));
}

const configurations = new WeakMap<readonly string[], string[]>();

/** What a file says, in the order in which it stands there. */
export function entriesIn(path: string, content: string): Entry[] {
  if (started.test(path)) return startedEntries(content);
  if (path.endsWith(".xml")) return mavenEntries(content);
  if (builds.test(path)) return gradleEntries(content);
  if (/\.ya?ml$/.test(path)) return yamlEntries(content);
  return lineEntries(content, path.endsWith(".toml"));
}

function lineEntries(content: string, isToml: boolean): Entry[] {
  let section = "";
  return content.split(/\r?\n/).flatMap((line): Entry[] => {
    const table = isToml ? /^\s*\[([^\]]+)\]\s*$/.exec(line)?.[1] : undefined;
    if (table !== undefined) {
      section = `${table}.`;
      return [];
    }
    const [, key, value] = /^\s*([^#!=\s][^=\s]*)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (key === undefined || value === undefined) return [];
    return entryOf(`${section}${key}`, isToml ? tomlValue(value) : value);
  });
}

/** A text, a number, or a list as the texts that it holds. */
function tomlValue(value: string): string {
  if (!value.startsWith("[")) return value.replace(/^(["'])(.*)\1$/, "$2");
  return [...value.matchAll(/(["'])(.*?)\1/g)].map(([, , item]) => item).join(",");
}

function yamlEntries(content: string): Entry[] {
  const found: Entry[] = [];
  const visit = (value: unknown, key: string) => {
    if (Array.isArray(value)) found.push(...entryOf(key, value.map(String).join(",")));
    else if (typeof value === "object" && value !== null) {
      for (const [name, item] of Object.entries(value)) visit(item, key === "" ? name : `${key}.${name}`);
    } else if (value !== null && value !== undefined) found.push(...entryOf(key, String(value)));
  };
  try {
    visit(parse(content.split(/^---[ \t]*$/m)[0] ?? "", { maxAliasCount: 100 }), "");
  } catch {
    // Files of other tools and templates are no YAML; nothing is known from them then.
    return [];
  }
  return found;
}

/** The plugin's own `<configuration>`, and properties of the project (Flyway documentation, Maven goal, Configuration). */
function mavenEntries(content: string): Entry[] {
  const plugin = /<artifactId>\s*flyway-maven-plugin\s*<[\s\S]*?<\/plugin>/.exec(content)?.[0] ?? "";
  const own = /<configuration>([\s\S]*?)<\/configuration>/.exec(plugin)?.[1] ?? "";
  const placeholders = /<placeholders>([\s\S]*?)<\/placeholders>/.exec(own)?.[1] ?? "";
  const lists = [...own.matchAll(/<(locations|sqlMigrationSuffixes)>([\s\S]*?)<\/\1>/g)];
  const plain = [placeholders, ...lists.map(([whole]) => whole)].reduce(
    (rest, part) => rest.replace(part, ""),
    own,
  );
  return [
    ...[...content.matchAll(/<flyway\.([\w.]+)>([^<]*)</g)].flatMap(([, key, value]) =>
      entryOf(`flyway.${key}`, (value ?? "").trim()),
    ),
    ...tagsIn(plain).flatMap(([key, value]) => entryOf(`flyway.${key}`, value)),
    ...tagsIn(placeholders).flatMap(([key, value]) => entryOf(`flyway.placeholders.${key}`, value)),
    ...lists.flatMap(([, key, items = ""]) =>
      entryOf(
        `flyway.${key}`,
        tagsIn(items)
          .map(([, item]) => item)
          .join(","),
      ),
    ),
  ];
}

function tagsIn(xml: string): (readonly [string, string])[] {
  return [...xml.matchAll(/<([\w.-]+)>([^<]*)<\/\1>/g)].map(([, name = "", value = ""]) => [
    name,
    value.trim(),
  ]);
}

/** Settings in the block `flyway { … }` that are texts or lists of them (Flyway documentation, Gradle Task, Configuration). */
function gradleEntries(content: string): Entry[] {
  const start = /^[ \t]*flyway\s*\{/m.exec(content);
  if (!start) return [];
  const block = content.slice(start.index + start[0].length).split(/^\s*\}/m)[0] ?? "";
  return [...block.matchAll(/^[ \t]*(\w+)\s*(?:=|\.set\()\s*(.+?)\)?[ \t]*(?:\/\/.*)?$/gm)].flatMap(
    ([, key = "", value = ""]) => {
      const pairs = [...value.matchAll(/["']?([\w.-]+)["']?\s*(?::|\bto\b)\s*(["'])(.*?)\2/g)];
      if (key === "placeholders")
        return pairs.flatMap(([, name, , item]) => entryOf(`flyway.placeholders.${name}`, item ?? ""));
      const texts = [...value.matchAll(/(["'])(.*?)\1/g)].map(([, , item]) => item);
      const plain = /^(true|false)$/.exec(value)?.[0];
      return plain === undefined && texts.length === 0
        ? []
        : entryOf(`flyway.${key}`, plain ?? texts.join(","));
    },
  );
}

/** `FLYWAY_OUT_OF_ORDER: true`, `- SPRING_FLYWAY_…=…` and `-outOfOrder=true`. */
function startedEntries(content: string): Entry[] {
  const variables = [
    ...content.matchAll(
      /\b(?:SPRING_|QUARKUS_)?FLYWAY_([A-Z0-9_]+)["']?\s*[:=][ \t]*(["']?)([^"'\n#]*?)\2[ \t]*$/gm,
    ),
  ].flatMap(([, name = "", , value = ""]) => {
    const placeholder = /^PLACEHOLDERS_(.+)$/.exec(name)?.[1];
    return entryOf(
      placeholder ? `flyway.placeholders.${placeholder}` : `flyway.${name.replaceAll("_", "")}`,
      value,
    );
  });
  if (!/\bflyway\b/i.test(content)) return [];
  const flags = [...content.matchAll(/(?<=[\s"'[,])-([a-z]\w*(?:\.\w+)?)=(["']?)([^"'\s]*)\2/g)];
  return [...variables, ...flags.flatMap(([, key = "", , value = ""]) => entryOf(`flyway.${key}`, value))];
}

/** Keys after `flyway.`, with hyphens and capitals made one; names of placeholders stay as they are but for capitals. */
function entryOf(key: string, value: string): Entry[] {
  const own = /(?:^|\.)flyway\.(?:datasources\.[^.]+\.)?(.*)$/.exec(key.replaceAll('"', ""))?.[1];
  if (own === undefined) return [];
  const placeholder = /^placeholders\.(.+)$/i.exec(own)?.[1];
  if (placeholder !== undefined) return [[`placeholders.${placeholder.toLowerCase()}`, value]];
  return [[own.replaceAll("-", "").toLowerCase(), value]];
}
