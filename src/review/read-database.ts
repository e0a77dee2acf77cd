import type { Config } from "./config.ts";
import { dialectOfPath, dialectOfTexts, type Written } from "./dialect.ts";
import { reasons } from "./errors.ts";
import { type Framework, type MigrationFiles, nothingBrought, timeIn } from "./framework.ts";
import { frameworks } from "./frameworks/index.ts";
import { type Side, type Texts, unknownDigest } from "./inputs.ts";
import type { DirectoryLayout, Layout } from "./layout.ts";
import { readModels } from "./models.ts";
import { toolOfText } from "./other-tools.ts";
import type { Past, Step } from "./plan.ts";
import { readText } from "./read-text.ts";
import { isUnreadable, maxStatements, unreadableScript } from "./script.ts";
import { serviceFilesFor, startCockroach } from "./services.ts";
import { readSnapshots } from "./snapshots.ts";
import { sqlcDialect, sqlcFilesFor } from "./sqlc.ts";
import type { Brought, Database, Dialect, HistoryEntry, Migration, Script, Skipped } from "./types.ts";
import { isSameScript, unchangedIn } from "./unchanged.ts";
import { waiverOf } from "./waiver.ts";

interface SidedFile {
  readonly side: Side;
  readonly path: string;
}

/**
 * Files whose words tell the database where neither the configuration nor the folders do: the first two migrations and the
 * last, and what starts the project's services.
 */
export function dialectFilesOf(directory: DirectoryLayout, layout: Layout, config: Config): SidedFile[] {
  if (toldDialect(directory, config) !== null) return [];
  return [
    ...tellingFilesOf(directory),
    ...serviceFilesOf(directory, layout),
    ...sqlcFilesOf(directory, layout),
  ];
}

function tellingFilesOf(directory: DirectoryLayout): SidedFile[] {
  const ups = [
    ...directory.history.map(({ side, files }) => ({ side, path: files.up })),
    ...directory.steps.map(({ files }) => ({ side: "head" as const, path: files.up })),
  ];
  return [...ups.slice(0, 2), ...ups.slice(2).slice(-1)];
}

function serviceFilesOf({ directory }: DirectoryLayout, { sides }: Layout): SidedFile[] {
  return serviceFilesFor(directory, sides.base.keys()).map((path) => ({ side: "base", path }));
}

function sqlcFilesOf({ directory }: DirectoryLayout, { sides }: Layout): SidedFile[] {
  return sqlcFilesFor(directory, sides.base.keys()).map((path) => ({ side: "base", path }));
}

/** What the words of the migrations say, unless sqlc names the directory; words that only CockroachDB has are certain. */
function writtenFor(
  directory: DirectoryLayout,
  { all, settled }: { readonly all: readonly string[]; readonly settled: readonly string[] },
  layout: Layout,
  texts: Texts,
): Written {
  const byWords = dialectOfTexts(all, settled);
  if ("other" in byWords && byWords.other === "CockroachDB") return byWords;
  const files = sqlcFilesOf(directory, layout).flatMap((file) =>
    textOf(file, layout, texts).map((text) => ({ path: file.path, text })),
  );
  return sqlcDialect(directory.directory, files) ?? byWords;
}

/** A directory and its steps; no database, with the reason, when it is written for one that is not read. */
export function readDatabase(
  directory: DirectoryLayout,
  layout: Layout,
  config: Config,
  texts: Texts,
  withModels = true,
): { readonly database: Database | null; readonly skipped: readonly Skipped[] } {
  const place = directory.changed[0] ?? directory.steps[0]?.files.up ?? directory.directory;
  const told = toldDialect(directory, config);
  const tells = tellingTexts(directory, told, layout, texts);
  const tool = tells.all.map(toolOfText).find((found) => found !== null);
  if (tool) return { database: null, skipped: [skip(place, reasons.toolNotRead(tool))] };

  const written = told ?? writtenFor(directory, tells, layout, texts);
  const framework = frameworks[directory.framework];
  if ("other" in written)
    return { database: null, skipped: [skip(place, reasons.dialectNotRead(written.other))] };
  const services = told === null && written.dialect === "postgresql" ? serviceFilesOf(directory, layout) : [];
  const started = startedBy(services, layout, texts);
  if (started !== null)
    return { database: null, skipped: [skip(place, reasons.dialectStarted("CockroachDB", started))] };
  if (!framework) return { database: null, skipped: [] };

  const ids = new Set<string>();
  const context = { directory, layout, framework, texts, ids, dialect: written.dialect };
  const { models, skipped } = withModels
    ? readModels(directory, layout, texts, written.dialect)
    : { models: null, skipped: [] };
  const kept = withModels
    ? readSnapshots(directory, layout, texts, written.dialect)
    : { snapshots: null, skipped: [] };
  const read = directory.steps.map((step) => readStep(step, context));
  const first = read.findIndex(({ migration }) => migration.status !== "kept");
  const steps = first === -1 ? [] : read.slice(first);
  const replayed = directory.steps
    .slice(0, directory.steps.length - steps.length)
    .map(({ files }): Past => ({ files, side: "head" }));
  return {
    database: {
      directory: directory.directory,
      framework: directory.framework,
      dialect: written.dialect,
      habits: framework.habits,
      brought: broughtTo(directory),
      history: historyOf([...directory.history, ...replayed], layout),
      steps: steps.map(({ migration }) => migration),
      takenBack: directory.takenBack.flatMap((files) => scriptBefore(files, "up", context)?.script ?? []),
      models,
      snapshots: kept.snapshots,
    },
    skipped: [...read.flatMap((step) => step.skipped), ...skipped, ...kept.skipped],
  };
}

