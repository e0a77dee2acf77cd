import { describe, expect, it } from "vitest";
import { baselineText, readBaseline } from "../../src/review/baseline.ts";
import { indexFinding } from "./report-samples.ts";

const finding = { ...indexFinding, fingerprint: "0123456789abcdef" };

describe("a baseline", () => {
  it("reads as it was written, sorted, an entry a line, each once", () => {
    const later = { ...finding, path: "z.sql", fingerprint: "aaaaaaaaaaaaaaaa" };
    const text = baselineText([later, finding, finding]);
    expect(text).toBe(`{
  "version": 1,
  "findings": [
    {"path":"db/migrations/0002_idx.up.sql","rule":"no-blocking-index-build","object":"orders_user_id_idx","fingerprint":"0123456789abcdef"},
    {"path":"z.sql","rule":"no-blocking-index-build","object":"orders_user_id_idx","fingerprint":"aaaaaaaaaaaaaaaa"}
  ]
}
`);
    expect(baselineText([finding, later])).toBe(text);
    const read = readBaseline(text);
    expect("problem" in read ? read : read.map(({ path }) => path)).toEqual([finding.path, "z.sql"]);
    expect(readBaseline(baselineText([]))).toEqual([]);
  });

  it("says what is wrong with another", () => {
    expect(readBaseline("[")).toEqual({
      problem: expect.stringMatching(/write it with `drydock baseline`$/),
    });
    expect(
      readBaseline('{"version":1,"findings":[{"path":"a","rule":"b","object":"","fingerprint":"x"}]}'),
    ).toEqual({
      problem:
        "`findings.0.fingerprint`: must be the fingerprint of a finding; write it with `drydock baseline`",
    });
  });
});
