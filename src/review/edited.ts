import { applyEdits } from "./fix.ts";
import type { ChangedFileLike, Texts, TreeFileLike } from "./inputs.ts";
import { decodeText } from "./text-file.ts";
import type { Edit } from "./types.ts";

/** The files of a change, as they are read. */
export interface ChangedFiles {
  readonly changed: readonly ChangedFileLike[];
  readonly base: readonly TreeFileLike[];
  readonly texts: Texts;
}

/** What is done to the files of a change: texts edited, files added, files of the change taken back. */
export interface Alteration {
  readonly edits: readonly Edit[];
  readonly added?: readonly { readonly path: string; readonly text: string }[];
  readonly removed?: readonly string[];
}

/**
 * The same change with its files altered, ready to be read again; null when a text is not known, or when the alteration
 * does not fit: edits that overlap, a new file where one stands, a file to be taken back that the change did not add.
 */
export function altered<Files extends ChangedFiles>(
  files: Files,
  { edits, added = [], removed = [] }: Alteration,
): Files | null {
  const digests = new Map(files.base.map(({ path, digest }) => [path, digest]));
  const texts = new Map(files.texts);
  const changed = new Map(files.changed.map((file) => [file.path, file]));
  const put = (path: string, text: string): void => {
    const digest = `altered:${path}`;
    texts.set(digest, new TextEncoder().encode(text));
    const status = digests.has(path) ? "modified" : "added";
    const known = changed.get(path) ?? { path, previousPath: null, status, patch: null };
    changed.set(path, { ...known, digest });
  };
  for (const path of new Set(edits.map((edit) => edit.path))) {
    const file = changed.get(path);
    const own = edits.filter((edit) => edit.path === path);
    const text = textOf(file ? file.digest : digests.get(path), texts, own);
    const edited = text === null ? null : tryEdits(text, own);
    if (edited === null) return null;
    put(path, edited);
  }
  for (const path of removed) {
    if (changed.get(path)?.status !== "added") return null;
    changed.delete(path);
  }
  for (const { path, text } of added) {
    if (changed.has(path) || digests.has(path)) return null;
    put(path, text);
  }
  return { ...files, changed: [...changed.values()], texts };
}

/** The text of a file; that of one that is not there yet is empty, where the edits begin it. */
function textOf(digest: string | null | undefined, texts: Texts, edits: readonly Edit[]): string | null {
  if (digest === null) return null;
  if (digest === undefined) return edits.every(({ start, end }) => start === 0 && end === 0) ? "" : null;
  const bytes = texts.get(digest);
  if (!bytes || "missing" in bytes) return null;
  const decoded = decodeText(bytes);
  return "text" in decoded ? decoded.text : null;
}

function tryEdits(text: string, edits: readonly Edit[]): string | null {
  try {
    return applyEdits(text, edits);
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}
