#!/usr/bin/env node
import { Command, CommanderError, Option } from "commander";
import {
  type BaselineArguments,
  type DemoArguments,
  type FixArguments,
  type Format,
  formats,
  type PullReviewArguments,
  type ReviewArguments,
  type RuleFormat,
  ruleFormats,
  type StatsArguments,
  UsageError,
} from "./cli/arguments.ts";
import { ignoreClosedPipes } from "./cli/terminal.ts";
import { version } from "./cli/version.ts";
import { CheckoutError } from "./handlers/checkout-range.ts";

const exits = `
Exit codes:
  0  nothing found, or warnings only; what could not be checked is said
  1  a finding that gates the merge
  2  wrong usage or configuration
  3  the review could not be done`;

ignoreClosedPipes();
process.exit(await main(process.argv));

/** Runs one command line and gives its exit code. */
async function main(argv: readonly string[]): Promise<number> {
  const interrupt = new AbortController();
  const onSignal = (signal: NodeJS.Signals) => {
    if (interrupt.signal.aborted) process.exit(codeOf(signal));
    interrupt.abort(signal);
  };
  process.on("SIGINT", onSignal).on("SIGTERM", onSignal);
  let code = 0;
  try {
    await program(interrupt.signal, (result) => {
      code = result;
    }).parseAsync(argv);
    return code;
  } catch (error) {
    if (interrupt.signal.aborted) return codeOf(interrupt.signal.reason);
    return failed(error);
  }
}

/** The command line; what a command needs is loaded when it is called, so that the small ones start at once. */
function program(signal: AbortSignal, done: (code: number) => void): Command {
  const drydock = new Command("drydock")
    .description("Runs the database changes of a branch in a throwaway database and says what they do.")
    .version(version, "-V, --version")
    .addOption(new Option("--no-color", "plain output; NO_COLOR and FORCE_COLOR are respected"))
    .addHelpText("after", exits)
    .exitOverride()
    .showHelpAfterError("(drydock --help says what there is)");

  drydock
    .command("review")
    .description("review what a branch of a local checkout does to its databases")
    .option("--repo <folder>", "a folder in the checkout", ".")
    .option("--base <ref>", "the branch to merge into (default: origin/main, or main)")
    .option("--head <ref>", "the branch to review", "HEAD")
    .addOption(
      new Option("--format <format>", "how to print the report")
        .choices(formats)
        .default("pretty" satisfies Format),
    )
    .option("--output <file>", "write the report to a file")
    .option("--all", "review every migration of the head, each as a pull request of its own")
    .option(
      "--pull <pull>",
      "review owner/repository#123 over GitHub's API, with GITHUB_TOKEN; needs no checkout",
    )
    .option("--post", "with --pull: make the check and the comments there", false)
    .option("--summary <file>", "with --pull: append the report to a file as Markdown")
    .addHelpText("after", exits)
    .action(async (options: Omit<ReviewArguments, "color"> & Partial<PullReviewArguments>) => {
      const { pull, post = false } = options;
      if (pull !== undefined) {
        const { runPullReview } = await import("./cli/review-pull.ts");
        return done(await runPullReview({ ...options, pull, post, ...color(drydock) }, signal));
      }
      if (post) throw new UsageError("--post needs --pull, which names the pull request.");
      const { runReview } = await import("./cli/review.ts");
      done(await runReview({ ...options, ...color(drydock) }, signal));
    });

  drydock
    .command("fix")
    .description("review HEAD, and make the fixes that were run in the files of the working tree")
    .option("--repo <folder>", "a folder in the checkout", ".")
    .option("--base <ref>", "the branch to merge into (default: origin/main, or main)")
    .option("--dry-run", "show the edits, and make none", false)
    .addHelpText(
      "after",
      `
Exit codes:
  0  nothing is left that gates the merge
  1  a finding that gates the merge is left
  2  wrong usage or configuration
  3  the review could not be done`,
    )
    .action(async (options: Omit<FixArguments, "color">) => {
      const { runFix } = await import("./cli/fix.ts");
      done(await runFix({ ...options, ...color(drydock) }, signal));
    });

  drydock
    .command("rules")
    .description("list the rules")
    .addOption(
      new Option("--format <format>", "how to print them")
        .choices(ruleFormats)
        .default("pretty" satisfies RuleFormat),
    )
    .action(async (options: { format: RuleFormat }) => {
      const { listRules } = await import("./cli/rules.ts");
      done(await listRules({ ...options, ...color(drydock) }));
    });

  drydock
    .command("explain-rule <id>")
    .description("explain one rule: what it looks for, why, and what to do")
    .action(async (id: string) => {
      const { explainRule } = await import("./cli/rules.ts");
      done(await explainRule(id, color(drydock)));
    });

  drydock
    .command("baseline")
    .description("accept what every migration of a checkout has today, so that only what is new is told")
    .option("--repo <folder>", "a folder in the checkout", ".")
    .option("--ref <ref>", "the commit to take it from", "HEAD")
    .option("--output <file>", "where to write it (default: .github/drydock-baseline.json)")
    .option(
      "--check",
      "tell which entries of the commit's baseline no longer match, and write nothing",
      false,
    )
    .action(async (options: BaselineArguments) => {
      const { runBaseline } = await import("./cli/baseline.ts");
      done(await runBaseline(options, signal));
    });

  drydock
    .command("stats")
    .description("print the query that makes a statistics file from production, or check such a file")
    .option("--with-values", "with the most common values of columns, which are data of rows")
    .option("--check <file>", "check a statistics file instead")
    .addHelpText(
      "after",
      "\nRun it on a replica or in production: drydock stats | psql -XAtq <database> > statistics.json\nand name the file in .github/drydock.yml: statistics: statistics.json",
    )
    .action(async (options: StatsArguments) => {
      const { runStats } = await import("./cli/stats.ts");
      done(await runStats(options));
    });

  drydock
    .command("demo")
    .description("make a small repository with a pull request, and show what Drydock says about it")
    .option("--output <file>", "where to write the page (default: in the temporary folder)")
    .action(async (options: Omit<DemoArguments, "color">) => {
      const { runDemo } = await import("./demo.ts");
      done(await runDemo({ ...options, ...color(drydock) }, signal));
    });

  return drydock;
}

function color(drydock: Command): { color: boolean } {
  return { color: drydock.opts<{ color: boolean }>().color };
}

/** Says what went wrong, for people: the stack only where DRYDOCK_DEBUG asks for it. */
function failed(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (process.env.DRYDOCK_DEBUG) console.error(error);
  if (error instanceof CheckoutError || error instanceof UsageError) {
    process.stderr.write(`${error.message}\n`);
    return 2;
  }
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`The review could not be done: ${message}\n`);
  if (!process.env.DRYDOCK_DEBUG) process.stderr.write("DRYDOCK_DEBUG=1 shows where it happened.\n");
  return 3;
}

function codeOf(signal: unknown): number {
  return signal === "SIGTERM" ? 143 : 130;
}
