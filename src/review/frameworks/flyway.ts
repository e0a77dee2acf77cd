import { dialectOfPath } from "../dialect.ts";
import { configurationFiles, configurationsAbove, isForAll } from "../flyway-configuration.ts";
import { type FlywayNaming, flywaySettings, scriptSettings, usualNaming } from "../flyway-settings.ts";
import {
  defineFramework,
  type MigrationDirectory,
  type MigrationFile,
  type MigrationFiles,
  type Reading,
  type Repository,
} from "../framework.ts";
import { directoryOf, fileNameOf, groupBy, isSqlPath, isWithin, joinPath } from "../paths.ts";
import { type Refused, readScript } from "../script.ts";
import { say } from "../text.ts";
import type { Script, Settings, Skipped } from "../types.ts";
import { compareText, compareVersions, normalVersion } from "../versions.ts";

/**
 * Flyway runs `V<version>__<description>.sql` by version and `R__<description>.sql` after them by description, again whenever its
 * text changes; `U<version>__…` undoes a version, and `B<version>__…` stands for all before it in a new database. Its configuration
 * may have other prefixes, separators and suffixes. Folders below a location belong to it (Flyway documentation, Migrations,
 * Versioned, Repeatable, Undo and Baseline Migrations, Naming; Configuration, Flyway Namespace). Each file runs in a transaction,
 * unless it holds only statements that cannot, or `<file>.conf` says `executeInTransaction=false` (Migration Transaction Handling,
 * Script Configuration, Mixed; PostgreSQLParser.java). `${name}` is replaced (Placeholders). What ran is compared by checksum, and a
 * late version is refused (Validate), unless it is set to run (Out Of Order).
 */
export default defineFramework({
  title: "Flyway",
  concerns: new RegExp(`${configurationFiles.source}|(^|/)[VUR][^/]*__[^/]*\\.sql\\.conf$`),
  find: (repository) => locationsIn(repository).map((location) => layOut(location, repository)),
  read,
  hasDowns: false,
  habits: { late: "refused", duplicates: "refused", checksums: true, together: false },
  resetSettings: ["role", "search_path"], // DbMigrate.java, PostgreSQLConnection.java
  outsideTransaction: say`a migration of its own, which Flyway then runs without a transaction (set ${"flyway.postgresql.transactional.lock=false"}, or it waits for its own lock)`,
  // A file of nothing but statements that cannot run in a transaction is run without one.
  leave: ({ statements }) =>
    statements.length > 1
      ? null
      : {
          edits: [],
          followUp: say`Set ${"flyway.postgresql.transactional.lock=false"}, or the build waits for Flyway's own lock.`,
        },
  write({ directory, version, name, after, up, down, outsideTransaction }) {
    // Names of one's own are for the author to give.
    if (after.up !== "" && parse(after.up, usualNaming) === null) return null;
    const folder = after.up === "" ? directory : directoryOf(after.up);
    const path = (kind: string) => joinPath(folder, `${kind}${version}__${name}.sql`);
    const undo = down === null || after.down === null ? [] : [{ path: path("U"), text: down }];
    const settings = { path: `${path("V")}.conf`, text: "executeInTransaction=false\n" };
    return [{ path: path("V"), text: up }, ...(outsideTransaction ? [settings] : []), ...undo];
  },
});

interface Parsed {
  readonly path: string;
  readonly kind: "V" | "U" | "R" | "B";
  readonly version: string;
  readonly name: string;
}

function parse(path: string, { prefixes, separator, suffixes }: FlywayNaming): Parsed | null {
  const file = fileNameOf(path);
  const suffix = suffixes.find((one) => one !== "" && file.endsWith(one));
  if (suffix === undefined) return null;
  const stem = file.slice(0, -suffix.length);
  const [version = "", ...rest] = stem.split(separator);
  const name = rest.join(separator);
  for (const kind of ["V", "U", "B"] as const) {
    const number = version.startsWith(prefixes[kind]) ? version.slice(prefixes[kind].length) : "";
    if (rest.length > 0 && /^\d+(?:[._]\d+)*$/.test(number)) return { path, kind, version: number, name };
  }
  if (rest.length === 0 || version !== prefixes.R) return null;
  return { path, kind: "R", version: `${prefixes.R}${separator}${name}`, name };
}

