import { collide, distinctEdits, editFile } from "../review/fix.ts";
import { codeSpan } from "../review/report/escape.ts";
import { sourcesOf } from "../review/report/fix-view.ts";
import type { Edit, Report } from "../review/types.ts";
import type { Home } from "./check-run.ts";
import type { Branch } from "./conversation.ts";
import { failureOf } from "./failures.ts";
import type { ChangedFile, Source } from "./source.ts";

/** The button of a check that commits the fixes. GitHub takes labels of 20 characters and descriptions of 40. */
export const applyAction = {
  label: "Apply fixes",
  identifier: "apply-fixes",
  description: "Commits the fixes that were run here",
} as const;

/** A file that fixes edit, as it was reviewed. */
interface Fixable {
  readonly path: string;
  readonly text: string;
  readonly edits: readonly Edit[];
}

/** Every fix that was run, by file; of two that edit the same text, the first. Nothing when there is none. */
export function fixable(report: Report): readonly Fixable[] {
  const sources = sourcesOf(report.changes);
  const taken: Edit[] = [];
  for (const { fix } of report.findings) {
    const edits = fix?.edits ?? [];
    const isPossible = edits.every((edit) => sources.has(edit.path));
    if (isPossible && !edits.some((edit) => taken.some((other) => collide(edit, other))))
      taken.push(...edits);
  }
  const edits = distinctEdits(taken);
  return [...new Set(edits.map(({ path }) => path))].map((path) => ({
    path,
    text: sources.get(path) ?? "",
    edits: edits.filter((edit) => edit.path === path),
  }));
}

export interface ApplyOptions {
  readonly home: Home;
  readonly branch: Branch;
  /** The commit that was reviewed. */
  readonly head: string;
  readonly report: Report;
  readonly files: readonly ChangedFile[];
  readonly read: Source["read"];
}

/**
 * Commits the fixes to the pull request's branch, if it still ends in the commit that was reviewed. Gives why not, or why not
 * in every file, as Markdown for people; null when it did. The push is an event of its own, and is reviewed like any other.
 */
export async function applyFixes({
  home,
  branch,
  head,
  report,
  files,
  read,
}: ApplyOptions): Promise<string | null> {
  const wanted = fixable(report);
  if (wanted.length === 0) return "There is no fix left that is certain.";
  const digests = new Map(files.flatMap(({ path, digest }) => (digest === null ? [] : [[path, digest]])));
  const blobs = await read([...new Set(wanted.flatMap(({ path }) => digests.get(path) ?? []))]);
  const edited = wanted.map(({ path, text, edits }) => {
    const blob = blobs.get(digests.get(path) ?? "");
    if (!blob || "missing" in blob) return { path, declined: blob?.missing ?? "it could not be read" };
    return { path, ...editFile(blob.bytes, text, edits) };
  });
  const left = edited.flatMap((file) =>
    "declined" in file ? [`${codeSpan(file.path)}: ${file.declined}`] : [],
  );
  const note = left.length === 0 ? null : `Not fixed by the button: ${left.join("; ")}.`;
  const additions = edited.flatMap((file) =>
    "declined" in file ? [] : [{ path: file.path, contents: Buffer.from(file.text).toString("base64") }],
  );
  if (additions.length === 0) return note;
  const input = {
    branch: { repositoryNameWithOwner: branch.repository, branchName: branch.name },
    expectedHeadOid: head,
    message: {
      headline: "Apply the fixes of Drydock",
      body: "Each was run in a throwaway database before it was offered.",
    },
    fileChanges: { additions },
  };
  try {
    await home.client.graphql(
      "mutation ($input: CreateCommitOnBranchInput!) { createCommitOnBranch(input: $input) { commit { oid } } }",
      { input, request: { retries: 0 } },
    );
    return note;
  } catch (error) {
    return failureOf(error).kind === "permission"
      ? "Drydock may not write to the branch."
      : "The fixes could not be committed: the branch may have moved, or be protected.";
  }
}
