import { createHash, type Hash } from "node:crypto";
import { isTemplateDirectory } from "./atlas-template.ts";
import type { FilesOfSide, Refused } from "./framework.ts";
import { directoryOf, fileNameOf, joinPath } from "./paths.ts";
import type { Disagreement, Place } from "./types.ts";
import { compareText } from "./versions.ts";

/**
 * `atlas.sum` lists every file of a directory with the hash of all names and contents up to it, and begins with the hash of that
 * list; Atlas runs nothing where one does not fit (Atlas documentation, Migration Directory Integrity; sql/migrate/dir.go,
 * NewHashFile, HashFile.Sum). A file that says `atlas:sum ignore` counts with its name alone and is not listed.
 */
export function sumRefusal(directory: string, { paths, text }: FilesOfSide): Refused | "unknown" | null {
  const file = joinPath(directory, "atlas.sum");
  if (!paths.includes(file) || isTemplateDirectory(directory, paths, text)) return null;
  const own = paths
    .filter((path) => directoryOf(path) === directory && path.endsWith(".sql"))
    .toSorted(compareText);
  const sum = text(file);
  const listed = sum === null ? null : listedIn(sum);
  if (listed === null || own.length > mostFiles) return "unknown";
  const refuse = (signed: string | null, how: Signature["how"]): Refused => {
    const line = listed.entries.find(({ name }) => name === signed)?.line ?? 1;
    const path = joinPath(directory, signed ?? "");
    return {
      disagreement: { kind: "signature", file, signed, how },
      places: [
        ...(signed !== null && how !== "gone" ? [firstLine(path)] : []),
        { path: file, line, endLine: line },
      ],
    };
  };
  const known = new Set(own.map(fileNameOf));
  const gone = listed.entries.find(({ name }) => !known.has(name));
  if (gone) return refuse(gone.name, "gone");
  const names = new Map(listed.entries.map(({ name, hash }) => [name, hash]));
  const all = createHash("sha256");
  for (const path of own) {
    const [name, content] = [fileNameOf(path), text(path)];
    const hash = names.get(name);
    if (hash === undefined && isLeftOut(name)) continue;
    if (content === null) return "unknown";
    const isIgnored = ignoring.test(content);
    if (hash === undefined && !isIgnored) return refuse(name, "unlisted");
    all.update(name);
    if (!isIgnored && !adds(all, content, hash ?? "")) return refuse(name, "changed");
  }
  return listed.head === sumOf(listed.entries) ? null : refuse(null, "changed");
}

type Signature = Extract<Disagreement, { kind: "signature" }>;

/** So many files are read for their signature. */
const mostFiles = 500;

/** Downs and undos of tools whose directories Atlas signs as well are no migrations to it. */
function isLeftOut(name: string): boolean {
  return /\.down\.sql$|^U[\d._]+__/.test(name);
}

/** In the first line alone (sql/migrate/dir.go, NewHashFile). */
const ignoring = /^[ -~]*atlas:sum +ignore(?=\n|$)/;

interface Listed {
  readonly head: string;
  readonly entries: readonly { readonly name: string; readonly hash: string; readonly line: number }[];
}

/** null for a file that is not of Atlas's form. */
function listedIn(sum: string): Listed | null {
  const [head = "", ...lines] = sum.split(/\r?\n/);
  const entries = lines.map((text, i) => {
    const [, name = "", hash = ""] = /^(.+) h1:(\S+)$/.exec(text) ?? [];
    return { name, hash, line: i + 2, isEmpty: text === "" };
  });
  const filled = entries.filter(({ isEmpty }) => !isEmpty);
  return /^h1:\S+$/.test(head) && filled.every(({ name }) => name !== "")
    ? { head: head.slice(3), entries: filled }
    : null;
}

/**
 * Adds a content to the hash; false where that is not what was signed. A byte order mark counts, and is not in the text; Git may
 * have changed line ends since.
 */
function adds(all: Hash, content: string, hash: string): boolean {
  const lines = content.replaceAll("\r\n", "\n");
  const signed = [content, `\uFEFF${content}`, lines, lines.replaceAll("\n", "\r\n")].find(
    (one) => all.copy().update(one).digest("base64") === hash,
  );
  if (signed !== undefined) all.update(signed);
  return signed !== undefined;
}

function sumOf(entries: Listed["entries"]): string {
  const sum = createHash("sha256");
  for (const { name, hash } of entries) sum.update(name).update(hash);
  return sum.digest("base64");
}

function firstLine(path: string): Place {
  return { path, line: 1, endLine: 1 };
}