interface Location {
  readonly directory: string;
  readonly files: readonly Parsed[];
}

/** Files by location: what the configuration lists, else a folder called for migrations with all beneath it, else each folder by itself. */
function locationsIn(repository: Repository): Location[] {
  const own = [...repository.folders].flatMap(([folder, paths]) => filesIn(folder, paths, repository));
  const roots = groupBy(own, ({ path }) => rootOf(directoryOf(path)));
  const locations = [...roots].flatMap(([directory, all]) => split(directory, all));
  return asListed(joined(locations), repository).filter(({ files: some }) =>
    some.some(({ kind }) => kind !== "U"),
  );
}

/** The migrations of a folder, by names as they are usual, or as the configuration above it has them. */
function filesIn(folder: string, paths: readonly string[], repository: Repository): Parsed[] {
  const sql = paths.filter(isSqlPath);
  const usual = sql
    .filter((path) => !/\.(up|down)\.sql$/.test(path))
    .flatMap((path) => parse(path, usualNaming) ?? []);
  const isLikely =
    usual.length > 0 || (likely.test(folder) && sql.some((path) => /^[a-z_-]*\d/i.test(fileNameOf(path))));
  if (!isLikely || !configurationsAbove(folder, repository).some(isForAll)) return usual;
  const { naming } = flywaySettings(repository, folder);
  return naming === usualNaming ? usual : sql.flatMap((path) => parse(path, naming) ?? []);
}

const likely = /(^|\/)(\w*migrations?|flyway|db|database|sql)(\/|$)/;

/** Locations that the configuration lists beside each other are one history, unless a version is in several of them. */
function asListed(locations: readonly Location[], repository: Repository): Location[] {
  const groups = groupBy(locations, ({ directory }) => {
    const listed = flywaySettings(repository, directory).locations ?? [];
    return listed.length > 1 && listed.some((folder) => isWithin(directory, folder))
      ? listed.join()
      : directory;
  });
  return [...groups.values()].flatMap((group) => {
    const files = group.flatMap((location) => location.files);
    const versions = files.filter(({ kind }) => kind === "V").map(({ version }) => normalVersion(version));
    const [first] = group;
    return first && new Set(versions).size === versions.length ? [{ ...first, files }] : group;
  });
}

/**
 * A location named for a database is one history with the common one beside or above it (`db/migration`, `db/specific/postgresql`)
 * when no version is in both: each by itself would have gaps.
 */
function joined(locations: readonly Location[]): Location[] {
  const shared = new Set<Location>();
  const all = locations.map((location) => {
    if (!isVendor(fileNameOf(location.directory))) return location;
    const common = locations.find((other) => isBeside(other, location) && areDisjoint(other, location));
    if (!common) return location;
    shared.add(common);
    return { ...location, files: [...common.files, ...location.files] };
  });
  return all.filter((location) => !shared.has(location));
}

function isBeside(common: Location, vendor: Location): boolean {
  if (common.directory.split("/").some(isVendor)) return false;
  return (
    vendor.directory.startsWith(`${directoryOf(common.directory)}/`) && directoryOf(common.directory) !== ""
  );
}

function areDisjoint(some: Location, others: Location): boolean {
  const versions = new Set(versionsOf(some));
  return versions.size > 0 && versionsOf(others).every((version) => !versions.has(version));
}

function versionsOf({ files }: Location): string[] {
  return files.filter(({ kind }) => kind === "V").map(({ version }) => normalVersion(version));
}

function rootOf(directory: string): string {
  const [, root] = /^((?:.*\/)?(?:migrations?|flyway)(?:\/sql)?)\/.*$/.exec(directory) ?? [];
  return root ?? directory;
}

