/**
 * Orders versions by their numbers, part by part: 2 < 10, 002 = 2, 2024-01-05 < 2024-01-12. Of any length: timestamps
 * with microseconds do not fit a double.
 */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [numbersOf(a), numbersOf(b)];
  for (let i = 0; i < Math.max(left.length, right.length); i += 1) {
    const order = compareDigits(left[i] ?? "", right[i] ?? "");
    if (order !== 0) return order;
  }
  return 0;
}

/** The version without leading zeros, the same for versions that are equal. */
export function normalVersion(version: string): string {
  return numbersOf(version).join(".");
}

/** Orders by UTF-16 code units, the same on every machine. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function numbersOf(version: string): string[] {
  return version.split(/\D+/).map((digits) => digits.replace(/^0+(?=\d)/, ""));
}

function compareDigits(a: string, b: string): number {
  return a.length === b.length ? compareText(a, b) : a.length - b.length;
}
