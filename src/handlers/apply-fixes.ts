import { applyEdits, collide, distinctEdits } from "../review/fix.ts";
import { sourcesOf } from "../review/report/fix-view.ts";
import type { Edit, Report } from "../review/types.ts";
import type { Home } from "./check-run.ts";
import type { Branch } from "./conversation.ts";
import { failureOf } from "./failures.ts";

/** The button of a check that commits the fixes. GitHub takes labels of 20 characters and descriptions of 40. */
export const applyAction = {
  label: "Apply fixes",
  identifier: "apply-fixes",
  description: "Commits the fixes that were run here",
} as const;

/** Files as they are with every fix made that was run; of two that edit the same text, the first. Nothing when there is none. */
export function fixedFiles(report: Report): readonly { readonly path: string; readonly text: string }[] {
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
    text: applyEdits(
      sources.get(path) ?? "",
      edits.filter((edit) => edit.path === path),
    ),
  }));
}

/**
 * Commits the fixes to the pull request's branch, if it still ends in the commit that was reviewed. Gives why not, for people;
 * null when it did. The push is an event of its own, and is reviewed like any other.
 */
export async function applyFixes(
  { client }: Home,
  branch: Branch,
  head: string,
  report: Report,
): Promise<string | null> {
  const files = fixedFiles(report);
  if (files.length === 0) return "There is no fix left that is certain.";
  const additions = files.map(({ path, text }) => ({ path, contents: Buffer.from(text).toString("base64") }));
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
    await client.graphql(
      "mutation ($input: CreateCommitOnBranchInput!) { createCommitOnBranch(input: $input) { commit { oid } } }",
      { input, request: { retries: 0 } },
    );
    return null;
  } catch (error) {
    return failureOf(error).kind === "permission"
      ? "Drydock may not write to the branch."
      : "The fixes could not be committed: the branch may have moved, or be protected.";
  }
}
