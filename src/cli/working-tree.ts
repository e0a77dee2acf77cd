import { lstat, mkdir, readFile, realpath, writeFile } from "node:fs/promises";
import path from "node:path";
import { CheckoutError } from "../handlers/checkout-range.ts";
import { GitError, git } from "../handlers/git.ts";
import { editFile } from "../review/fix.ts";
import { decodeText } from "../review/text-file.ts";
import type { Edit } from "../review/types.ts";

/** Files as they lie in a checkout. */
export interface WorkingTree {
  /** Why the file cannot be edited as its reviewed text asks for; null when it can. `reviewed` is null for a new file. */
  obstacle(file: string, reviewed: string | null): Promise<string | null>;
  /** Makes all edits of one file at once. */
  edit(file: string, edits: readonly Edit[]): Promise<void>;
}

/** The working tree around a folder. Rejects with a CheckoutError where there is none, as in a bare repository. */
export async function openWorkingTree(repo: string): Promise<WorkingTree> {
  const root = await realpath(await rootOf(repo));
  return {
    async obstacle(file, reviewed) {
      const full = path.join(root, file);
      const folder = await realpath(path.dirname(full)).catch(() => null);
      if (folder === null) return reviewed === null ? null : "the file is not there any more";
      if (folder !== root && !folder.startsWith(`${root}${path.sep}`))
        return "it lies outside of the checkout";
      const stats = await lstat(full).catch(() => null);
      if (reviewed === null) return stats ? "a file of this name is there already" : null;
      if (!stats) return "the file is not there any more";
      if (!stats.isFile()) return "it is no plain file";
      const decoded = decodeText(await readFile(full));
      if ("skipped" in decoded) return decoded.skipped;
      if (decoded.encoding === "utf-16") return "it is not UTF-8";
      return decoded.text === reviewed ? null : "the file is not as it was committed; commit it first";
    },
    async edit(file, edits) {
      const full = path.join(root, file);
      const bytes = await readFile(full).catch(() => null);
      if (!bytes) await mkdir(path.dirname(full), { recursive: true });
      const decoded = decodeText(bytes ?? new Uint8Array());
      const edited = "skipped" in decoded ? null : editFile(bytes ?? new Uint8Array(), decoded.text, edits);
      if (!edited || "declined" in edited) throw new Error(`${file} changed while it was edited`);
      await writeFile(full, edited.text);
    },
  };
}

async function rootOf(repo: string): Promise<string> {
  try {
    return (await git(repo, ["rev-parse", "--show-toplevel"])).toString("utf8").replace(/\n$/, "");
  } catch (error) {
    if (!(error instanceof GitError)) throw error;
    throw new CheckoutError(`${repo} has no working tree whose files could be edited: ${error.message}`);
  }
}
