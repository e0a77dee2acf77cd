import { hunksOf, isInDiff } from "../diff.ts";
import type { Finding } from "../types.ts";

/** A file of the pull request with its hunks, as far as they are known. */
export interface FileDiff {
  readonly path: string;
  readonly previousPath: string | null;
  readonly status: "added" | "modified" | "removed" | "renamed";
  readonly patch: string | null;
}

export interface PatchLine {
  readonly kind: "hunk" | "context" | "added" | "removed";
  /** Line number on the old side; null where there is none. */
  readonly old: number | null;
  /** Line number on the new side; null where there is none. */
  readonly new: number | null;
  readonly text: string;
}

/** The lines of a patch in unified form with their numbers on both sides. */
export function patchLines(patch: string): readonly PatchLine[] {
  const lines: PatchLine[] = [];
  let old = 0;
  let now = 0;
  for (const line of patch.split("\n")) {
    const header = /^@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@/.exec(line);
    const text = line.slice(1).replace(/\r$/, "");
    if (header) {
      old = Number(header[1]);
      now = Number(header[2]);
      lines.push({ kind: "hunk", old: null, new: null, text: line });
    } else if (line.startsWith("+")) {
      lines.push({ kind: "added", old: null, new: now++, text });
    } else if (line.startsWith("-")) {
      lines.push({ kind: "removed", old: old++, new: null, text });
    } else if (line.startsWith(" ")) {
      lines.push({ kind: "context", old: old++, new: now++, text });
    }
  }
  return lines;
}

/** The findings that can stand as comments at their lines: those whose range is in one hunk of the diff. */
export function inlineFindings(findings: readonly Finding[], files: readonly FileDiff[]): readonly Finding[] {
  const hunks = new Map(files.map(({ path, patch }) => [path, patch === null ? [] : hunksOf(patch)]));
  return findings.filter((finding) => isInDiff(finding, hunks.get(finding.path) ?? []));
}
