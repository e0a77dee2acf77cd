import nock from "nock";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { ReviewJob } from "../../src/handlers/queue.ts";
import { createSnapshotCache } from "../../src/handlers/snapshot.ts";
import { createWorker } from "../../src/handlers/worker.ts";
import { sample } from "../review/report-samples.ts";
import {
  type CheckBody,
  closeNetwork,
  expectAllUsed,
  github,
  logBook,
  mockCheckUpdated,
  mockConversation,
  mockFiles,
  mockToken,
  origin,
  pull,
  repoPath,
} from "./fake-github.ts";

beforeEach(closeNetwork);
afterEach(expectAllUsed);

const job: ReviewJob = {
  ...pull,
  draft: false,
  updatedAt: "2026-01-01T00:00:00Z",
  delivery: "d-1",
  checkRun: 5,
};

it("a verdict that GitHub does not take at once is brought again, without holding up the queue", async () => {
  mockToken();
  mockFiles([{ filename: "db/migrations/0002_idx.up.sql" }]);
  mockConversation();
  const limited = { message: "You have exceeded a secondary rate limit." };
  nock(origin).patch(`${repoPath}/check-runs/5`).reply(403, limited, { "retry-after": "3000" });
  const bodies: CheckBody[] = [];
  const worker = createWorker({
    github: github(),
    review: async () => sample({ findings: [] }),
    cache: createSnapshotCache(),
    version: "1.2.3",
    log: logBook(),
    onMoved: () => {},
    retries: [100],
  });
  await worker.run(job, new AbortController().signal);
  expect(bodies).toEqual([]);
  mockCheckUpdated(5, (body) => bodies.push(body));
  await expect.poll(() => bodies).toMatchObject([{ status: "completed", conclusion: "success" }]);
});
