import { reviewChange } from "../../src/handlers/review.ts";
import type { Source } from "../../src/handlers/source.ts";
import type { DryRun, Report } from "../../src/review/types.ts";
import type { DryRunRequest, Sandbox } from "../../src/sandbox/dry-run.ts";
import { createBatch } from "../batch.ts";
import { changeOf, type Files } from "../helpers.ts";

/** Whole reviews of two trees in a real sandbox, all in one process. */
export function createReviewing() {
  const batch = createBatch();
  let runs = 0;
  const sandbox: Sandbox = {
    dryRun(request: DryRunRequest): Promise<DryRun> {
      runs += 1;
      const rerun: DryRunRequest["rerun"] = (run) => {
        const next = request.rerun?.(run) ?? null;
        if (next) runs += 1;
        return next;
      };
      return batch.dryRun({ ...request, rerun });
    },
    ready: async () => undefined,
    close: batch.close,
  };
  return {
    /** How often a version of the change was run in the last review. */
    runs: () => runs,
    async review(base: Files, head: Files): Promise<Report> {
      runs = 0;
      return reviewChange(sourceOf(base, head), sandbox);
    },
    close: batch.close,
  };
}

function sourceOf(base: Files, head: Files): Source {
  const change = changeOf(base, head);
  return {
    repository: "test",
    base: "0".repeat(40),
    head: "1".repeat(40),
    changedFiles: async () => ({ files: [...change.changed], complete: true }),
    sharedConfig: async () => null,
    search: async () => ({ unknown: "it is a test" }),
    origins: async () => new Map(),
    baseFiles: async () => ({ files: [...change.base], complete: true }),
    read: async (digests) =>
      new Map(
        digests.map((digest) => {
          const bytes = change.blobs.get(digest);
          return [digest, bytes ? { bytes } : { missing: "it is not in the test" }];
        }),
      ),
  };
}
