import type { Home } from "./check-run.ts";
import { fixedMark, type OwnThread } from "./conversation.ts";
import { fieldsOf } from "./failures.ts";
import type { Log } from "./log.ts";
import { settledBody } from "./placement.ts";

/**
 * Says of comments that their finding is gone. Where the app may, the thread is resolved, which asks for the right to write
 * contents; elsewhere the comment is rewritten, and folded unless somebody answered it. One request for all of them; nothing
 * here is worth failing a review for. Gives how many were settled.
 */
export async function settleThreads(
  home: Home,
  threads: readonly OwnThread[],
  { titleOf, log }: { titleOf: (fingerprints: readonly string[]) => string; log: Log },
): Promise<number> {
  if (threads.length === 0) return 0;
  if (await mayWriteContents(home)) {
    const left = await resolve(home, threads, log);
    return threads.length - left.length + (await rewrite(home, left, titleOf, log));
  }
  return rewrite(home, threads, titleOf, log);
}

/** Rewrites comments of which a part is gone. An edit notifies nobody. */
export async function reviseComments(
  { client }: Home,
  revised: readonly { readonly thread: OwnThread; readonly body: string }[],
  log: Log,
): Promise<void> {
  if (revised.length === 0) return;
  const changes = revised.map((_, i) => edit(i));
  const parameters = revised.map((_, i) => `$c${i}: ID!, $b${i}: String!`).join(", ");
  const variables = revised.flatMap(({ thread, body }, i) => [
    [`c${i}`, thread.comment],
    [`b${i}`, body],
  ]);
  const mutation = `mutation (${parameters}) {\n${changes.join("\n")}\n}`;
  await mutate(client, mutation, Object.fromEntries(variables), log);
}

function edit(i: number): string {
  return `e${i}: updatePullRequestReviewComment(input: { pullRequestReviewCommentId: $c${i}, body: $b${i} }) { pullRequestReviewComment { id } }`;
}

/** Whether the installation was given the right to write contents, which the app does not ask for. */
export async function mayWriteContents({ client }: Home): Promise<boolean> {
  const { permissions } = (await client.auth({ type: "installation" })) as {
    permissions?: { contents?: string };
  };
  return permissions?.contents === "write";
}

/** Gives the threads that could not be resolved. */
async function resolve(
  { client }: Home,
  threads: readonly OwnThread[],
  log: Log,
): Promise<readonly OwnThread[]> {
  const changes = threads.map(
    (_, i) => `t${i}: resolveReviewThread(input: { threadId: $t${i} }) { thread { id } }`,
  );
  const variables = Object.fromEntries(threads.map(({ id }, i) => [`t${i}`, id]));
  const parameters = threads.map((_, i) => `$t${i}: ID!`).join(", ");
  const done = await mutate(client, `mutation (${parameters}) {\n${changes.join("\n")}\n}`, variables, log);
  return threads.filter((_, i) => !done[`t${i}`]);
}

async function rewrite(
  { client }: Home,
  threads: readonly OwnThread[],
  titleOf: (fingerprints: readonly string[]) => string,
  log: Log,
): Promise<number> {
  if (threads.length === 0) return 0;
  const changes = threads.flatMap(({ hasReplies, isMinimized }, i) => [
    edit(i),
    ...(hasReplies || isMinimized
      ? []
      : [
          `m${i}: minimizeComment(input: { subjectId: $c${i}, classifier: OUTDATED }) { minimizedComment { isMinimized } }`,
        ]),
  ]);
  const parameters = threads.map((_, i) => `$c${i}: ID!, $b${i}: String!`).join(", ");
  const variables = threads.flatMap(({ comment, body, fingerprints }, i) => [
    [`c${i}`, comment],
    [`b${i}`, settledBody(body, titleOf(fingerprints), fixedMark)],
  ]);
  const done = await mutate(
    client,
    `mutation (${parameters}) {\n${changes.join("\n")}\n}`,
    Object.fromEntries(variables),
    log,
  );
  return threads.filter((_, i) => done[`e${i}`]).length;
}

/** The changes that were made, by their names. Each stands for itself: one that is refused keeps none of the others from being made. */
async function mutate(
  client: Home["client"],
  mutation: string,
  variables: Record<string, unknown>,
  log: Log,
): Promise<Readonly<Record<string, unknown>>> {
  try {
    return await client.graphql<Record<string, unknown>>(mutation, variables);
  } catch (error) {
    log.warn(fieldsOf(error), "not every comment could be marked as fixed");
    return (error as { data?: Record<string, unknown> | null }).data ?? {};
  }
}
