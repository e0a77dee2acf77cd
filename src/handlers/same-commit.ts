import { type CheckResult, checkName, type Home, numberIn } from "./check-run.ts";
import type { OpenPull } from "./conversation.ts";
import { fieldsOf } from "./failures.ts";
import type { Log } from "./log.ts";
import type { PullRequest } from "./snapshot.ts";

/**
 * A check belongs to a commit, and counts for every pull request that ends in it: one that passes must not open the gate of
 * another, into another branch, that is blocked. The worst verdict of the open ones holds. Costs a request only where there
 * is another one.
 */
export async function worstOfCommit(
  home: Home,
  { number, head }: PullRequest,
  result: CheckResult,
  pulls: readonly OpenPull[],
  log: Log,
): Promise<CheckResult> {
  const others = new Set(pulls.filter((pull) => pull.head === head).map((pull) => pull.number));
  others.delete(number);
  if (others.size === 0 || result.conclusion === "failure") return result;
  try {
    const blocked = await blockedOf(home, head, others);
    return blocked === null ? result : { ...result, ...held(result, blocked) };
  } catch (error) {
    log.warn(fieldsOf(error), "checks of the same commit could not be listed");
    return result;
  }
}

/** The first of these pull requests whose newest verdict is a failure; null when there is none. */
async function blockedOf(
  { client, owner, repo }: Home,
  ref: string,
  numbers: ReadonlySet<number>,
): Promise<number | null> {
  const named = { owner, repo, ref, check_name: checkName, filter: "all", per_page: 100 } as const;
  const { data } = await client.rest.checks.listForRef(named);
  const newest = new Map<number, string>();
  for (const { external_id, conclusion, output } of data.check_runs.toSorted((a, b) => b.id - a.id)) {
    const number = numberIn(external_id);
    const isVerdict = conclusion !== null && conclusion !== "cancelled";
    const own = heldTitle.test(output.title ?? "") ? "success" : conclusion;
    if (number !== null && isVerdict && !newest.has(number)) newest.set(number, own ?? "");
  }
  return [...numbers].toSorted((a, b) => a - b).find((number) => newest.get(number) === "failure") ?? null;
}

/** What is only held back by another one must not hold that one back in turn. */
const heldTitle = /^Pull request \d+ with the same commit is blocked; /;

function held({ title, summary }: CheckResult, blocked: number) {
  const why = `Pull request ${blocked} ends in the same commit and is blocked; GitHub keeps one check for both. Push a commit of its own to this one, or settle or close the other, then run this again.`;
  return {
    conclusion: "failure" as const,
    title: `Pull request ${blocked} with the same commit is blocked; here: ${title}`.slice(0, 250),
    summary: `> [!NOTE]\n> ${why}\n\n${summary}`,
  };
}
