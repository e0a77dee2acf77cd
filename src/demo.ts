import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import type { DemoArguments } from "./cli/arguments.ts";
import { conversation } from "./cli/conversation.ts";
import { baseFiles, pullRequestFiles } from "./cli/demo-files.ts";
import { findingSources, reviewCheckout } from "./cli/review.ts";
import { put, terminalOf } from "./cli/terminal.ts";
import { version } from "./cli/version.ts";
import { openCheckout } from "./handlers/checkout.ts";
import { git } from "./handlers/git.ts";
import { toHtml } from "./review/report/html.ts";
import { palette } from "./review/report/terminal.ts";

/**
 * Makes a small Git repository with a pull request, reviews it, and prints what the pull request would receive. The page
 * with the same is kept, the repository is not. Gives 0 when the review was done, whatever it found.
 */
export async function runDemo({ color, output }: DemoArguments, signal: AbortSignal): Promise<number> {
  const terminal = terminalOf(process.stdout, { color });
  const colours = palette(terminal.colour);
  const repo = await mkdtemp(path.join(tmpdir(), "drydock-demo-"));
  try {
    await makeRepository(repo);
    const checkout = await openCheckout({ repo, base: "main", head: "order-coupons", signal });
    const started = performance.now();
    const review = await reviewCheckout(checkout, signal);
    const seconds = ((performance.now() - started) / 1000).toFixed(1);

    const page = path.resolve(output ?? path.join(tmpdir(), "drydock-demo.html"));
    const { base, head } = checkout;
    await writeFile(
      page,
      toHtml(review.report, { version, base, head, diffs: review.files, name: "order-coupons into main" }),
    );
    const text = conversation(review, terminal, await findingSources(review));
    const check = `Check run ${colours.bold("Drydock")}: ${colours.bold(review.report.conclusion)}. Reviewed in ${seconds} s.`;
    await put(`${text}\n${check}\nThe same as a page: ${pathToFileURL(page)}\n`, undefined);
    return review.report.runs.some((run) => run.lost !== null) ? 3 : 0;
  } finally {
    await rm(repo, { recursive: true, force: true });
  }
}

/** A repository with two commits: the shop on `main`, the pull request on `order-coupons`. */
async function makeRepository(repo: string): Promise<void> {
  await git(repo, ["init", "--quiet", "--initial-branch=main"]);
  await commit(repo, baseFiles, "A shop");
  await git(repo, ["switch", "--quiet", "--create", "order-coupons"]);
  await commit(repo, pullRequestFiles, "Coupons, and a search by shipping address");
}

async function commit(repo: string, files: Readonly<Record<string, string>>, message: string): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    const file = path.join(repo, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, text);
  }
  await git(repo, ["add", "--all"]);
  const author = [
    "-c",
    "user.name=Drydock",
    "-c",
    "user.email=drydock@localhost",
    "-c",
    "commit.gpgSign=false",
  ];
  await git(repo, [...author, "commit", "--quiet", "--message", message]);
}
