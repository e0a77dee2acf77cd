import { reasons } from "./errors.ts";
import { nothingBrought } from "./framework.ts";
import { type Side, type Texts, unknownDigest } from "./inputs.ts";
import type { DirectoryLayout, Layout } from "./layout.ts";
import type { ModelReading, ModelRepository, Orm, PushedModels } from "./orm.ts";
import { orms } from "./orms/index.ts";
import { readText } from "./read-text.ts";
import type { Database, Dialect, ModelFile, Models, Skipped } from "./types.ts";

/** Whether a changed file can declare models of an ORM that is read, by its path and its hunks. */
export function isModelOfOrm(path: string, patch: string | null): boolean {
  return Object.values(orms).some((orm) => orm.isModel(path, patch));
}

/** A file that models are read from. */
export interface WantedModel {
  readonly side: Side;
  readonly path: string;
}

/** The files that a directory's models are read from or found by, on both sides; none where nothing of them can have drifted. */
export function modelFilesOf(directory: DirectoryLayout, layout: Layout, texts: Texts): WantedModel[] {
  if (!isConcerned(directory, layout)) return [];
  return (["base", "head"] as const).flatMap((side) => {
    const { files, asked } = filesOf(directory, side, layout, texts);
    return [...files, ...asked].map((path) => ({ side, path }));
  });
}

/** Whether a change of models concerns the directory, though no migration of it changes. */
function hasChangedModels(directory: DirectoryLayout, layout: Layout, texts: Texts): boolean {
  if (!changesModels(layout.changed)) return false;
  const own = new Set(
    (["base", "head"] as const).flatMap((side) => filesOf(directory, side, layout, texts).files),
  );
  return layout.changed.some(({ path, previousPath }) => own.has(path) || own.has(previousPath ?? path));
}

/** Whether the models of a directory are compared with its migrations, though the change brings none of those. */
export function isCompared(directory: DirectoryLayout, layout: Layout, texts: Texts): boolean {
  return directory.takenBack.length > 0 || hasChangedModels(directory, layout, texts);
}

/** Whether one of these files can declare models, by where it stands now or stood, and by its hunks. */
export function changesModels(changed: Layout["changed"]): boolean {
  return changed.some(({ path, previousPath, patch }) =>
    [path, previousPath ?? path].some((name) => isModelOfOrm(name, patch)),
  );
}

/** The models of a directory; null when there are none, or none of their files can be read. */
export function readModels(
  directory: DirectoryLayout,
  layout: Layout,
  texts: Texts,
  dialect: Dialect,
): { readonly models: Models | null; readonly skipped: readonly Skipped[] } {
  const none = { models: null, skipped: [] };
  if (!isConcerned(directory, layout)) return none;
  const head = filesOf(directory, "head", layout, texts);
  const base = filesOf(directory, "base", layout, texts);
  if (head.orm === null || head.files.length === 0) return none;
  // Models that begin with this pull request, or were moved: what was there before is not known.
  if (base.orm !== head.orm && directory.history.length > 0) return none;
  return readBoth(
    { orm: head.orm, isPushed: false, base: base.files, head: head.files },
    layout,
    texts,
    dialect,
  );
}

interface Named extends Pick<Models, "orm" | "isPushed"> {
  readonly base: readonly string[];
  readonly head: readonly string[];
}

/** The models in these files, as far as they can be read, with the reasons for the others; null when none can. */
function readBoth(
  { orm: id, isPushed, base, head }: Named,
  layout: Layout,
  texts: Texts,
  dialect: Dialect,
): { readonly models: Models | null; readonly skipped: readonly Skipped[] } {
  const orm = orms[id];
  if (!orm) return { models: null, skipped: [] };
  const now = textsFor(head, "head", layout, texts);
  const before = textsFor(base, "base", layout, texts);
  const unread = [...now.unread, ...before.unread].filter(
    (one, i, all) => all.findIndex(({ path, reason }) => path === one.path && reason === one.reason) === i,
  );
  const gone = new Set(unread.map(({ path }) => path));
  // What one side lacks for that is left out of the other as well: it is no difference.
  const isKnown = ({ path }: ModelFile) => !namesOf(path, layout).some((name) => gone.has(name));
  const known = { head: now.files.filter(isKnown), base: before.files.filter(isKnown) };
  if (unread.length > 0 && known.head.length === 0) return { models: null, skipped: unread };
  // What did not change is read once.
  const files = { head: known.head, base: isSame(known.head, known.base) ? known.head : known.base };
  const { statements, skipped } = readSide(orm, files.head, dialect);
  const old = readSide(orm, files.base, dialect).statements;
  return {
    models: {
      orm: id,
      isPushed,
      ...files,
      isIncomplete: unread.length > 0,
      statements: statements && old && { base: old, head: statements },
    },
    skipped: [...unread, ...skipped],
  };
}

