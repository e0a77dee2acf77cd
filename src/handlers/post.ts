import type { Home } from "./check-run.ts";
import { type Conversation, readConversation, summaryMark } from "./conversation.ts";
import { createOnce } from "./create-once.ts";
import { failureOf, fieldsOf } from "./failures.ts";
import { once } from "./github.ts";
import type { Log } from "./log.ts";
import type { NewComment } from "./placement.ts";

export interface PostOptions {
  readonly home: Home;
  readonly number: number;
  /** Commit id. */
  readonly head: string;
  readonly log: Log;
  /** Throws when nothing more may be published. */
  stillWanted(): void;
}

/**
 * Posts comments as one review, which is one notification. GitHub refuses all for one; then they are posted one by one.
 * Gives the fingerprints of those that stand, and what kept the others from it.
 */
export async function postReview(
  comments: readonly NewComment[],
  options: PostOptions,
): Promise<{ readonly posted: ReadonlySet<string>; readonly problem: unknown }> {
  if (comments.length === 0) return { posted: new Set(), problem: null };
  const { home, number, head, log, stillWanted } = options;
  const { client, owner, repo } = home;
  try {
    const posted = await createOnce({
      async create() {
        stillWanted();
        const review = {
          event: "COMMENT",
          commit_id: head,
          comments: comments.map(shapeOf),
          request: once,
        } as const;
        await client.rest.pulls.createReview({ owner, repo, pull_number: number, ...review });
        return new Set(comments.flatMap(({ fingerprints }) => fingerprints));
      },
      find: () => findPosted(comments, options),
    });
    return { posted, problem: null };
  } catch (error) {
    log.warn({ ...fieldsOf(error), comments: comments.length }, "review refused");
    const failure = failureOf(error);
    if (failure.kind !== "refused" || failure.status !== 422) return { posted: new Set(), problem: error };
    return postSingly(comments, options);
  }
}

async function postSingly(comments: readonly NewComment[], options: PostOptions) {
  const { home, number, head, log, stillWanted } = options;
  const { client, owner, repo } = home;
  const posted = new Set<string>();
  let problem: unknown = null;
  for (const comment of comments) {
    try {
      await createOnce({
        async create() {
          stillWanted();
          const fields = { commit_id: head, ...shapeOf(comment), request: once };
          await client.rest.pulls.createReviewComment({ owner, repo, pull_number: number, ...fields });
          return true;
        },
        find: async () => ((await findPosted([comment], options)) ? true : null),
      });
      for (const fingerprint of comment.fingerprints) posted.add(fingerprint);
    } catch (error) {
      log.warn({ ...fieldsOf(error), fingerprints: comment.fingerprints }, "comment refused");
      const failure = failureOf(error);
      if (failure.kind !== "refused" || failure.status !== 422) return { posted, problem: error };
      problem = error;
    }
  }
  return { posted, problem };
}

/** Our comments that are there already, of those that were to be made; null when there are none. A review is made as a whole. */
async function findPosted(comments: readonly NewComment[], { home, number }: PostOptions) {
  const { threads } = await readConversation(home, number);
  const there = new Set(
    threads.filter((thread) => !thread.isFixed).flatMap(({ fingerprints }) => fingerprints),
  );
  const found = comments.filter(({ fingerprints }) => fingerprints.some((one) => there.has(one)));
  return found.length > 0 ? new Set(found.flatMap(({ fingerprints }) => fingerprints)) : null;
}

/**
 * Keeps the one comment that sums up: edited in place, which notifies nobody, and left alone when nothing changed. It is
 * created only when `isNeeded`. Gives what was done, and its id.
 */
export async function postSummary(
  text: string,
  { isNeeded, known, options }: { isNeeded: boolean; known: Conversation["summary"]; options: PostOptions },
): Promise<{ readonly done: "created" | "edited" | "unchanged" | "none"; readonly id: number | null }> {
  const { home, number, stillWanted } = options;
  const { client, owner, repo } = home;
  const body = `${text}\n\n${summaryMark}`;
  if (!known && !isNeeded) return { done: "none", id: null };
  if (known && sameText(known.body, body)) return { done: "unchanged", id: known.id };
  stillWanted();
  if (known) {
    await client.rest.issues.updateComment({ owner, repo, comment_id: known.id, body });
    return { done: "edited", id: known.id };
  }
  const id = await createOnce({
    async create() {
      const comment = { owner, repo, issue_number: number, body, request: once };
      return (await client.rest.issues.createComment(comment)).data.id;
    },
    find: async () => (await readConversation(home, number)).summary?.id ?? null,
  });
  return { done: "created", id };
}

function sameText(a: string, b: string): boolean {
  const lines = (text: string) => text.replace(/\r\n/g, "\n").trim();
  return lines(a) === lines(b);
}

function shapeOf({ path, line, startLine, body }: NewComment) {
  const range = startLine === null ? {} : ({ start_line: startLine, start_side: "RIGHT" } as const);
  return { path, body, line, side: "RIGHT", ...range } as const;
}
