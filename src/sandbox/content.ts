import { z } from "zod";
import { type Catalog, type CatalogObject, keyOf, readCatalog, readChangedCatalog } from "./catalog.ts";
import type { Checkpoint } from "./engine.ts";
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
  /** Its own, or that of the state from which it came. */
  readonly checkpoint: Checkpoint;
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
  return { checkpoint, ...(await contentAfter(session, earlier, rows)) };
}

/** The same, for comparison alone: no step starts from it, so that no checkpoint of its own is made. */
export async function stateToCompare(
  session: Session,
  earlier: State,
  rows: "rows" | "no rows",
): Promise<State> {
  const { checkpoint } = earlier;
  return { checkpoint, ...(await contentAfter(session, earlier, rows)) };
}

/**
 * What the database holds that came from an earlier state: only what may have changed is read again. What differs from that
 * state differs from the checkpoint before it as well: a page carries the place of its last change in the write-ahead log
 * (documentation, section 66.6, pd_lsn), and never becomes again what it was.
 */
export async function contentAfter(
  session: Session,
  earlier: State,
  rows: "rows" | "no rows",
): Promise<Content> {
  const files = await session.changedFiles(earlier.checkpoint);
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