/** What a file is called on both sides. */
function namesOf(path: string, { changed }: Layout): readonly string[] {
  const moved = changed.find((one) => one.path === path || one.previousPath === path);
  return moved ? [path, moved.path, moved.previousPath ?? path] : [path];
}

function isSame(some: readonly ModelFile[], others: readonly ModelFile[]): boolean {
  return (
    some.length === others.length &&
    some.every(({ path, text }, i) => path === others[i]?.path && text === others[i]?.text)
  );
}

/** What one side's models declare. The same files are read once, as they stand in `Models` and from one review to the next. */
export function readSide(orm: Orm, files: readonly ModelFile[], dialect: Dialect): ModelReading {
  const known = read.get(files);
  if (known) return known;
  const isThat = (one: Read) => one.orm === orm && one.dialect === dialect && isSame(one.files, files);
  const last = lastRead.find(isThat) ?? { orm, dialect, files, reading: orm.read(files, dialect) };
  lastRead = [last, ...lastRead.filter((one) => one !== last)].slice(0, mostRead);
  read.set(files, last.reading);
  return last.reading;
}

const read = new WeakMap<readonly ModelFile[], ModelReading>();

interface Read {
  readonly orm: Orm;
  readonly dialect: Dialect;
  readonly files: readonly ModelFile[];
  readonly reading: ModelReading;
}

/** The base side's files come again with each push, and mostly the head side's. */
let lastRead: readonly Read[] = [];
const mostRead = 4;

interface SideFiles {
  /** Id of the ORM; null when no ORM declares the directory's database. */
  readonly orm: string | null;
  readonly files: readonly string[];
  /** What leads to them and is not known yet. */
  readonly asked: readonly string[];
}

/** What was found for the directories of a layout, with the texts that it was made with: several questions ask for it. */
const sideFiles = new WeakMap<DirectoryLayout, Partial<Record<Side, SideFiles>>>();

function filesOf(directory: DirectoryLayout, side: Side, layout: Layout, texts: Texts): SideFiles {
  const known = sideFiles.get(directory) ?? {};
  const files = known[side] ?? findFiles(directory, side, layout, texts);
  sideFiles.set(directory, { ...known, [side]: files });
  return files;
}

/** The first ORM that declares something for the directory has it. */
function findFiles(
  { directory, framework, history, steps }: DirectoryLayout,
  side: Side,
  layout: Layout,
  texts: Texts,
): SideFiles {
  // Which of several databases a model belongs to is told by code alone.
  const [first] = [...history, ...steps];
  if (first?.files.settings.engine !== undefined) return { orm: null, files: [], asked: [] };
  const { repository, asked } = repositoryOf(side, layout, texts);
  for (const [id, orm] of Object.entries(orms)) {
    if (!orm.frameworks.includes(framework)) continue;
    const files = orm.filesFor(directory, repository);
    if (files.length > 0) return { orm: id, files, asked: [...asked] };
  }
  return { orm: null, files: [], asked: [...asked] };
}

/** The files of one side, and what of them was asked for and is not known. */
export function repositoryOf(
  side: Side,
  layout: Layout,
  texts: Texts,
): { readonly repository: ModelRepository; readonly asked: ReadonlySet<string> } {
  const asked = new Set<string>();
  const text = (path: string) => {
    const digest = layout.sides[side].get(path)?.digest;
    if (digest === undefined || digest === unknownDigest) return null;
    const bytes = texts.get(digest);
    if (bytes === undefined) asked.add(path);
    const decoded = bytes === undefined ? null : readText(bytes);
    return decoded && "text" in decoded ? decoded.text : null;
  };
  return { repository: { paths: [...layout.sides[side].keys()], text }, asked };
}

