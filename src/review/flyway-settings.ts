import { joined } from "./code/typescript-paths.ts";
import { configurationsAbove, type Entry, entriesIn, isForAll, rootOf } from "./flyway-configuration.ts";
import type { Repository } from "./framework.ts";
import { joinPath } from "./paths.ts";
import type { Settings } from "./types.ts";
import { compareText } from "./versions.ts";

/** How the names of migrations are written. */
export interface FlywayNaming {
  /** Of each kind: versioned, undo, repeatable, baseline. */
  readonly prefixes: Readonly<Record<"V" | "U" | "R" | "B", string>>;
  readonly separator: string;
  readonly suffixes: readonly string[];
}

/** What Flyway does where nothing tells it otherwise. */
export const usualNaming: FlywayNaming = {
  prefixes: { V: "V", U: "U", R: "R", B: "B" },
  separator: "__",
  suffixes: [".sql"],
};

/** What the configuration says of the migrations in a folder. */
export interface FlywaySettings {
  /** What changes what is sent, in which order and transaction: `placeholders.<name>`, `placeholderreplacement`, `mixed`, `late`, `together`. */
  readonly settings: Settings;
  readonly naming: FlywayNaming;
  /** The folders that are scanned; null where that is not told, or not by names alone. */
  readonly locations: readonly string[] | null;
}

/**
 * Flyway's own files, those of Spring Boot, Quarkus and Micronaut, and builds count for the folders beneath their own and for the
 * resources beside them; the nearest file wins. Compose files and workflows tell what is set where they start it (Flyway
 * documentation, Configuration Files, Environment Variables, Command-line, Maven goal, Gradle Task; Spring Boot documentation,
 * spring.flyway.*).
 */
export function flywaySettings(repository: Repository, directory: string): FlywaySettings {
  const { paths, text } = repository;
  const files = configurationsAbove(directory, repository).sort(
    (a, b) =>
      Number(isForAll(a)) - Number(isForAll(b)) || rootOf(a).length - rootOf(b).length || compareText(a, b),
  );
  const told = files.flatMap((path) => {
    const content = text(path, directory);
    return content === null ? [] : [{ path, entries: entriesIn(path, content) }];
  });
  const entries = told.flatMap((file) => file.entries);
  const values = new Map(entries);
  const where = told.findLast(
    ({ path, entries: own }) => isForAll(path) && own.some(([key]) => key === "locations"),
  );
  return {
    settings: {
      ...Object.fromEntries(
        entries.filter(([key, value]) => key.startsWith("placeholders.") || sent.test(`${key}=${value}`)),
      ),
      ...lateFrom(told),
      ...(values.get("group") === "true" && { together: "true" }),
    },
    naming: namingFrom(values),
    locations: where
      ? foldersOf(new Map(where.entries).get("locations") ?? "", rootOf(where.path), paths)
      : null,
  };
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

/** What is set for a profile, or where it is started, need not hold elsewhere. */
function lateFrom(told: readonly { readonly path: string; readonly entries: readonly Entry[] }[]): Settings {
  const says = told.flatMap(({ path, entries }) =>
    entries.flatMap(([key, value]) => (key === "outoforder" ? [{ isForAll: isForAll(path), value }] : [])),
  );
  const last = says.at(-1);
  if (last?.isForAll && last.value === "true") return { late: "run" };
  return says.some(({ value }) => value !== "false") ? { late: "unknown" } : {};
}

const naming = /migration(prefix|separator|suffixes)$/;

function namingFrom(values: ReadonlyMap<string, string>): FlywayNaming {
  const usual = usualNaming.prefixes;
  if (![...values.keys()].some((key) => naming.test(key))) return usualNaming;
  const suffixes = values
    .get("sqlmigrationsuffixes")
    ?.split(",")
    .map((suffix) => suffix.trim());
  return {
    prefixes: {
      V: values.get("sqlmigrationprefix") ?? usual.V,
      U: values.get("undosqlmigrationprefix") ?? usual.U,
      R: values.get("repeatablesqlmigrationprefix") ?? usual.R,
      B: values.get("baselinemigrationprefix") ?? usual.B,
    },
    separator: values.get("sqlmigrationseparator") ?? usualNaming.separator,
    suffixes: suffixes?.filter((suffix) => /\.sql$/.test(suffix)) ?? usualNaming.suffixes,
  };
}

/** Folders of the repository that locations name; null where one has marks that stand for several, or is none of it. */
function foldersOf(locations: string, root: string, paths: readonly string[]): string[] | null {
  const folders = locations.split(",").map((location) => {
    const [, kind = "classpath", place = ""] = /^(?:(\w+):)?\/?(.*?)\/*$/.exec(location.trim()) ?? [];
    if (place === "" || /[*?{$]/.test(place) || !/^(classpath|filesystem)$/.test(kind)) return null;
    const homes = kind === "filesystem" ? [""] : ["src/main/resources", "resources", ""];
    const candidates = homes.flatMap((home) => joined(joinPath(root, home), place) ?? []);
    return candidates.find((folder) => paths.some((path) => path.startsWith(`${folder}/`))) ?? null;
  });
  return folders.every((folder) => folder !== null) ? folders : null;
}
