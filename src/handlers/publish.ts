import type { Config } from "../review/config.ts";
import { toMarkdown } from "../review/report/markdown.ts";
import type { Finding, Report } from "../review/types.ts";
import { type Acceptance, acceptanceMark, withAccepted } from "./acceptance.ts";
import { applyAction, applyFixes, fixable } from "./apply-fixes.ts";
import { checkResultOf } from "./check-result.ts";
import { type CheckResult, commentUrlOf, filesUrlOf, type Home } from "./check-run.ts";
import { answerTo } from "./command-answers.ts";
import { answer } from "./commands.ts";
import { type Conversation, readConversation } from "./conversation.ts";
import { failureOf, fieldsOf, permissionHelp } from "./failures.ts";
import { confirmHead } from "./head-moved.ts";
import type { Log } from "./log.ts";
import { conflictsWith } from "./open-pulls.ts";
import { placementOf, settledTitles } from "./placement.ts";
import { type PostOptions, postReview, postSummary } from "./post.ts";
import type { Asked } from "./queue.ts";
import { worstOfCommit } from "./same-commit.ts";
import { mayWriteContents, reviseComments, settleThreads } from "./settle.ts";
import type { PullRequest } from "./snapshot.ts";
import type { ChangedFile, Source } from "./source.ts";

export interface PublishOptions {
  readonly home: Home;
  readonly pull: PullRequest;
  readonly report: Report;
  readonly files: readonly ChangedFile[];
  /** None when left out. */
  readonly questions?: readonly Asked[];
  /** Given when somebody pressed the button that commits the fixes: reads the files that they edit. */
  readonly applying?: Source["read"];
  /** What is to be said in comments. */
  readonly comments: Config["comments"];
  readonly version: string;
  readonly log: Log;
  /** Aborts when the review is superseded or out of time. */
  readonly signal: AbortSignal;
}

/**
 * Says on the pull request what a review found: new comments in one review, a word under those that are settled, the one
 * summary. Gives what the check run is to say. What cannot be said in its place is said in the next: a comment in the summary,
 * the summary in the check. Rejects with HeadMoved when the reviewed commit is no longer the head; nothing is published then.
 */
export async function publish(options: PublishOptions): Promise<CheckResult> {
  const { home, pull, files, comments, version, log, signal } = options;
  const conversation = await readConversation(home, pull.number);
  signal.throwIfAborted();
  if (conversation.head !== pull.head) await confirmHead(pull, home);

  const answered = await answerQuestions(options, conversation);
  const report = withAccepted(options.report, [...conversation.acceptances, ...answered]);
  const { base, head } = pull;
  const about = { version, base, head, filesUrl: filesUrlOf(home, head) };
  if (!conversation.isOpen) {
    log.info({}, "pull request is closed; only its check is completed");
    return checkResultOf(report, { ...about, commented: new Set(), notes: [] });
  }

  const conflicts = await conflictsWith(home, pull.number, report.changes.databases, conversation.pulls, log);
  const titleOf = settledTitles(report, head);
  const placement = placementOf({ report, conversation, files, comments, titleOf });
  const isQuiet = conversation.isDraft && !comments.drafts;
  const fresh = isQuiet ? [] : placement.fresh;
  const posting: PostOptions = {
    home,
    number: pull.number,
    head,
    log,
    stillWanted: () => signal.throwIfAborted(),
  };
  const { posted, problem } = await postReview(fresh, posting);
  signal.throwIfAborted();
  const settled = await settleThreads(home, placement.gone, { titleOf, log });
  await reviseComments(home, placement.revised, log);

  const commented = new Set([...placement.standing, ...posted]);
  const text = toMarkdown(report, { ...about, commented, conflicts, limit: 65_000 });
  const isNote = ({ gates, severity }: Finding) => !gates && severity === "info";
  const hasNews = !report.findings.every(isNote) || conflicts.length > 0 || report.conclusion === "neutral";
  const isNeeded = !isQuiet && comments.summary && hasNews;
  const summary = await summarised(text, isNeeded, conversation, posting);
  const said = { posted: posted.size, standing: placement.standing.size, settled, summary: summary.done };
  log.info(said, "published");

  const canApply =
    conversation.branch !== null && fixable(report).length > 0 && (await mayWriteContents(home));
  const { branch } = conversation;
  const refused =
    options.applying && branch
      ? await applyFixes({ home, branch, head, report, files, read: options.applying })
      : null;

  const problems = [problem, summary.problem].filter((one) => one !== null);
  const draft = isQuiet && report.findings.length > 0 ? [draftNote] : [];
  const notes = [...draft, ...notesOf(problems), ...(refused === null ? [] : [refused])];
  const own = checkResultOf(report, { ...about, commented, conflicts, notes });
  const result = await worstOfCommit(home, pull, own, conversation.pulls, log);
  const details = summary.id === null ? {} : { detailsUrl: commentUrlOf(home, pull.number, summary.id) };
  return { ...result, ...details, ...(canApply && { actions: [applyAction] }) };
}

/** Answers what was asked in comments; gives what these answers accept. An answer that cannot be given accepts nothing. */
async function answerQuestions(
  { home, pull, report, questions = [], log }: PublishOptions,
  { answered }: Conversation,
): Promise<readonly Acceptance[]> {
  const acceptances: Acceptance[] = [];
  for (const { comment, by, question } of questions.filter((one) => !answered.has(one.comment))) {
    const { text, accepts } = answerTo(question, by, report);
    const fingerprints = accepts.map(({ fingerprint }) => fingerprint);
    const reason = question.kind === "ignore" ? question.reason : "";
    const acceptance = { rule: question.kind === "ignore" ? question.rule : "", reason, by, fingerprints };
    const mark = accepts.length > 0 ? `\n\n${acceptanceMark(acceptance)}` : "";
    try {
      await answer(home, pull.number, comment, `${text}${mark}`);
      if (accepts.length > 0) acceptances.push(acceptance);
    } catch (error) {
      log.warn({ ...fieldsOf(error), comment }, "question could not be answered");
    }
  }
  return acceptances;
}

const draftNote = "This pull request is a draft: comments are made when it is ready for review.";

async function summarised(text: string, isNeeded: boolean, conversation: Conversation, options: PostOptions) {
  try {
    const posted = await postSummary(text, { isNeeded, known: conversation.summary, options });
    return { ...posted, problem: null };
  } catch (error) {
    options.stillWanted();
    options.log.warn(fieldsOf(error), "summary refused");
    return { done: "refused", id: null, problem: error };
  }
}

function notesOf(problems: readonly unknown[]): readonly string[] {
  const failures = problems.map(failureOf);
  const missing = failures.find((failure) => failure.kind === "permission");
  if (missing) return [`Not every comment could be made. ${permissionHelp(missing.needed)}`];
  return problems.length > 0 ? ["Not every comment could be made; what they would say is below."] : [];
}
