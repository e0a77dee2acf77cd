/**
 * How long an operation takes, to an order of magnitude. The figures are what ordinary servers with local or network
 * disks do for rows of usual width when the table is not in memory; they are taken low, and said in words so that nobody takes
 * them for a measurement. docs/sizes.md tells them to the reader.
 */
const perSecond: Readonly<Record<Work, { readonly rows: number; readonly bytes: number }>> = {
  // Read once and evaluate a condition: bound by the disk, or by some microseconds a row.
  scan: { rows: 2_000_000, bytes: 200 * 1024 ** 2 },
  // Read, sort and write one index.
  index: { rows: 500_000, bytes: 50 * 1024 ** 2 },
  // Write a new version of every row, and an entry in each index.
  update: { rows: 100_000, bytes: 15 * 1024 ** 2 },
  // Read, write anew with its write-ahead log, and build every index again.
  rewrite: { rows: 200_000, bytes: 25 * 1024 ** 2 },
};

/** What is done with every row of a table. */
export type Work = "scan" | "index" | "update" | "rewrite";

export interface Size {
  readonly rows: number | null;
  readonly bytes: number | null;
}

/** Seconds that the work takes on a table of this size; null when neither number is known. */
export function secondsOf(work: Work, { rows, bytes }: Size): number | null {
  const { rows: rate, bytes: throughput } = perSecond[work];
  const byRows = rows === null ? null : rows / rate;
  const byBytes = bytes === null ? null : bytes / throughput;
  return byRows === null && byBytes === null ? null : Math.max(byRows ?? 0, byBytes ?? 0);
}

/** "minutes, not milliseconds": the seconds as an order of magnitude. */
export function inWords(seconds: number): string {
  if (seconds < 0.1) return "milliseconds";
  if (seconds < 1) return "less than a second";
  if (seconds < 15) return "seconds, not milliseconds";
  if (seconds < 90) return "a minute, not milliseconds";
  if (seconds < 3_600) return "minutes, not milliseconds";
  return "hours, not minutes";
}

/** "950", "12 k", "12 M", "3.4 G": a count as people say it. */
export function countInWords(rows: number): string {
  if (rows < 10_000) return rows.toLocaleString("en-US");
  if (rows < 1e6) return `${Math.round(rows / 1e3)} k`;
  if (rows < 1e9) return `${trimmed(rows / 1e6)} M`;
  return `${trimmed(rows / 1e9)} G`;
}

/** "640 kB", "12 MB", "3.1 GB". */
export function bytesInWords(bytes: number): string {
  if (bytes < 1024 ** 2) return `${Math.ceil(bytes / 1024)} kB`;
  if (bytes < 1024 ** 3) return `${trimmed(bytes / 1024 ** 2)} MB`;
  return `${trimmed(bytes / 1024 ** 3)} GB`;
}

function trimmed(value: number): string {
  return value >= 10 ? String(Math.round(value)) : value.toFixed(1).replace(/\.0$/, "");
}
