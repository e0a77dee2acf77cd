import { appendFile } from "node:fs/promises";
import type { Checkout } from "../handlers/checkout.ts";
import { createTokenClient } from "../handlers/github.ts";
import type { Log } from "../handlers/log.ts";
import { type PullReview, reviewPull, type Target, targetOf } from "../handlers/pull-review.ts";
import { reviewChange } from "../handlers/review.ts";
import { toMarkdown } from "../review/report/markdown.ts";
import { createSandbox } from "../sandbox/dry-run.ts";
import { type PullReviewArguments, UsageError } from "./arguments.ts";
import { exitCodeOf, rendered } from "./review.ts";
import { progressLine, put, terminalOf } from "./terminal.ts";
import { rulesUrlFor, version } from "./version.ts";

/** Reviews a pull request over GitHub's API, prints the report, says it there where that is wanted, and gives the exit code. */
export async function runPullReview(options: PullReviewArguments, signal: AbortSignal): Promise<number> {
  const target = targetOf(options.pull);
  if (!target)
    throw new UsageError(
      `--pull: ${JSON.stringify(options.pull)} is no pull request. Write it as owner/repository#123, or as its address.`,
    );
  const token = process.env.GITHUB_TOKEN || process.env.GH_TOKEN;
  if (!token)
    throw new UsageError(
      "GITHUB_TOKEN is not set. A token that may read the repository is enough; to post, it needs checks: write and pull_requests: write.",
    );
  const baseUrl = process.env.GITHUB_API_URL || "https://api.github.com";
  const client = createTokenClient({ token, baseUrl, version, log: quiet });
  const progress = progressLine();
  const sandbox = createSandbox({ spares: 0 });
  try {
    const review = await reviewPull({
      client,
      target,
      review: (source, how) =>
        reviewChange(source, sandbox, {
          ...how,
          rulesUrl: rulesUrlFor(process.env),
          onProgress: progress.show,
        }),
      post: options.post,
      version,
      log: quiet,
      signal,
    });
    progress.clear();
    for (const problem of review.problems) process.stderr.write(`${problem}\n`);
    await print(review, target, options);
    return exitCodeOf(review.report);
  } finally {
    progress.clear();
    await sandbox.close();
  }
}

async function print(
  { source, report, files, problems }: PullReview,
  target: Target,
  options: PullReviewArguments,
) {
  const { base, head } = source;
  const [baseName, headName] =
    target.kind === "pull" ? ["its base", `#${target.number}`] : [base.slice(0, 7), head.slice(0, 7)];
  const checkout: Checkout = { ...source, baseName, headName, notes: [] };
  const terminal = terminalOf(process.stdout, { color: options.color, toFile: options.output !== undefined });
  // The check that was just made carries the annotations already.
  const isSaid = options.format === "github" && options.post && problems.length === 0;
  const format = isSaid ? "pretty" : options.format;
  await put(await rendered({ checkout, report, files }, format, terminal), options.output);
  if (options.summary !== undefined)
    await appendFile(options.summary, `${toMarkdown(report, { version, base, head })}\n`);
}

const quiet: Log = { debug() {}, info() {}, warn() {}, error() {}, child: () => quiet };
