import { readBaseline } from "../review/baseline.ts";
import type { Config } from "../review/config.ts";
import { readStatistics, type Statistics } from "../review/statistics.ts";
import { identityOf, isOver } from "../review/suppress.ts";
import { decodeText } from "../review/text-file.ts";
import type { Skipped } from "../review/types.ts";
import type { Blob, Source, TreeFile } from "./source.ts";

export const baselinePath = ".github/drydock-baseline.json";

/** What the base side knows beside its configuration: production's sizes, and findings that are accepted. */
export interface BaseFacts {
  readonly statistics: Statistics | null;
  /** Identities of the findings that the baseline accepts. */
  readonly baseline: ReadonlySet<string>;
  readonly skipped: readonly Skipped[];
}

/** Reads both files of the base side at once, where they are there. What is wrong with them is told and changes no verdict. */
export async function readBaseFacts(
  source: Source,
  base: readonly TreeFile[],
  { statistics: path }: Pick<Config, "statistics">,
): Promise<BaseFacts> {
  const digestOf = (name: string | undefined) => base.find((file) => file.path === name)?.digest;
  const [sizes, accepted] = [digestOf(path), digestOf(baselinePath)];
  const wanted = [sizes, accepted].filter((digest) => digest !== undefined);
  const blobs = wanted.length > 0 ? await source.read(wanted) : new Map<string, Blob>();
  const statistics = path === undefined ? null : statisticsIn(sizes, blobs);
  const baseline = accepted === undefined ? [] : baselineIn(textOf(accepted, blobs));
  return {
    statistics: statistics === null || "problem" in statistics ? null : statistics,
    baseline: new Set("problem" in baseline ? [] : baseline.map(identityOf)),
    skipped: [
      ...(statistics !== null && "problem" in statistics
        ? [note(path ?? "", `sizes of tables are not known: ${statistics.problem}`)]
        : []),
      ...("problem" in baseline ? [note(baselinePath, `it accepts nothing: ${baseline.problem}`)] : []),
    ],
  };
}

/** Entries of the configuration whose last day is past: they accept nothing any more. */
export function endedSuppressions(
  { suppress }: Pick<Config, "suppress">,
  today: string,
  path: string,
): Skipped[] {
  return suppress
    .filter(({ until }) => isOver(until, today))
    .map(({ rule, until }) =>
      note(
        path,
        `what suppress: accepts of ${rule} ended on ${until}; take the entry out, or give it a later day`,
      ),
    );
}

function statisticsIn(digest: string | undefined, blobs: ReadonlyMap<string, Blob>) {
  if (digest === undefined)
    return { problem: "the base branch has no such file; correct `statistics` in the configuration" };
  const text = textOf(digest, blobs);
  return "problem" in text ? text : readStatistics(text.text);
}

function baselineIn(text: ReturnType<typeof textOf>) {
  return "problem" in text ? text : readBaseline(text.text);
}

function textOf(
  digest: string,
  blobs: ReadonlyMap<string, Blob>,
): { readonly text: string } | { readonly problem: string } {
  const blob = blobs.get(digest);
  if (!blob || "missing" in blob) return { problem: blob?.missing ?? "it was not found" };
  const text = decodeText(blob.bytes);
  return "skipped" in text ? { problem: text.skipped } : text;
}

function note(path: string, reason: string): Skipped {
  return { path, line: null, reason, matters: false };
}