/** What a platform brings by the directory's place, and what the tool is told to make. */
function broughtTo({ directory, history, steps }: DirectoryLayout): Brought {
  const [brought] = Object.values(frameworks).flatMap((framework) => framework.brings(directory) ?? []);
  const { schemas = "" } = [...history, ...steps].at(-1)?.files.settings ?? {};
  return { ...nothingBrought, ...brought, emptySchemas: schemas === "" ? [] : schemas.split(" ") };
}

/** What is replayed, as it is asked for. */
export function historyOf(past: readonly Past[], layout: Layout): HistoryEntry[] {
  return past.map(({ files, side }) => ({
    path: files.up,
    version: files.version,
    digest: layout.sides[side].get(files.up)?.digest ?? unknownDigest,
    settings: files.settings,
  }));
}

interface StepContext {
  readonly directory: DirectoryLayout;
  readonly layout: Layout;
  readonly framework: Framework;
  readonly texts: Texts;
  readonly dialect: Dialect;
  /** Ids given so far. */
  readonly ids: Set<string>;
}

function readStep(step: Step, context: StepContext): { migration: Migration; skipped: Skipped[] } {
  const { files, before } = step;
  const skipped: Skipped[] = [];
  const up = readFile(files.up, "up", files, context, skipped) ?? nothingIn(files.up);
  const written = files.down === null ? null : readFile(files.down, "down", files, context, skipped);
  const down = isLeftOpen(written, files) ? null : written;
  const changed = step.changed.filter((direction) => {
    if (before === null) return direction === "up" || down !== null;
    const old = scriptBefore(before, direction, context);
    return old === null || !isSameScript(old.script, direction === "up" ? up : down);
  });
  // Where the tool compares checksums, another comment is an edit as well.
  const isReworded = context.framework.habits.checksums && step.changed.includes("up");
  const status = step.status === "edited" && changed.length === 0 && !isReworded ? "kept" : step.status;
  const former = status === "edited" && before ? formerOf(before, context) : null;
  const migration = {
    id: idOf(files, context),
    version: files.version,
    name: files.name,
    up,
    down,
    downWaived: isUnreadable(up)
      ? "what it does could not be read"
      : downWaived(written, files.downPath, context),
    downPath: files.downPath,
    status,
    changed,
    unchanged: changed.includes("up") ? unchangedIn(up, former?.up ?? null) : [],
    former,
    together:
      (context.framework.habits.together || files.settings.together !== undefined) &&
      files.settings.apart === undefined &&
      up.transaction === "transaction",
    time: timeIn(files.settings),
    settings: files.settings,
  };
  return { migration, skipped: status === "kept" ? [] : skipped };
}

/** What a file of the base side holds; null when that cannot be read. */
function scriptBefore(
  files: MigrationFiles,
  direction: "up" | "down",
  { layout, texts, framework, dialect }: StepContext,
): { readonly script: Script | null } | null {
  const path = files[direction];
  if (path === null) return { script: null };
  const decoded = readText(texts.get(layout.sides.base.get(path)?.digest ?? unknownDigest));
  if ("skipped" in decoded) return null;
  const { settings } = files;
  return { script: framework.read({ path, text: decoded.text, direction, dialect, settings }).script };
}

/** The texts of the base side, as they may have run; null when the up cannot be read. */
function formerOf(files: MigrationFiles, context: StepContext): Migration["former"] {
  const up = scriptBefore(files, "up", context)?.script ?? null;
  if (up === null) return null;
  const down = scriptBefore(files, "down", context)?.script ?? null;
  return { up, down: isLeftOpen(down, files) ? null : down };
}

