import type { ChildLimits } from "./messages.ts";

/** What a run may use before it is stopped. Milliseconds and bytes. */
export interface Limits extends ChildLimits {
  /** One statement. */
  readonly statement: number;
  /** Everything between lease and close. */
  readonly run: number;
  /** Resident size of the whole process, where the system can tell. */
  readonly resident: number;
}

export const mebibyte = 1024 * 1024;

/** Generous for migrations, small for a bomb: the largest real histories need a tenth of it. */
export const defaultLimits: Limits = {
  statement: 5_000,
  run: 60_000,
  resident: 1_200 * mebibyte,
  memory: 512 * mebibyte,
  files: 256 * mebibyte,
  output: 32 * mebibyte,
};

/** E.g. "1200 MiB". */
export function sizeText(bytes: number): string {
  return `${Math.round(bytes / mebibyte)} MiB`;
}

/** E.g. "5 s", "250 ms". */
export function timeText(milliseconds: number): string {
  return milliseconds < 1_000 ? `${milliseconds} ms` : `${Number((milliseconds / 1_000).toFixed(1))} s`;
}