/** Folders named for databases are histories of their own, which share what lies in no such folder; so are folders whose versions meet. */
function split(root: string, files: readonly Parsed[]): Location[] {
  const vendors = groupBy(files, ({ path }) => vendorFolder(root, path) ?? "");
  const common = vendors.get("") ?? [];
  vendors.delete("");
  if (vendors.size > 0)
    return [...vendors].map(([directory, some]) => ({ directory, files: [...common, ...some] }));
  const versions = files.filter(({ kind }) => kind === "V").map(({ version }) => normalVersion(version));
  if (new Set(versions).size === versions.length) return [{ directory: root, files }];
  return [...groupBy(files, ({ path }) => directoryOf(path))].map(([directory, some]) => ({
    directory,
    files: some,
  }));
}

/** The first folder below the root that names a database. */
function vendorFolder(root: string, path: string): string | null {
  const below = directoryOf(path)
    .slice(root.length)
    .split("/")
    .filter((folder) => folder !== "");
  const named = below.findIndex(isVendor);
  return named < 0 ? null : [root, ...below.slice(0, named + 1)].join("/");
}

function isVendor(folder: string): boolean {
  return dialectOfPath(folder) !== null || unread.test(folder);
}

/** Databases that are not read, and that no other tool's folders are named for. */
const unread = /^(h2|hsqldb|derby|db2)$/i;

function layOut({ directory, files }: Location, repository: Repository): MigrationDirectory {
  const { settings, naming } = flywaySettings(repository, directory);
  const known = new Set(repository.paths);
  const undos = new Map(
    files.flatMap((file) => (file.kind === "U" ? [[normalVersion(file.version), file.path] as const] : [])),
  );
  const migrationOf = ({ path, kind, version, name }: Parsed): MigrationFiles => ({
    version,
    name,
    up: path,
    down: kind === "V" ? (undos.get(normalVersion(version)) ?? null) : null,
    downPath: null,
    settings: { ...settings, ...settingsBeside(path, known, repository, directory) },
    isRepeatable: kind === "R",
    isBaseline: kind === "B",
  });
  const versioned = files.filter(({ kind }) => kind === "V").sort(byVersion);
  const repeatable = files.filter(({ kind }) => kind === "R").sort((a, b) => compareText(a.name, b.name));
  const base = baselineAmong(files);
  return {
    directory,
    by: "name",
    dialect: unread.test(fileNameOf(directory)) ? { other: fileNameOf(directory) } : null,
    migrations: [...(base ? [base] : []), ...versioned, ...repeatable].map(migrationOf),
    skipped: [
      ...versioned.flatMap((file) => duplicateOf(file, versioned)),
      ...files.flatMap(baseline),
      ...misnamedBeside(files, repository, naming),
    ],
  };
}

/** `<file>.conf` beside a migration. */
function settingsBeside(
  path: string,
  known: ReadonlySet<string>,
  { text }: Repository,
  directory: string,
): Settings {
  const content = known.has(`${path}.conf`) ? text(`${path}.conf`, directory) : null;
  return content === null ? {} : scriptSettings(content);
}

function duplicateOf(file: Parsed, versioned: readonly Parsed[]): Skipped[] {
  const other = versioned.find(
    (one) => one !== file && normalVersion(one.version) === normalVersion(file.version),
  );
  if (!other) return [];
  const reason = `it has version ${file.version}, as ${fileNameOf(other.path)} has; Flyway refuses to start with two files of one version; give one of them a new version`;
  return [{ path: file.path, line: null, reason, matters: true }];
}

/** Files whose names nearly say that they are migrations, which Flyway ignores without a word. */
function misnamedBeside(
  files: readonly Parsed[],
  { folders }: Repository,
  { prefixes, separator, suffixes }: FlywayNaming,
): Skipped[] {
  const homes = new Set(files.map(({ path }) => directoryOf(path)));
  const beside = [...homes].flatMap((home) => folders.get(home) ?? []);
  const read = new Set(files.map(({ path }) => path));
  const reason = `Flyway does not run it: its name is not of the form \`${prefixes.V}<version>${separator}<description>${suffixes[0]}\``;
  return beside
    .filter((path) => /^([VUB]\d|R_).*(?<!\.(up|down))\.sql$/s.test(fileNameOf(path)) && !read.has(path))
    .map((path) => ({ path, line: null, reason, matters: true }));
}

