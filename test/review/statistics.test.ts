import { describe, expect, it } from "vitest";
import { bytesInWords, countInWords, inWords, secondsOf } from "../../src/review/duration.ts";
import { readStatistics } from "../../src/review/statistics.ts";

describe("a statistics file", () => {
  it("is read with what it has", () => {
    const text =
      '{"version": 1, "tables": {"orders": {"rows": 5, "columns": {"a": {"distinct": -0.5}}}, "x.y": {}}}';
    expect(readStatistics(text)).toEqual({
      version: 1,
      tables: { orders: { rows: 5, columns: { a: { distinct: -0.5 } } }, "x.y": {} },
    });
  });

  it("says what is wrong with another", () => {
    const problem = (text: string) => {
      const read = readStatistics(text);
      return "problem" in read ? read.problem : null;
    };
    expect(problem("rows")).toBe("it is not JSON; write what the query of `drydock stats` answers, as it is");
    expect(problem('{"version": 1, "tables": {"orders": {"rows": -1}}}')).toMatch(
      /^`tables.orders.rows`: .*`drydock stats` answers$/,
    );
    expect(problem("[]")).toMatch(/`drydock stats` answers$/);
    expect(problem('{"version": 2, "tables": {}}')).toMatch(/^`version`: /);
    expect(problem(" ".repeat(9 * 1024 ** 2))).toMatch(/longer than 8 MB/);
  });

  it("does not take names of the language for tables", () => {
    const read = readStatistics(
      '{"version": 1, "tables": {"__proto__": {"rows": 1}, "constructor": {"rows": 2}}}',
    );
    expect("tables" in read && Object.keys(read.tables)).toEqual(expect.arrayContaining(["constructor"]));
    expect(({} as { rows?: number }).rows).toBeUndefined();
  });
});

describe("a duration", () => {
  const words = (work: "scan" | "index" | "rewrite", rows: number | null, bytes: number | null = null) => {
    const seconds = secondsOf(work, { rows, bytes });
    return seconds === null ? null : inWords(seconds);
  };

  it("grows with the table and with what is done", () => {
    expect(words("scan", 1_000)).toBe("milliseconds");
    expect(words("scan", 12_000_000)).toBe("seconds, not milliseconds");
    expect(words("index", 12_000_000)).toBe("a minute, not milliseconds");
    expect(words("rewrite", 120_000_000)).toBe("minutes, not milliseconds");
    expect(words("rewrite", 5_000_000_000)).toBe("hours, not minutes");
    expect(words("scan", 10, 40 * 1024 ** 3)).toBe("minutes, not milliseconds");
    expect(words("scan", null)).toBeNull();
  });

  it("comes with sizes as people say them", () => {
    expect([950, 9_999, 12_345, 1_234_567, 12_000_000, 3_400_000_000].map(countInWords)).toEqual([
      "950",
      "9,999",
      "12 k",
      "1.2 M",
      "12 M",
      "3.4 G",
    ]);
    expect([8_192, 5 * 1024 ** 2, 3.14 * 1024 ** 3].map(bytesInWords)).toEqual(["8 kB", "5 MB", "3.1 GB"]);
  });
});
