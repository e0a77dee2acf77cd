import { reasons } from "./errors.ts";
import type { MigrationFiles, SnapshotKeeping, SnapshotReading } from "./framework.ts";
import { frameworks } from "./frameworks/index.ts";
import type { Side, Texts } from "./inputs.ts";
import { unknownDigest } from "./inputs.ts";
import type { DirectoryLayout, Layout } from "./layout.ts";
import { readText } from "./read-text.ts";
import type { Dialect, Skipped, Snapshots } from "./types.ts";
import { compareText } from "./versions.ts";

/** So many of the migrations before may each have a part of the schema. */
const mostParts = 100;

/** The files in which a tool keeps the schema of a directory to which migrations are added, on both sides. */
export function snapshotFilesOf(
  directory: DirectoryLayout,
  layout: Layout,
  texts: Texts,
): readonly { readonly side: Side; readonly path: string }[] {
  const kept = keptOf(directory, layout);
  if (kept === null) return [];
  return [kept.base, kept.head].flatMap((one) => {
    if (one === null) return [];
    const { side, path, before } = one;
    const decoded = textOf(one, path, layout, texts);
    const parts =
      "text" in decoded && before.length <= mostParts && kept.keeping.isPartial(decoded.text) ? before : [];
    return [path, ...parts].map((path) => ({ side, path }));
  });
}

/** What a tool keeps of a directory's schema; null where that is not known of both sides, with the reason where it is not read. */
export function readSnapshots(
  directory: DirectoryLayout,
  layout: Layout,
  texts: Texts,
  dialect: Dialect,
): { readonly snapshots: Snapshots | null; readonly skipped: readonly Skipped[] } {
  const none = { snapshots: null, skipped: [] };
  const kept = keptOf(directory, layout);
  if (kept === null) return none;
  const head = readKept(kept.head, kept.keeping, layout, texts, dialect);
  const base = kept.base === null ? nothing : readKept(kept.base, kept.keeping, layout, texts, dialect);
  if (head === null || base === null) return none;
  if ("skipped" in head)
    return {
      snapshots: null,
      skipped: [{ path: kept.head.path, line: null, reason: head.skipped, matters: false }],
    };
  if ("skipped" in base || isBehind(directory, base)) return none;
  return {
    snapshots: {
      path: kept.head.path,
      unlisted: unlistedOf(directory, head),
      statements: { base: base.statements, head: head.statements },
    },
    skipped: [],
  };
}

const nothing: SnapshotReading = { statements: [], versions: [] };

/** Where the last one of a side stands, and those of the migrations before, the first first. */
interface Kept {
  readonly side: Side;
  readonly path: string;
  readonly before: readonly string[];
}

function readKept(
  kept: Kept,
  keeping: SnapshotKeeping,
  layout: Layout,
  texts: Texts,
  dialect: Dialect,
): SnapshotReading | { readonly skipped: string } | null {
  const decoded = textOf(kept, kept.path, layout, texts);
  if ("skipped" in decoded) return null;
  if (!keeping.isPartial(decoded.text)) return keeping.read(decoded.text, dialect, []);
  if (kept.before.length > mostParts) return { skipped: reasons.snapshotParts(mostParts) };
  const before = kept.before.map((path) => textOf(kept, path, layout, texts));
  const missing = before.find((one) => "skipped" in one);
  if (missing && "skipped" in missing) return { skipped: reasons.snapshotPart(missing.skipped) };
  return keeping.read(
    decoded.text,
    dialect,
    before.flatMap((one) => ("text" in one ? [one.text] : [])),
  );
}

function textOf({ side }: Kept, path: string, { sides }: Layout, texts: Texts): ReturnType<typeof readText> {
  return readText(texts.get(sides[side].get(path)?.digest ?? unknownDigest));
}

/** Of both sides; none of the base side where all migrations are new. null where the two say nothing of each other. */
function keptOf(
  { directory, framework, history, steps, removed }: DirectoryLayout,
  { sides }: Layout,
): { readonly keeping: SnapshotKeeping; readonly base: Kept | null; readonly head: Kept } | null {
  const keeping = frameworks[framework]?.snapshot;
  // An edited migration leaves open how the database was that the base side's snapshot tells of.
  if (!keeping || removed.length > 0 || steps.some(({ status }) => status !== "added")) return null;
  const keptBy = (side: Side, migrations: readonly { readonly files: MigrationFiles }[]): Kept | null => {
    const pathOf = ({ files }: { readonly files: MigrationFiles }) =>
      keeping.pathsFor(directory, files).find((path) => sides[side].has(path));
    const last = migrations.at(-1);
    const path = last && pathOf(last);
    if (path === undefined) return null;
    const all = new Set(migrations.flatMap((one) => pathOf(one) ?? []));
    return { side, path, before: [...all].filter((one) => one !== path).sort(compareText) };
  };
  const head = steps.length === 0 ? null : keptBy("head", [...history, ...steps]);
  if (head === null) return null;
  if (history.length === 0) return { keeping, base: null, head };
  const base = keptBy("base", history);
  // One that is late is not the last one that the tool starts from.
  return base !== null && compareText(base.path, head.path) <= 0 ? { keeping, base, head } : null;
}

/** Whether it did not list before all that ran: the team dumps at another time. */
function isBehind({ history }: DirectoryLayout, { versions }: SnapshotReading): boolean {
  return versions !== null && history.some(({ files }) => !versions.includes(files.version));
}

function unlistedOf({ steps }: DirectoryLayout, { versions }: SnapshotReading): readonly string[] {
  if (versions === null) return [];
  return steps.flatMap(({ files }) => (versions.includes(files.version) ? [] : [files.up]));
}
