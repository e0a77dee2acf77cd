import { answeredIn, answerMark } from "./acceptance.ts";
import { applyAction } from "./apply-fixes.ts";
import { type Home, numberIn } from "./check-run.ts";
import type { Command } from "./command.ts";
import { answerAtOnce, deniedText } from "./command-answers.ts";
import { createOnce } from "./create-once.ts";
import { openPull } from "./events.ts";
import { fieldsOf } from "./failures.ts";
import { once } from "./github.ts";
import type { ReviewRequest } from "./intake.ts";
import type { Log } from "./log.ts";

/** What is read of an `issue_comment` event. */
export interface CommentPayload {
  readonly installation?: { readonly id: number } | undefined;
  readonly repository: {
    readonly name: string;
    readonly full_name: string;
    readonly owner: { readonly login: string };
  };
  readonly issue: { readonly number: number; readonly state: string; readonly pull_request?: unknown };
  readonly comment: {
    readonly id: number;
    readonly body: string;
    readonly user: { readonly login: string; readonly type?: string | undefined } | null;
  };
}

/** Whether a person said it on an open pull request. */
export function isCommandable({ issue, comment }: CommentPayload): boolean {
  return issue.pull_request !== undefined && issue.state === "open" && comment.user?.type === "User";
}

/**
 * Takes a command: a reaction says that it was seen, what can be said at once is said, and the review that it needs is asked
 * for. Who may not write to the repository is told so. What counts is the permission of the moment, asked for each time.
 */
export async function commandRequests(
  home: Home,
  payload: CommentPayload,
  command: Command,
  { delivery, log }: { delivery: string; log: Log },
): Promise<readonly ReviewRequest[]> {
  const { installation, repository, issue, comment } = payload;
  const by = comment.user?.login;
  if (!installation || !by) return [];
  if (!(await mayWrite(home, by))) {
    await react(home, comment.id, "-1", log);
    await answer(home, issue.number, comment.id, deniedText);
    return [];
  }
  await react(home, comment.id, "eyes", log);
  const text = answerAtOnce(command);
  if (text !== null) {
    await answer(home, issue.number, comment.id, text);
    return [];
  }
  const request = await openPull(home, issue.number, { repository, installation: installation.id, delivery });
  if (!request) return [];
  const isQuestion = command.kind === "ignore" || command.kind === "explain";
  const questions = isQuestion ? [{ comment: comment.id, by, question: command }] : [];
  return [{ ...request, isRerun: true, questions }];
}

/** What is read of a `check_run` event for a button of ours. */
export interface ActionPayload extends Pick<CommentPayload, "installation" | "repository"> {
  readonly check_run: { readonly external_id: string | null; readonly head_sha: string };
  readonly requested_action?: { readonly identifier?: string | undefined } | undefined;
  readonly sender: { readonly login: string };
}

/** Takes the button that commits the fixes: a review of the commit that the button stands on, whose fixes are committed. */
export async function actionRequests(
  home: Home,
  { installation, repository, check_run: run, requested_action: action, sender }: ActionPayload,
  delivery: string,
): Promise<readonly ReviewRequest[]> {
  const number = numberIn(run.external_id);
  if (!installation || number === null || action?.identifier !== applyAction.identifier) return [];
  if (!(await mayWrite(home, sender.login))) return [];
  const request = await openPull(home, number, { repository, installation: installation.id, delivery });
  if (!request || request.head !== run.head_sha) return [];
  return [{ ...request, isRerun: true, isApplying: true }];
}

/** GitHub tells `maintain` as `write`, and `triage` as `read`. (GitHub documentation, "Get repository permissions for a user".) */
async function mayWrite({ client, owner, repo }: Home, username: string): Promise<boolean> {
  const { data } = await client.rest.repos.getCollaboratorPermissionLevel({ owner, repo, username });
  return data.permission === "admin" || data.permission === "write";
}

/** A receipt that could not be given is no reason not to do what was asked. */
async function react(
  { client, owner, repo }: Home,
  id: number,
  content: "eyes" | "-1",
  log: Log,
): Promise<void> {
  try {
    await client.rest.reactions.createForIssueComment({ owner, repo, comment_id: id, content });
  } catch (error) {
    log.warn(fieldsOf(error), "reaction refused");
  }
}

/** Answers a comment once, also when the answer to the request is lost. */
export async function answer(home: Home, number: number, comment: number, text: string): Promise<void> {
  const { client, owner, repo } = home;
  const body = `${text}\n\n${answerMark(comment)}`;
  await createOnce({
    async create() {
      await client.rest.issues.createComment({ owner, repo, issue_number: number, body, request: once });
      return true;
    },
    async find() {
      const since = new Date(Date.now() - 600_000).toISOString();
      const { data } = await client.rest.issues.listComments({
        owner,
        repo,
        issue_number: number,
        since,
        per_page: 100,
      });
      return data.some((one) => one.user?.type === "Bot" && answeredIn(one.body ?? "") === comment) || null;
    },
  });
}
