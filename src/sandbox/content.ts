import { z } from "zod";
import { type Catalog, type CatalogObject, keyOf, readCatalog, readChangedCatalog } from "./catalog.ts";
import type { BlockRange, ChangedFile, Checkpoint } from "./engine.ts";
import { type Data, readChangedData, readData } from "./fingerprint.ts";
import { type Marks, readChanges, readMarks } from "./marks.ts";
import type { Session } from "./session.ts";

/** What a database holds, as far as it is compared. */
export interface Content {
  readonly marks: Marks;
  readonly catalog: Catalog;
  readonly data: Data;
}

/** The database between two steps, as what follows needs it. */
export interface State extends Content {
  readonly checkpoint: Checkpoint;
  /**
   * Files that are not as its checkpoint has them; none where the checkpoint is its own, others where it is that of the state
   * from which it came. null when they are not known.
   */
  readonly since: readonly ChangedFile[] | null;
}

/** Reads all of it. Valid outside a transaction. */
export async function readContent(session: Session): Promise<Content> {
  return {
    marks: await readMarks(session),
    catalog: await readCatalog(session),
    data: await readData(session),
  };
}

/** Remembers the database that came from an earlier state. Its rows are only needed where a round trip starts. */
export async function stateAfter(
  session: Session,
  earlier: State,
  rows: "rows" | "no rows" = "rows",
): Promise<State> {
  const checkpoint = await session.checkpoint();
  return { checkpoint, since: [], ...(await contentAfter(session, earlier, rows)) };
}

/** The same, for comparison alone: no step starts from it, so that no checkpoint of its own is made. */
export async function stateToCompare(
  session: Session,
  earlier: State,
  rows: "rows" | "no rows",
): Promise<State> {
  const since = await filesAfter(session, earlier);
  return { checkpoint: earlier.checkpoint, since, ...(await contentWith(session, earlier, rows, since)) };
}

/** What the database holds that came from an earlier state: only what may have changed is read again. */
export async function contentAfter(
  session: Session,
  earlier: State,
  rows: "rows" | "no rows",
): Promise<Content> {
  return contentWith(session, earlier, rows, await filesAfter(session, earlier));
}

/** A file that is not what it was in a state, or that state's own checkpoint does not have, differs from the checkpoint on one side at least. */
async function filesAfter(
  session: Session,
  { checkpoint, since }: State,
): Promise<readonly ChangedFile[] | null> {
  const files = await session.changedFiles(checkpoint);
  return files && since && together(since, files);
}

function together(some: readonly ChangedFile[], others: readonly ChangedFile[]): readonly ChangedFile[] {
  const files = new Map(some.map((file) => [file.path, file]));
  for (const { path, blocks } of others) {
    const other = files.get(path);
    files.set(path, {
      path,
      blocks: other ? blocks && other.blocks && union([...other.blocks, ...blocks]) : blocks,
    });
  }
  return [...files.values()];
}

function union(ranges: readonly BlockRange[]): readonly BlockRange[] {
  const parts: [from: number, to: number][] = [];
  for (const [from, to] of ranges.toSorted(([a], [b]) => a - b)) {
    const last = parts.at(-1);
    if (last && from <= last[1]) last[1] = Math.max(last[1], to);
    else parts.push([from, to]);
  }
  return parts;
}

async function contentWith(
  session: Session,
  earlier: Content,
  rows: "rows" | "no rows",
  files: readonly ChangedFile[] | null,
): Promise<Content> {
  const { marks, changes } = await readChanges(session, earlier.marks, files);
  const catalog = await readChangedCatalog(session, earlier.catalog, { changes, marks });
  if (rows === "no rows") return { marks, catalog, data: new Map() };
  const succession = { before: earlier.marks, after: marks, changes, files };
  return { marks, catalog, data: await readChangedData(session, earlier.data, succession) };
}

const object: z.ZodType<CatalogObject> = z.object({
  kind: z.string(),
  identity: z.string(),
  parents: z.array(z.string()),
  definition: z.string(),
  physical: z.string().nullable(),
  owner: z.string().nullable(),
  privileges: z.array(z.string()),
  comment: z.string().nullable(),
  details: z.record(z.string(), z.unknown()).nullable(),
  home: z.string().nullable(),
});

const relation = z.object({
  name: z.string(),
  kind: z.string(),
  persistence: z.string(),
  file: z.string(),
  partitionOf: z.string().nullable(),
  table: z.string().nullable(),
});

const table = z.object({
  columns: z.array(z.string()),
  numbers: z.array(z.number()),
  key: z.array(z.string()),
  count: z.number(),
  rows: z.array(z.array(z.string().nullable())),
});

/** Content as it is kept beside an image. */
export const keptContent = z.object({
  transaction: z.string(),
  lastOid: z.string(),
  settings: z.number(),
  members: z.number(),
  entries: z.array(z.tuple([z.string(), z.array(z.tuple([z.number(), z.string()]))])),
  files: z.array(z.tuple([z.string(), z.string()])),
  relations: z.array(z.tuple([z.string(), relation])),
  routines: z.array(z.tuple([z.string(), z.string()])),
  objects: z.array(object),
  data: z.array(z.tuple([z.string(), table])),
});

/** The form in which content can be written as JSON. */
export function toKept({ marks, catalog, data }: Content): z.infer<typeof keptContent> {
  const { relations, routines, entries, files, ...plain } = marks;
  return {
    ...plain,
    entries: [...entries].map(([name, blocks]) => [name, [...blocks]]),
    files: [...files],
    relations: [...relations],
    routines: [...routines],
    objects: [...catalog.values()],
    data: [...data].map(([name, rows]) => [
      name,
      {
        ...rows,
        columns: [...rows.columns],
        numbers: [...rows.numbers],
        key: [...rows.key],
        rows: rows.rows.map((row) => [...row]),
      },
    ]),
  };
}

/** Content by the form in which it was kept. */
const contents = new WeakMap<z.infer<typeof keptContent>, Content>();

/** Content from the form in which it was kept; the same one as long as that stays in memory, so that what was made of it does. */
export function fromKept(kept: z.infer<typeof keptContent>): Content {
  const content = contents.get(kept) ?? contentOf(kept);
  contents.set(kept, content);
  return content;
}

function contentOf(kept: z.infer<typeof keptContent>): Content {
  const { relations, routines, entries, files, objects, data, ...plain } = kept;
  return {
    marks: {
      ...plain,
      entries: new Map(entries.map(([name, blocks]) => [name, new Map(blocks)])),
      files: new Map(files),
      relations: new Map(relations),
      routines: new Map(routines),
    },
    catalog: new Map(objects.map((entry) => [keyOf(entry), entry])),
    data: new Map(data),
  };
}
