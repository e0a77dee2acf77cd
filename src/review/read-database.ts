import type { Config } from "./config.ts";
import { dialectOfPath, dialectOfTexts, type Written } from "./dialect.ts";
import { reasons } from "./errors.ts";
import type { Framework } from "./framework.ts";
import { frameworks } from "./frameworks/index.ts";
import { type Texts, unknownDigest } from "./inputs.ts";
import type { DirectoryLayout, Layout } from "./layout.ts";
import { toolOfText } from "./other-tools.ts";
import type { Step } from "./plan.ts";
import { maxStatements, readScript, splitScript, unreadableScript } from "./script.ts";
import { normaliseStatement } from "./sql/names.ts";
import { type DecodedText, decodeText } from "./text-file.ts";
import type { Database, Dialect, Migration, Script, Skipped, TransactionMode } from "./types.ts";
import { waiverOf } from "./waiver.ts";

/** The text of fetched bytes, or why there is none. */
export function readText(
  bytes: Uint8Array | { readonly missing: string } | undefined,
): DecodedText | { readonly skipped: string } {
  if (bytes === undefined) return { skipped: reasons.missing("it was not found") };
  return "missing" in bytes ? { skipped: reasons.missing(bytes.missing) } : decodeText(bytes);
}

/** Files whose words tell the database where neither the configuration nor the folders do: the first two and the last. */
export function dialectFilesOf(directory: DirectoryLayout, config: Config): string[] {
  if (toldDialect(directory, config) !== null) return [];
  const ups = [...directory.history, ...directory.steps.map(({ files }) => files)].map(({ up }) => up);
  return [...new Set([...ups.slice(0, 2), ...ups.slice(-1)])];
}

/** A directory and its steps; no database, with the reason, when it is written for one that is not read. */
export function readDatabase(
  directory: DirectoryLayout,
  layout: Layout,
  config: Config,
  texts: Texts,
): { readonly database: Database | null; readonly skipped: readonly Skipped[] } {
  const place = directory.changed[0] ?? directory.steps[0]?.files.up ?? directory.directory;
  const decoded = decodedTexts(directory, layout, config, texts);
  const tool = decoded.map(toolOfText).find((found) => found !== null);
  if (tool) return { database: null, skipped: [skip(place, reasons.toolNotRead(tool))] };

  const written = toldDialect(directory, config) ?? dialectOfTexts(decoded);
  const framework = frameworks[directory.framework];
  if ("other" in written)
    return { database: null, skipped: [skip(place, reasons.dialectNotRead(written.other))] };
  if (!framework) return { database: null, skipped: [] };

  const ids = new Set<string>();
  const context = { directory, layout, framework, texts, ids, dialect: written.dialect };
  const read = directory.steps.map((step) => readStep(step, context));
  const first = read.findIndex(({ migration }) => migration.status !== "kept");
  const steps = first === -1 ? [] : read.slice(first);
  const replayed = directory.steps.slice(0, directory.steps.length - steps.length).map(({ files }) => files);
  return {
    database: {
      directory: directory.directory,
      framework: directory.framework,
      dialect: written.dialect,
      habits: framework.habits,
      history: [...directory.history, ...replayed].map(({ up, version }) => ({
        path: up,
        version,
        digest: digestOf(layout, up),
      })),
      steps: steps.map(({ migration }) => migration),
    },
    skipped: read.flatMap(({ skipped }) => skipped),
  };
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
  const up = readFile(files.up, context, skipped);
  const down = files.down === null ? null : readFile(files.down, context, skipped);
  const changed = step.changed.filter((direction) => {
    if (before === null) return true;
    return direction === "up" ? differs(before.up, up, context) : differs(before.down, down, context);
  });
  const status = step.status === "edited" && changed.length === 0 ? "kept" : step.status;
  const migration = {
    id: idOf(files, context),
    version: files.version,
    name: files.name,
    up,
    down,
    downWaived: downWaived(down, files.downPath, context),
    downPath: files.downPath,
    status,
    changed,
  };
  return { migration, skipped: status === "kept" ? [] : skipped };
}

/** Whether a script does something else than on the base side: comments, white space and the case of keywords aside. */
function differs(
  beforePath: string | null,
  script: Script | null,
  { layout, texts, dialect }: StepContext,
): boolean {
  if (beforePath === null || script === null) return true;
  const decoded = readText(texts.get(layout.sides.base.get(beforePath)?.digest ?? unknownDigest));
  if ("skipped" in decoded || script.statements.some(({ refused }) => refused !== null)) return true;
  const meaningOf = ({ sql, copyData }: { sql: string; copyData: string | null }) =>
    `${normaliseStatement(sql)}\n${copyData ?? ""}`;
  const before = splitScript(decoded.text, dialect).map(meaningOf);
  return (
    before.length !== script.statements.length ||
    before.some((sql, i) => sql !== meaningOf(script.statements[i] ?? { sql: "", copyData: null }))
  );
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
  if (!directory.writesDowns && (down === null || down.text.trim() === ""))
    return "no migration before it in this folder has a down";
  if (down) return waiverOf(down);
  return framework.hasDowns && downPath !== null ? null : "nothing in this folder has a down";
}

function readFile(
  path: string,
  { layout, framework, texts, dialect }: StepContext,
  skipped: Skipped[],
): Script {
  const transaction = transactionOf(framework, dialect);
  const decoded = readText(texts.get(digestOf(layout, path)));
  if ("skipped" in decoded) {
    skipped.push(skip(path, decoded.skipped));
    return unreadableScript(path, decoded.skipped, transaction);
  }
  if (decoded.encoding === "utf-16") skipped.push(skip(path, reasons.utf16()));
  if (decoded.encoding === "utf-8-bom")
    skipped.push({ ...skip(path, reasons.byteOrderMark()), matters: false });
  const script = readScript(path, decoded.text, transaction, undefined, dialect);
  const beyond = script.statements[maxStatements];
  if (beyond)
    skipped.push({
      path,
      line: beyond.line,
      reason: reasons.tooManyStatements(maxStatements),
      matters: true,
    });
  return script;
}

/** One implicit transaction for several statements is PostgreSQL's own; tools wrap a script for SQLite in one. */
export function transactionOf({ transaction }: Framework, dialect: Dialect): TransactionMode {
  return dialect === "sqlite" && transaction === "implicit" ? "transaction" : transaction;
}

function toldDialect({ directory }: DirectoryLayout, config: Config): Written | null {
  const dialect = config.migrations.find((entry) => entry.directory === directory)?.dialect;
  return dialect === undefined ? dialectOfPath(directory) : { dialect };
}

/** Texts of the changed scripts and of those that tell the database. */
function decodedTexts(directory: DirectoryLayout, layout: Layout, config: Config, texts: Texts): string[] {
  const changed = directory.steps.flatMap(({ files, status }) =>
    status === "kept" ? [] : [files.up, files.down],
  );
  const paths = new Set([...changed, ...dialectFilesOf(directory, config)]);
  return [...paths].flatMap((path) => {
    const decoded = path === null ? null : readText(texts.get(digestOf(layout, path)));
    return decoded && "text" in decoded ? [decoded.text] : [];
  });
}

function digestOf({ sides }: Layout, path: string): string {
  return sides.head.get(path)?.digest ?? unknownDigest;
}

function skip(path: string, reason: string): Skipped {
  return { path, line: null, reason, matters: true };
}