/** The last baseline, where the versions that it stands for are gone: all that is known of them. */
function baselineAmong(files: readonly Parsed[]): Parsed | null {
  const base = files
    .filter(({ kind }) => kind === "B")
    .sort(byVersion)
    .at(-1);
  if (!base) return null;
  const isWhole = files.every(
    ({ kind, version }) => kind !== "V" || compareVersions(version, base.version) > 0,
  );
  return isWhole ? base : null;
}

function byVersion(a: Parsed, b: Parsed): number {
  return compareVersions(a.version, b.version) || compareText(a.path, b.path);
}

function baseline({ path, kind }: Parsed): Skipped[] {
  const reason =
    "Flyway runs it only in a new database, in place of the versions before it; it is not run here";
  return kind === "B" ? [{ path, line: null, reason, matters: false }] : [];
}

function read({ path, text, dialect, settings }: MigrationFile): Reading {
  const condition = settings.shouldexecute ?? "true";
  if (condition === "false") {
    const reason = "Flyway does not run it: its configuration says shouldExecute=false";
    const script = readScript(path, text, "transaction", { start: 0, end: 0 }, dialect);
    return { script, skipped: [{ path, line: null, reason, matters: false }] };
  }
  const replaces = settings.placeholderreplacement !== "false";
  const { placeholderprefix: prefix = "${" } = settings;
  const substitute = (sql: string) =>
    replaces && sql.includes(prefix) ? withPlaceholders(sql, path, settings) : sql;
  const script = readScript(path, text, "transaction", undefined, dialect, substitute);
  const reason = `Flyway runs it only where ${condition}; here it is run`;
  return {
    script: { ...script, transaction: modeOf(script, settings) },
    skipped: condition === "true" ? [] : [{ path, line: null, reason, matters: false }],
  };
}

function modeOf({ statements }: Script, { executeintransaction, mixed }: Settings): Script["transaction"] {
  if (executeintransaction !== undefined)
    return executeintransaction === "false" ? "autocommit" : "transaction";
  const isOutside = ({ sql }: { readonly sql: string }) => nonTransactional.test(sql.replace(/\s+/g, " "));
  const leaves = mixed === "true" ? statements.some(isOutside) : statements.every(isOutside);
  return statements.length > 0 && leaves ? "autocommit" : "transaction";
}

/** As Flyway recognises them. */
const nonTransactional =
  /^((CREATE|DROP) (DATABASE|TABLESPACE|SUBSCRIPTION)|ALTER SYSTEM|(CREATE|DROP)( UNIQUE)? INDEX CONCURRENTLY|REINDEX( VERBOSE)? (SCHEMA|DATABASE|SYSTEM)|VACUUM|DISCARD ALL)/i;

function withPlaceholders(sql: string, path: string, settings: Settings): string | Refused {
  const missing: string[] = [];
  const { placeholderprefix: prefix = "${", placeholdersuffix: suffix = "}" } = settings;
  const placeholder = new RegExp(`${literal(prefix)}([^{}]+?)${literal(suffix)}`, "g");
  const replaced = sql.replace(placeholder, (whole, name: string) => {
    const value = builtIn(name, path) ?? ownValue(settings[`placeholders.${name.toLowerCase()}`]);
    if (value === null) missing.push(name);
    return value ?? whole;
  });
  const [first] = missing;
  if (first === undefined) return replaced;
  return { refused: `Flyway's placeholder ${first} has no value in the repository's configuration` };
}

function literal(text: string): string {
  return text.replace(/[^\w\s]/g, "\\$&");
}

/** A value that comes from the environment counts only with its default: `${SCHEMA:app}`. */
function ownValue(value: string | undefined): string | null {
  if (value === undefined) return null;
  const [, fallback] = /^\$\{[^:}]+(?::([^}]*))?\}$/.exec(value) ?? [value, value];
  return fallback ?? null;
}

function builtIn(name: string, path: string): string | null {
  const values: Readonly<Record<string, string>> = {
    "flyway:defaultschema": "public",
    "flyway:filename": fileNameOf(path),
    "flyway:user": "postgres",
    "flyway:database": "postgres",
    "flyway:table": "flyway_schema_history",
    "flyway:timestamp": "2000-01-01 00:00:00",
  };
  return values[name.toLowerCase()] ?? null;
}
