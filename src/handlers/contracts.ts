import { type Contract, expansionOf, type Naming, takenAway, wordsOf } from "../review/contracts.ts";
import type { ChangeSet, Database, HistoryEntry, Script } from "../review/types.ts";
import type { Used } from "../review/uses.ts";
import type { Searched, Source, TreeFile } from "./source.ts";

/** The newest migrations of a history in which the first step of a change is looked for. */
const mostRead = 100;

/**
 * What the change takes away for which an earlier, merged migration has made room: which one, where it came from, and whether
 * the base side's code still names the old. Asks for nothing where nothing is taken away, and where nothing prepared it.
 */
export async function readContracts(
  source: Source,
  changes: ChangeSet,
  base: readonly TreeFile[],
  read: (database: Database, entries: readonly HistoryEntry[]) => Promise<readonly Script[]>,
): Promise<readonly Contract[]> {
  const found: Pick<Contract, "directory" | "used" | "expansion">[] = [];
  for (const database of changes.databases) {
    const used = takenAway(database);
    if (used.length === 0 || database.history.length === 0) continue;
    const scripts = await read(database, database.history.slice(-mostRead));
    for (const one of used) {
      const expansion = expansionOf(one, scripts);
      if (expansion) found.push({ directory: database.directory, used: one, expansion });
    }
  }
  if (found.length === 0) return [];
  const code = codeOf(changes, base);
  const origins = await source.origins([...new Set(found.map(({ expansion }) => expansion.path))], code);
  const words = found.flatMap(({ used }) => Object.values(wordsOf(used)));
  const searched = await source.search([...new Set(words)], code);
  return found.map((one) => ({
    ...one,
    origin: origins.get(one.expansion.path) ?? null,
    naming: namingOf(one.used, searched),
  }));
}

function namingOf(used: Used, searched: Searched): Naming {
  if ("unknown" in searched) return { kind: "unknown", reason: searched.unknown };
  const { own, home } = wordsOf(used);
  const filesWith = (word: string) => searched.files.get(word) ?? [];
  // Of a table the name is its own home: where nobody names it, other code of the repository has to be there.
  const isHome = used.kind === "column" ? filesWith(home).length > 0 : searched.count > 0;
  return { kind: "searched", files: filesWith(own), isHome };
}

/** Files of the base side that may be code: not migrations, which name what is old for ever, and not prose. */
function codeOf({ databases }: ChangeSet, base: readonly TreeFile[]): readonly TreeFile[] {
  const folders = databases.map(({ directory }) => (directory === "" ? "" : `${directory}/`));
  const migrations = new Set(databases.flatMap(({ history }) => history.map(({ path }) => path)));
  const isMigration = (path: string) =>
    migrations.has(path) || folders.some((folder) => folder !== "" && path.startsWith(folder));
  return base.filter(({ path }) => !isMigration(path) && !isProse.test(path));
}

const isProse =
  /\.(md|mdx|rst|txt|adoc|lock|sum|svg|png|jpe?g|gif|ico|webp|pdf|woff2?|ttf|map)$|(^|\/)(package-lock\.json|LICENSE|\.github\/.*)$/i;
