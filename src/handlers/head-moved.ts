import type { Home } from "./check-run.ts";
import type { PullRequest } from "./snapshot.ts";

/** The pull request's head is no longer the commit that is under review. */
export class HeadMoved extends Error {
  override readonly name = "HeadMoved";
  /** Commit id. */
  readonly head: string;

  constructor(head: string) {
    super("the head moved");
    this.head = head;
  }
}

/** Rejects with HeadMoved unless the pull request still has the head that it is reviewed at. */
export async function confirmHead(
  { owner, repo, number, head }: PullRequest,
  { client }: Home,
): Promise<void> {
  const { data } = await client.rest.pulls.get({ owner, repo, pull_number: number });
  if (data.head.sha !== head) throw new HeadMoved(data.head.sha);
}