/** Databases whose models change and for which no migrations are kept, by what their ORMs tell of both sides. */
export function pushedModelsOf(
  layout: Layout,
  texts: Texts,
): { readonly found: readonly PushedDatabase[]; readonly wanted: readonly WantedModel[] } {
  const owned = new Set(
    layout.directories.flatMap((directory) =>
      isConcerned(directory, layout)
        ? (["base", "head"] as const).flatMap((side) => filesOf(directory, side, layout, texts).files)
        : [],
    ),
  );
  const changed = layout.changed.filter(
    ({ path, previousPath }) => !owned.has(path) && !owned.has(previousPath ?? path),
  );
  const migrations = layout.directories
    .filter(({ history, steps }) => history.length + steps.length > 0)
    .map(({ directory }) => directory);
  const found: PushedDatabase[] = [];
  const wanted: WantedModel[] = [];
  for (const [id, { push, isModel }] of Object.entries(orms)) {
    if (!push || !changed.some(({ path, patch }) => isModel(path, patch))) continue;
    const sides = { base: new Map<string, PushedModels>(), head: new Map<string, PushedModels>() };
    for (const side of ["base", "head"] as const) {
      const { repository, asked } = repositoryOf(side, layout, texts);
      const paths = changed
        .filter(({ path, patch }) => isModel(path, patch))
        .map(({ path, previousPath }) => (side === "base" ? (previousPath ?? path) : path));
      for (const one of push.find(paths, repository, migrations)) sides[side].set(one.directory, one);
      const files = [...sides[side].values()].flatMap((one) => one.files);
      wanted.push(...[...asked, ...files].map((path) => ({ side, path })));
    }
    for (const [directory, { files, dialect }] of sides.head) {
      const before = sides.base.get(directory);
      const isNew = files.every((path) => !layout.sides.base.has(path));
      if (before || isNew)
        found.push({ directory, orm: id, dialect, base: before?.files ?? [], head: files });
    }
  }
  return { found, wanted };
}

interface PushedDatabase extends Pick<PushedModels, "directory" | "dialect"> {
  readonly orm: string;
  readonly base: readonly string[];
  readonly head: readonly string[];
}

/** A database that has models and no migrations; none, with the reason, when its files cannot be read. */
export function readPushed(
  { directory, dialect, orm: id, base, head }: PushedDatabase,
  layout: Layout,
  texts: Texts,
): { readonly database: Database | null; readonly skipped: readonly Skipped[] } {
  const orm = orms[id];
  if (!orm?.push) return { database: null, skipped: [] };
  const { models, skipped } = readBoth({ orm: id, isPushed: true, base, head }, layout, texts, dialect);
  if (models === null) return { database: null, skipped };
  if (models.statements === null && dialect !== "postgresql") return { database: null, skipped: [] };
  return {
    database: {
      directory,
      framework: orm.frameworks[0] ?? "",
      dialect,
      habits: { late: "unknown", duplicates: "unknown", checksums: false, together: false },
      brought: nothingBrought,
      history: [],
      steps: [],
      takenBack: [],
      models,
      snapshots: null,
    },
    skipped: [
      { path: directory, line: null, reason: reasons.pushed(orm.push.title), matters: false },
      ...skipped,
    ],
  };
}

function textsFor(
  paths: readonly string[],
  side: Side,
  { sides }: Layout,
  texts: Texts,
): { readonly files: readonly ModelFile[]; readonly unread: readonly Skipped[] } {
  const files: ModelFile[] = [];
  const unread: Skipped[] = [];
  for (const path of paths) {
    const decoded = readText(texts.get(sides[side].get(path)?.digest ?? ""));
    if ("text" in decoded) files.push({ path, text: decoded.text });
    else unread.push({ path, line: null, reason: reasons.modelUnreadable(decoded.skipped), matters: false });
  }
  return { files, unread };
}

function isConcerned(directory: DirectoryLayout, layout: Layout): boolean {
  if (!Object.values(orms).some(({ frameworks }) => frameworks.includes(directory.framework))) return false;
  return directory.steps.length > 0 || directory.takenBack.length > 0 || changesModels(layout.changed);
}
