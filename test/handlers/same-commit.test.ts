import nock from "nock";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { worstOfCommit } from "../../src/handlers/same-commit.ts";
import {
  closeNetwork,
  expectAllUsed,
  head,
  home,
  logBook,
  mockToken,
  origin,
  pull,
  repoPath,
} from "./fake-github.ts";

beforeEach(closeNetwork);
afterEach(expectAllUsed);

const passed = { conclusion: "success", title: "Nothing to say", summary: "Fine", annotations: [] } as const;
const open = (number: number, at = head) => ({ number, head: at, into: "main", added: [] });

function mockRuns(
  runs: readonly { id: number; number: number; conclusion: string | null; title?: string }[],
) {
  mockToken();
  nock(origin)
    .get(`${repoPath}/commits/${head}/check-runs`)
    .query({ check_name: "Drydock", filter: "all", per_page: 100 })
    .reply(200, {
      total_count: runs.length,
      check_runs: runs.map(({ id, number, conclusion, title = "" }) => {
        return { id, external_id: `${number}:d-${id}`, conclusion, output: { title } };
      }),
    });
}

const worst = (pulls: ReturnType<typeof open>[], result: Parameters<typeof worstOfCommit>[2] = passed) =>
  worstOfCommit(home(), pull, result, pulls, logBook());

describe("the check of a commit that two pull requests end in", () => {
  it("stays blocked while the other one is, and says which", async () => {
    mockRuns([
      { id: 1, number: 3, conclusion: "success" },
      { id: 2, number: 3, conclusion: "failure" },
      { id: 3, number: 3, conclusion: "cancelled" },
      { id: 4, number: 7, conclusion: null },
    ]);
    const result = await worst([open(7), open(3)]);
    expect(result.conclusion).toBe("failure");
    expect(result.title).toBe("Pull request 3 with the same commit is blocked; here: Nothing to say");
    expect(result.summary).toContain("keeps one check for both");
  });

  it("passes when the other one passes, or is only held back itself", async () => {
    mockRuns([{ id: 2, number: 3, conclusion: "success" }]);
    expect(await worst([open(7), open(3)])).toBe(passed);
    const title = "Pull request 7 with the same commit is blocked; here: 1 migration run";
    mockRuns([{ id: 2, number: 3, conclusion: "failure", title }]);
    expect(await worst([open(7), open(3)])).toBe(passed);
  });

  it("costs nothing where it is alone on its commit, or blocked itself", async () => {
    expect(await worst([open(7), open(3, "e".repeat(40))])).toBe(passed);
    const failed = { ...passed, conclusion: "failure" } as const;
    expect(await worst([open(7), open(3)], failed)).toBe(failed);
  });
});
