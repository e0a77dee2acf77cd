import { describe, expect, it } from "vitest";
import { checkResultOf } from "../../src/handlers/check-result.ts";
import { sample } from "../review/report-samples.ts";

const about = {
  version: "1.2.3",
  base: "a".repeat(40),
  head: "b".repeat(40),
  commented: new Set<string>(),
  notes: [],
};

describe("the annotations of a check", () => {
  it("tell a mistake in the configuration at its line, and what could not be checked", () => {
    const report = sample({ findings: [] });
    const skipped = [
      { path: ".github/drydock.yml", line: 2, reason: "`rules.x`: must be one of `off`", matters: true },
      { path: "db/2.sql", line: 7, reason: "not read", matters: true },
      { path: "db/3.sql", line: 8, reason: "no matter", matters: false },
      { path: "db/4.sql", line: null, reason: "it is stored in Git LFS", matters: true },
    ];
    const { annotations } = checkResultOf({ ...report, changes: { ...report.changes, skipped } }, about);
    expect(annotations).toEqual([
      {
        path: ".github/drydock.yml",
        start_line: 2,
        end_line: 2,
        annotation_level: "failure",
        title: "Drydock: configuration",
        message: "`rules.x`: must be one of `off`",
      },
      {
        path: "db/2.sql",
        start_line: 7,
        end_line: 7,
        annotation_level: "warning",
        title: "Drydock: not checked",
        message: "not read",
      },
    ]);
  });
});
