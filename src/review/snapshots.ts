import type { SnapshotReading } from "./framework.ts";
import { frameworks } from "./frameworks/index.ts";
import type { Side, Texts } from "./inputs.ts";
import { unknownDigest } from "./inputs.ts";
import type { DirectoryLayout, Layout } from "./layout.ts";
import { readText } from "./read-text.ts";
import type { Dialect, Skipped, Snapshots } from "./types.ts";
import { compareText } from "./versions.ts";

/** The files in which a tool keeps the schema of a directory to which migrations are added, on both sides. */
export function snapshotFilesOf(
  directory: DirectoryLayout,
  layout: Layout,
): readonly { readonly side: Side; readonly path: string }[] {
  const paths = pathsOf(directory, layout);
  if (paths === null) return [];
  const base = paths.base === null ? [] : [{ side: "base" as const, path: paths.base }];
  return [...base, { side: "head", path: paths.head }];
}

/** What a tool keeps of a directory's schema; null where that is not known of both sides, with the reason where it is not read. */
export function readSnapshots(
  directory: DirectoryLayout,
  layout: Layout,
  texts: Texts,
  dialect: Dialect,
): { readonly snapshots: Snapshots | null; readonly skipped: readonly Skipped[] } {
  const none = { snapshots: null, skipped: [] };
  const paths = pathsOf(directory, layout);
  if (paths === null) return none;
  const read = (side: Side, path: string) => {
    const decoded = readText(texts.get(layout.sides[side].get(path)?.digest ?? unknownDigest));
    if ("skipped" in decoded) return null;
    return frameworks[directory.framework]?.snapshot?.read(decoded.text, dialect) ?? null;
  };
  const head = read("head", paths.head);
  const base = paths.base === null ? nothing : read("base", paths.base);
  if (head === null || base === null) return none;
  if ("skipped" in head)
    return {
      snapshots: null,
      skipped: [{ path: paths.head, line: null, reason: head.skipped, matters: false }],
    };
  if ("skipped" in base || isBehind(directory, base)) return none;
  return {
    snapshots: {
      path: paths.head,
      unlisted: unlistedOf(directory, head),
      statements: { base: base.statements, head: head.statements },
    },
    skipped: [],
  };
}

const nothing: SnapshotReading = { statements: [], versions: [] };

/** Of both sides; none of the base side where all migrations are new. null where the two say nothing of each other. */
function pathsOf(
  { directory, framework, history, steps, removed }: DirectoryLayout,
  { sides }: Layout,
): { readonly base: string | null; readonly head: string } | null {
  const keeping = frameworks[framework]?.snapshot;
  const last = steps.at(-1);
  // An edited migration leaves open how the database was that the base side's snapshot tells of.
  if (!keeping || !last || removed.length > 0 || steps.some(({ status }) => status !== "added")) return null;
  const head = keeping.pathsFor(directory, last.files).find((path) => sides.head.has(path));
  if (head === undefined) return null;
  const before = history.at(-1);
  if (!before) return { base: null, head };
  const base = keeping.pathsFor(directory, before.files).find((path) => sides.base.has(path));
  // One that is late is not the last one that the tool starts from.
  return base !== undefined && compareText(base, head) <= 0 ? { base, head } : null;
}

/** Whether it did not list before all that ran: the team dumps at another time. */
function isBehind({ history }: DirectoryLayout, { versions }: SnapshotReading): boolean {
  return versions !== null && history.some(({ files }) => !versions.includes(files.version));
}

function unlistedOf({ steps }: DirectoryLayout, { versions }: SnapshotReading): readonly string[] {
  if (versions === null) return [];
  return steps.flatMap(({ files }) => (versions.includes(files.version) ? [] : [files.up]));
}
