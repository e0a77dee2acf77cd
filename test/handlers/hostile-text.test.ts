import { describe, expect, it } from "vitest";
import { checkResultOf } from "../../src/handlers/check-result.ts";
import { answerAtOnce, answerTo } from "../../src/handlers/command-answers.ts";
import { placementOf, settledBody, settledTitles } from "../../src/handlers/placement.ts";
import { commentBody, fingerprintsIn } from "../../src/review/report/comment.ts";
import { reportOf } from "../../src/review/report/report.ts";
import { say } from "../../src/review/text.ts";
import type { Finding } from "../../src/review/types.ts";
import { expectHarmless, hostileReport, renderer, withoutDiagram } from "../review/harmless.ts";
import { changeSet, hostileNames, indexFinding } from "../review/report-samples.ts";

const names = Object.entries(hostileNames);
const control = /[\p{Cc}\u202a-\u202e\u2066-\u2069]/u;
const about = { version: "1", base: "a".repeat(40), head: "b".repeat(40), notes: [] };

function findingOf(name: string, more: Partial<Finding> = {}): Finding {
  return {
    ...indexFinding,
    path: `db/${name}.sql`,
    message: say`Building ${name} blocks ${name}.`,
    evidence: [say`observed: lock on ${name}`, say`observed: lock on ${`${name}2`}`],
    instead: say`Use ${name} instead.`,
    fix: null,
    ...more,
  };
}

describe("text from the pull request", () => {
  it.each(names)("is harmless in the check, and fits into it: %s", (_, name) => {
    const findings = [findingOf(name)];
    const report = { ...hostileReport(name), findings };
    const { title, summary, annotations } = checkResultOf(report, { ...about, commented: new Set() });
    expect(title.length).toBeLessThanOrEqual(255);
    expect(title).not.toMatch(control);
    expect(summary.length).toBeLessThanOrEqual(65_535);
    expectHarmless(renderer.render(withoutDiagram(summary)));
    for (const annotation of annotations) {
      expect(annotation.title.length).toBeLessThanOrEqual(255);
      expect(Buffer.byteLength(annotation.message)).toBeLessThanOrEqual(64 * 1024);
      for (const line of annotation.message.split("\n")) expect(line).not.toMatch(control);
    }
  });

  it.each(names)("is harmless in a comment of several findings, and in what became of it: %s", (_, name) => {
    const also = [findingOf(name, { fingerprint: "bb", instead: say`Or ${name}.` })];
    const elsewhere = [findingOf(name, { fingerprint: "cc", line: 9, endLine: 9 })];
    const body = commentBody(findingOf(name), { suggestion: null, also, elsewhere });
    expect(body.length).toBeLessThan(4_000);
    expectHarmless(renderer.render(body));
    const accepted = [{ finding: findingOf(name), reason: name, by: "command" as const }];
    const said = settledTitles({ accepted }, about.head)([indexFinding.fingerprint]);
    const settled = settledBody(body, said, "<!-- drydock:fixed -->");
    expectHarmless(
      renderer.render(settled.replace("<!-- drydock:fixed -->", "")).replace("<s>", "").replace("</s>", ""),
    );
    expect(fingerprintsIn(settled)).toEqual(fingerprintsIn(body));
  });

  it.each(names)("gets a comment that can be posted, wherever its file stands: %s", (_, name) => {
    const finding = findingOf(name);
    const { fresh } = placementOf({
      report: { ...hostileReport(name), findings: [finding] },
      conversation: { threads: [] },
      files: [
        { path: finding.path, previousPath: null, status: "added", digest: "c", patch: "@@ -0,0 +1 @@\n+x" },
      ],
      comments: { limit: 10, from: "warning" },
      titleOf: () => "",
    });
    expect(fresh).toHaveLength(1);
    expect(fresh[0]?.path).toBe(finding.path);
    expect(fresh[0]?.body.length).toBeLessThan(65_536);
  });

  it.each(names)("is harmless in answers to commands: %s", (_, name) => {
    const report = { ...hostileReport(name), findings: [findingOf(name)] };
    const texts = [
      answerAtOnce({ kind: "unknown", word: name }),
      answerAtOnce({ kind: "ignore", rule: name, reason: name }),
      answerTo({ kind: "explain", what: name }, "carol", report).text,
      answerTo({ kind: "explain", what: "plans" }, "carol", report).text,
      answerTo({ kind: "ignore", rule: indexFinding.rule, reason: name }, name, report).text,
    ];
    for (const text of texts) {
      expect(String(text).length).toBeLessThan(10_000);
      expectHarmless(renderer.render(String(text)));
    }
  });

  it.each(names)("is harmless as the label that leaves a pull request out: %s", (_, name) => {
    const report = reportOf({
      changes: changeSet([]),
      runs: [],
      findings: [],
      timings: {},
      concerned: false,
      leftOut: `labelled ${name}`,
    });
    const { title, summary } = checkResultOf(report, { ...about, commented: new Set() });
    expect(title.length).toBeLessThanOrEqual(255);
    expect(title).not.toMatch(control);
    expectHarmless(renderer.render(summary));
  });
});