function idOf({ version, name, up }: Step["files"], { directory, ids }: StepContext): string {
  const id = directory.directory === "" ? version : `${directory.directory}/${version}`;
  const candidates = [id, `${id}_${name}`, up];
  const free = candidates.find((candidate) => !ids.has(candidate)) ?? up;
  ids.add(free);
  return free;
}

function downWaived(
  down: Script | null,
  downPath: string | null,
  { directory, framework }: StepContext,
): string | null {
  if (!framework.hasDowns && down === null) return `${framework.title} has no downs`;
  if (
    !directory.writesDowns &&
    (down === null || down.text.slice(down.range.start, down.range.end).trim() === "")
  )
    return "no migration before it in this folder has a down";
  if (down) return waiverOf(down);
  return downPath === null ? "nothing in this folder has a down" : null;
}

function readFile(
  path: string,
  direction: "up" | "down",
  { settings }: MigrationFiles,
  { layout, framework, texts, dialect }: StepContext,
  skipped: Skipped[],
): Script | null {
  const decoded = readText(texts.get(digestOf(layout, path)));
  if ("skipped" in decoded) {
    skipped.push(skip(path, decoded.skipped));
    return unreadableScript(path, decoded.skipped, "implicit");
  }
  if (decoded.encoding === "utf-16") skipped.push(skip(path, reasons.utf16()));
  if (decoded.encoding === "utf-8-bom")
    skipped.push({ ...skip(path, reasons.byteOrderMark()), matters: false });
  const { script, skipped: unread } = framework.read({
    path,
    text: decoded.text,
    direction,
    dialect,
    settings,
  });
  // One file may hold both directions, and what concerns both.
  const told = new Set(skipped.map(({ line, reason }) => `${line} ${reason}`));
  skipped.push(...unread.filter(({ line, reason }) => !told.has(`${line} ${reason}`)));
  const beyond = script?.statements[maxStatements];
  if (beyond)
    skipped.push({
      path,
      line: beyond.line,
      reason: reasons.tooManyStatements(maxStatements),
      matters: true,
    });
  return script;
}

/** Tools with both in one file begin a new one with an empty down: left as it is, nobody wrote one. */
function isLeftOpen(down: Script | null, { up, down: path }: MigrationFiles): boolean {
  return down !== null && path === up && down.statements.length === 0;
}

/** A file without an up: nothing of it runs. */
function nothingIn(path: string): Script {
  return { path, text: "", range: { start: 0, end: 0 }, statements: [], transaction: "implicit" };
}

/** What the configuration says, else the tool's own files, else the folders' names. */
export function toldDialect({ directory, dialect: named }: DirectoryLayout, config: Config): Written | null {
  const dialect = config.migrations.find((entry) => entry.directory === directory)?.dialect;
  if (dialect !== undefined) return { dialect };
  if (named === null) return dialectOfPath(directory);
  return typeof named === "string" ? { dialect: named } : named;
}

/**
 * Texts of the changed scripts and of those that tell the database; `settled` are those that stand before the change, all of
 * them where there is nothing before it.
 */
function tellingTexts(directory: DirectoryLayout, told: Written | null, layout: Layout, texts: Texts) {
  const changed = directory.steps.flatMap(({ files, status }) =>
    status === "kept" ? [] : [files.up, ...(files.down === null ? [] : [files.down])],
  );
  const files = [
    ...changed.map((path): SidedFile => ({ side: "head", path })),
    ...(told === null ? tellingFilesOf(directory) : []).filter(
      ({ side, path }) => side === "base" || !changed.includes(path),
    ),
  ];
  const past = files.filter(({ side, path }) => side === "base" || !changed.includes(path));
  const textsOf = (some: readonly SidedFile[]) => some.flatMap((file) => textOf(file, layout, texts));
  return { all: textsOf(files), settled: textsOf(past.length === 0 ? files : past) };
}

/** The file that starts CockroachDB, where the project starts no PostgreSQL. */
function startedBy(services: readonly SidedFile[], layout: Layout, texts: Texts): string | null {
  const textsOf = (file: SidedFile) => textOf(file, layout, texts);
  if (!startCockroach(services.flatMap(textsOf))) return null;
  return services.find((file) => startCockroach(textsOf(file)))?.path ?? null;
}

/** The text of a file, when it is known. */
function textOf({ side, path }: SidedFile, { sides }: Layout, texts: Texts): string[] {
  const decoded = readText(texts.get(sides[side].get(path)?.digest ?? unknownDigest));
  return "text" in decoded ? [decoded.text] : [];
}

function digestOf({ sides }: Layout, path: string): string {
  return sides.head.get(path)?.digest ?? unknownDigest;
}

function skip(path: string, reason: string): Skipped {
  return { path, line: null, reason, matters: true };
}
