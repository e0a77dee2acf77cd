import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { baselinePath } from "../handlers/base-facts.ts";
import { type Checkout, openCheckout } from "../handlers/checkout.ts";
import type { WholeReview } from "../handlers/whole.ts";
import { type BaselineEntry, baselineText, readBaseline } from "../review/baseline.ts";
import { count } from "../review/report/words.ts";
import { rules } from "../review/rules/index.ts";
import { identityOf } from "../review/suppress.ts";
import { visible } from "../review/text.ts";
import { decodeText } from "../review/text-file.ts";
import type { Finding } from "../review/types.ts";
import type { BaselineArguments } from "./arguments.ts";
import { reviewEach } from "./review.ts";
import { put } from "./terminal.ts";

/** Writes the baseline of a checkout, or tells what of it no longer holds; gives the exit code. */
export async function runBaseline(options: BaselineArguments, signal: AbortSignal): Promise<number> {
  const { repo, ref, check } = options;
  const checkout = await openCheckout({ repo, base: ref, head: ref, signal });
  const known = await entriesOf(checkout);
  if (check && "problem" in known) {
    process.stderr.write(`${baselinePath}: ${known.problem}\n`);
    return 2;
  }
  const review = await reviewEach(checkout, signal);
  return check && !("problem" in known) ? checked(known, review) : written(review, options);
}

/** What stands today: also what the baseline already accepts, and nothing that a comment or the configuration does. */
function standing({ findings, accepted }: WholeReview): Finding[] {
  const old = accepted.filter(({ by }) => by === "baseline").map(({ finding }) => finding);
  return [...old, ...findings].filter(({ rule }) => rules[rule]?.check.suppression === undefined);
}

async function written(review: WholeReview, { repo, output }: BaselineArguments): Promise<number> {
  const findings = standing(review);
  const file = output ?? path.join(rootOf(repo), baselinePath);
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, baselineText(findings));
  const migrations = count(review.report.receipt.migrations.changed, "migration");
  await put(
    `${count(findings.length, "finding")} of ${migrations} accepted in ${visible(file)}. Read it, commit it, and it counts once it is merged.\n`,
    undefined,
  );
  return 0;
}

/** 1 when an entry no longer matches, so that a baseline can be kept small. */
async function checked(known: readonly BaselineEntry[], review: WholeReview): Promise<number> {
  const accepted = review.accepted.filter(({ by }) => by === "baseline");
  const matched = new Set(accepted.map(({ finding }) => identityOf(finding)));
  const stale = known.filter((entry) => !matched.has(identityOf(entry)));
  const added = standing(review).length - accepted.length;
  const lines = [
    ...stale.map(({ path: file, rule, object }) => `no longer found: ${file}: ${rule} (${object})`),
    `${count(known.length - stale.length, "entry", "entries")} of ${known.length} match; ${count(added, "finding")} not in the baseline.`,
    ...(stale.length > 0 ? ["Write it anew: drydock baseline"] : []),
  ];
  await put(`${lines.map(visible).join("\n")}\n`, undefined);
  return stale.length > 0 ? 1 : 0;
}

async function entriesOf(checkout: Checkout): Promise<ReturnType<typeof readBaseline>> {
  const { files } = await checkout.baseFiles();
  const file = files.find((candidate) => candidate.path === baselinePath);
  if (!file) return [];
  const blob = (await checkout.read([file.digest])).get(file.digest);
  if (!blob || "missing" in blob) return { problem: blob?.missing ?? "it was not found" };
  const text = decodeText(blob.bytes);
  return "skipped" in text ? { problem: text.skipped } : readBaseline(text.text);
}

/** The folder that holds the checkout's `.git`, or the given one where none is found above it. */
function rootOf(repo: string): string {
  const start = path.resolve(repo);
  for (let folder = start; ; folder = path.dirname(folder)) {
    if (existsSync(path.join(folder, ".git"))) return folder;
    if (folder === path.dirname(folder)) return start;
  }
}
