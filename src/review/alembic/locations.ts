import type { Repository } from "../framework.ts";
import { directoryOf, fileNameOf, isWithin, joinPath } from "../paths.ts";

/** Folders whose revisions are one history because Alembic's configuration says so, and not its habit. */
export interface Locations {
  /** Where `env.py` is. */
  readonly home: string;
  readonly folders: readonly string[];
}

/**
 * Histories in folders of their own: those that `version_locations` lists, and with `recursive_version_locations` what is beneath
 * them, of each section of `alembic.ini` and of `[tool.alembic]` in `pyproject.toml` (Alembic documentation, Working with
 * Branches, Setting up Multiple Version Directories; Tutorial, Editing the .ini File, Using pyproject.toml for configuration).
 */
export function locationsIn({ paths, folders, text }: Repository): Locations[] {
  const homes = paths.filter((path) => fileNameOf(path) === "script.py.mako").map(directoryOf);
  const isAbove = (root: string) =>
    homes.some((home) => root === "" || home === root || home.startsWith(`${root}/`));
  return paths.flatMap((path) => {
    const root = directoryOf(path);
    const isToml = fileNameOf(path) === "pyproject.toml";
    if (!(isToml && isAbove(root)) && fileNameOf(path) !== "alembic.ini") return [];
    const content = text(path, root);
    const sections = content === null ? [] : sectionsOf(content, isToml);
    return sections.flatMap((section): Locations[] => {
      const own = readSection(section, isToml, root, (folder) => isKnown(folder, folders));
      if (own === null) return [];
      const within = [...folders.keys()].filter((folder) =>
        own.locations.some((at) => folder === at || (own.isRecursive && folder.startsWith(`${at}/`))),
      );
      const usual = joinPath(own.home, "versions");
      // The usual folder names the history: it stands where others come and go.
      const order = [usual, ...own.locations];
      const first = (folder: string) => order.findIndex((at) => `${folder}/`.startsWith(`${at}/`));
      const sorted = within.sort((a, b) => first(a) - first(b) || a.length - b.length);
      const isUsual = sorted.every((folder) => folder === usual);
      return isUsual ? [] : [{ home: own.home, folders: sorted }];
    });
  });
}

/** The settings of a section by their keys; lines that go on a value belong to it. */
type Section = ReadonlyMap<string, string>;

function sectionsOf(content: string, isToml: boolean): Section[] {
  const sections: Map<string, string>[] = [];
  let section: Map<string, string> | null = null;
  let last: string | null = null;
  for (const line of content.split(/\r?\n/)) {
    const title = /^\[([^[\]]+)\]\s*$/.exec(line)?.[1]?.trim();
    const [, key, value] = /^([\w.]+)\s*[=:]\s*(.*)$/.exec(line) ?? [];
    if (title !== undefined) {
      section = isToml && title !== "tool.alembic" ? null : new Map();
      if (section) sections.push(section);
      last = null;
    } else if (/^\s*[#;]/.test(line)) continue;
    else if (section && key !== undefined) {
      section.set(key, value ?? "");
      last = key;
    } else if (section && last !== null) section.set(last, `${section.get(last) ?? ""}\n${line.trim()}`);
  }
  return sections;
}

function readSection(section: Section, isToml: boolean, root: string, isKnown: (folder: string) => boolean) {
  const script = section.get("script_location");
  if (script === undefined) return null;
  const home = folderOf(unquoted(script), root, isKnown);
  const listed = section.get("version_locations");
  const values = isToml ? quotedIn(listed ?? "") : (listed ?? "").split(separatorOf(section));
  const named = values.map((value) => value.trim()).filter((value) => value !== "");
  const locations = named.map((value) => folderOf(value, root, isKnown));
  const isRecursive = /^\s*true\b/i.test(section.get("recursive_version_locations") ?? "");
  return { home, isRecursive, locations: locations.length > 0 ? locations : [joinPath(home, "versions")] };
}

/** Without a word on it, blanks and commas part folders. */
function separatorOf(section: Section): RegExp | string {
  const name = (section.get("path_separator") ?? section.get("version_path_separator"))?.trim();
  if (name === undefined) return /[,\s]+/;
  return { os: ":", space: " ", newline: "\n" }[name] ?? name;
}

/** `%(here)s` is the folder of the configuration, from which Alembic is run as well; `package:folder` stands in a package. */
function folderOf(value: string, root: string, isKnown: (folder: string) => boolean): string {
  const [, module, rest = ""] = /^([A-Za-z_][\w.]*):([^\\:]*)$/.exec(value.trim()) ?? [];
  const place = module === undefined ? value : `${module.replaceAll(".", "/")}/${rest}`;
  const homes = module === undefined ? [root] : [root, joinPath(root, "src")];
  const folders = homes.map((home) =>
    joinPath(home, place.trim().replace(/^%\(here\)s\/?/, ""))
      .split("/")
      .filter((part) => part !== "" && part !== ".")
      .join("/"),
  );
  return folders.find(isKnown) ?? folders[0] ?? "";
}

function isKnown(folder: string, folders: Repository["folders"]): boolean {
  return [...folders.keys()].some((known) => isWithin(known, folder));
}

function unquoted(value: string): string {
  return value.trim().replace(/^(["'])(.*)\1$/, "$2");
}

function quotedIn(list: string): string[] {
  return [...list.matchAll(/"([^"]*)"|'([^']*)'/g)].map(([, double, single]) => double ?? single ?? "");
}
