import { readFile } from "node:fs/promises";
import { bytesInWords, countInWords } from "../review/duration.ts";
import { readStatistics, type Statistics } from "../review/statistics.ts";
import { statisticsQuery } from "../review/statistics-query.ts";
import { visible } from "../review/text.ts";
import { decodeText } from "../review/text-file.ts";
import type { StatsArguments } from "./arguments.ts";
import { put } from "./terminal.ts";

const mostShown = 10;

/** Prints the query that makes a statistics file, or checks such a file; gives the exit code. */
export async function runStats({ withValues = false, check }: StatsArguments): Promise<number> {
  if (check === undefined) {
    await put(statisticsQuery({ withValues }), undefined);
    return 0;
  }
  const bytes = await readFile(check).catch(() => null);
  if (bytes === null) return wrong(check, "it cannot be read");
  const text = decodeText(bytes);
  if ("skipped" in text) return wrong(check, text.skipped);
  const statistics = readStatistics(text.text);
  if ("problem" in statistics) return wrong(check, statistics.problem);
  await put(`${summaryOf(check, statistics).join("\n")}\n`, undefined);
  return 0;
}

function wrong(file: string, reason: string): number {
  process.stderr.write(`${visible(file)}: ${visible(reason)}\n`);
  return 2;
}

/** The largest tables, tables that were never analysed, and whether values of rows are in it. */
function summaryOf(file: string, { tables, taken }: Statistics): string[] {
  const all = Object.entries(tables);
  const largest = all
    .toSorted(([, a], [, b]) => (b.bytes ?? 0) - (a.bytes ?? 0) || (b.rows ?? 0) - (a.rows ?? 0))
    .slice(0, mostShown);
  const unknown = all.filter(([, { rows }]) => rows === undefined).map(([name]) => name);
  const hasValues = all.some(([, { columns }]) =>
    Object.values(columns ?? {}).some(({ mostCommon }) => mostCommon !== undefined),
  );
  return [
    `${visible(file)}: ${all.length} ${all.length === 1 ? "table" : "tables"}${taken === undefined ? "" : `, taken ${visible(taken)}`}`,
    ...largest.map(([name, { rows, bytes }]) => {
      const parts = [
        rows === undefined ? "rows unknown" : `${countInWords(rows)} rows`,
        ...(bytes === undefined ? [] : [bytesInWords(bytes)]),
      ];
      return `  ${visible(name)}: ${parts.join(", ")}`;
    }),
    ...(all.length > mostShown ? [`  and ${all.length - mostShown} more`] : []),
    ...(unknown.length > 0
      ? [
          `Never analysed, so that their rows are not known (run ANALYZE): ${unknown.slice(0, mostShown).map(visible).join(", ")}`,
        ]
      : []),
    hasValues
      ? "It holds values of rows (--with-values): whoever reads the repository reads them."
      : "It holds no values of rows.",
  ];
}
