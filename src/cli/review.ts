import { type Checkout, openCheckout } from "../handlers/checkout.ts";
import { configPath, reviewChange } from "../handlers/review.ts";
import type { ChangedFile } from "../handlers/source.ts";
import { reviewWhole, type WholeReview } from "../handlers/whole.ts";
import { toAnnotations } from "../review/report/annotations.ts";
import { sourcesOf } from "../review/report/fix-view.ts";
import { toHtml } from "../review/report/html.ts";
import { toJson } from "../review/report/json.ts";
import { toMarkdown } from "../review/report/markdown.ts";
import { toPretty } from "../review/report/pretty.ts";
import { toSarif } from "../review/report/sarif.ts";
import { rules } from "../review/rules/index.ts";
import { decodeText } from "../review/text-file.ts";
import type { Report } from "../review/types.ts";
import { createSandbox } from "../sandbox/dry-run.ts";
import type { Format, ReviewArguments } from "./arguments.ts";
import { progressLine, put, type Terminal, terminalOf } from "./terminal.ts";
import { rulesUrlFor, version } from "./version.ts";

/** A review of a checkout: the report, and the files that it is about. */
export interface CheckoutReview {
  readonly checkout: Checkout;
  readonly report: Report;
  readonly files: readonly ChangedFile[];
}

/** Reviews a branch of a checkout, prints the report, and gives the exit code. */
export async function runReview(options: ReviewArguments, signal: AbortSignal): Promise<number> {
  const { repo, base = null, head } = options;
  if (options.all) return reviewAll(options, signal);
  const checkout = await openCheckout({ repo, base, head, signal });
  for (const note of checkout.notes) process.stderr.write(`${note}\n`);
  const review = await reviewCheckout(checkout, signal);
  const terminal = terminalOf(process.stdout, { color: options.color, toFile: options.output !== undefined });
  await put(await rendered(review, options.format, terminal), options.output);
  return exitCodeOf(review.report);
}

async function reviewAll(options: ReviewArguments, signal: AbortSignal): Promise<number> {
  const { repo, head, format, output } = options;
  const checkout = await openCheckout({ repo, base: head, head, signal });
  const { report } = await reviewEach(checkout, signal);
  const terminal = terminalOf(process.stdout, { color: options.color, toFile: output !== undefined });
  await put(await rendered({ checkout, report, files: [] }, format, terminal), output);
  return exitCodeOf(report);
}

/** Reviews every migration of a checkout, each on its own; the bases in between are of no use later. */
export async function reviewEach(checkout: Checkout, signal: AbortSignal): Promise<WholeReview> {
  const progress = progressLine();
  const sandbox = createSandbox({ spares: 0, isSerial: true });
  try {
    return await reviewWhole(checkout, sandbox, {
      signal,
      rulesUrl: rulesUrlFor(process.env),
      onProgress: progress.show,
    });
  } finally {
    progress.clear();
    await sandbox.close();
  }
}

/** Reviews a checkout in a sandbox of its own, which is gone when this settles; progress is shown on standard error. */
export async function reviewCheckout(checkout: Checkout, signal: AbortSignal): Promise<CheckoutReview> {
  const progress = progressLine();
  const sandbox = createSandbox({ spares: 0 });
  try {
    const report = await reviewChange(checkout, sandbox, {
      signal,
      rulesUrl: rulesUrlFor(process.env),
      onProgress: progress.show,
    });
    const { files } = await checkout.changedFiles();
    return { checkout, report, files };
  } finally {
    progress.clear();
    await sandbox.close();
  }
}

/** 2: the configuration is broken; 1: a finding gates; 3: nothing could be run; 0: all the rest, which the report tells. */
export function exitCodeOf({ conclusion, skipped, runs }: Report): number {
  if (skipped.some((one) => one.path === configPath && one.matters)) return 2;
  if (conclusion === "failure") return 1;
  return runs.length > 0 && runs.every((run) => run.lost !== null) ? 3 : 0;
}

/** The report in one of the formats. */
export async function rendered(review: CheckoutReview, format: Format, terminal: Terminal): Promise<string> {
  const { report, checkout, files } = review;
  const { base, head, baseName, headName } = checkout;
  if (format === "json") return `${JSON.stringify(toJson(report, { base, head }), null, 2)}\n`;
  if (format === "sarif") return `${JSON.stringify(toSarif(report, { version, rules, head }), null, 2)}\n`;
  if (format === "markdown") return `${toMarkdown(report, { version, base, head })}\n`;
  if (format === "github") return toAnnotations(report);
  if (format === "html")
    return toHtml(report, { version, base, head, diffs: files, name: `${headName} into ${baseName}` });
  return toPretty(report, { ...terminal, sources: await findingSources(review) });
}

/** Texts of files with findings that are no migrations: code that holds annotated queries. */
export async function findingSources({
  report,
  checkout,
  files,
}: CheckoutReview): Promise<ReadonlyMap<string, string>> {
  const known = sourcesOf(report.changes);
  const paths = [...new Set(report.findings.map((finding) => finding.path))].filter((one) => !known.has(one));
  if (paths.length === 0) return known;
  const { files: base } = await checkout.baseFiles();
  const digests = paths.flatMap((one) => {
    const file =
      files.find((candidate) => candidate.path === one) ?? base.find((candidate) => candidate.path === one);
    return file?.digest ? [[one, file.digest] as const] : [];
  });
  const blobs = await checkout.read(digests.map(([, digest]) => digest));
  const texts = digests.flatMap(([one, digest]) => {
    const blob = blobs.get(digest);
    const text = blob && "bytes" in blob ? decodeText(blob.bytes) : null;
    return text && "text" in text ? [[one, text.text] as const] : [];
  });
  return new Map([...known, ...texts]);
}
