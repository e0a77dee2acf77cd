import { fingerprintsIn } from "../review/report/comment.ts";
import { type Acceptance, acceptanceIn, answeredIn } from "./acceptance.ts";
import type { Home } from "./check-run.ts";

/** What is said on a pull request, as far as it is ours, and where the pull request stands. */
export interface Conversation {
  readonly isOpen: boolean;
  readonly isDraft: boolean;
  /** Commit ids. */
  readonly head: string;
  readonly base: string;
  readonly updatedAt: string;
  readonly threads: readonly OwnThread[];
  /** The sticky comment; null when there is none. */
  readonly summary: { readonly id: number; readonly body: string } | null;
  /** Ids of the comments that we answered. */
  readonly answered: ReadonlySet<number>;
  /** What commands accepted. */
  readonly acceptances: readonly Acceptance[];
  /** The newest open pull requests of the repository, this one among them. */
  readonly pulls: readonly OpenPull[];
  /** The branch that the pull request is made of; null when it is gone, or in another repository. */
  readonly branch: Branch | null;
}

/** A branch of a repository. */
export interface Branch {
  /** Owner and name. */
  readonly repository: string;
  readonly name: string;
}

/** What an open pull request adds. */
export interface OpenPull {
  readonly number: number;
  /** Commit id. */
  readonly head: string;
  /** The branch that it goes to. */
  readonly into: string;
  /** Paths of new files, as far as GitHub lists them at once. */
  readonly added: readonly string[];
}

/** A review thread that one of our comments began. */
export interface OwnThread {
  /** GraphQL node ids. */
  readonly id: string;
  readonly comment: string;
  readonly body: string;
  readonly path: string;
  /** Of the findings that it speaks of. */
  readonly fingerprints: readonly string[];
  /** Whether we said that the finding is gone. */
  readonly isFixed: boolean;
  readonly isOutdated: boolean;
  readonly isMinimized: boolean;
  readonly isResolved: boolean;
  /** Whether somebody else wrote in it. */
  readonly hasReplies: boolean;
}

export const summaryMark = "<!-- drydock:summary -->";
export const fixedMark = "<!-- drydock:fixed -->";

/** The marks stand at the end: what is quoted before them may hold anything. */
const saysFixed = /<!-- drydock:fixed -->\s*<!-- drydock:[\w.-]+ -->\s*$/;

/** A page of threads and one of comments a request; nobody reads more. */
const mostPages = 20;

/**
 * Reads a pull request's threads, its comments and its head in as few requests as possible: one, unless there are more than
 * a hundred of either. Ours is what this app wrote *and* marked; a mark that somebody else copied counts for nothing.
 */
export async function readConversation(home: Home, number: number): Promise<Conversation> {
  const threads: ThreadNode[] = [];
  const comments: CommentNode[] = [];
  let after: Cursors = {
    threads: null,
    comments: null,
    withThreads: true,
    withComments: true,
    isFirst: true,
  };
  let page = await readPage(home, number, after);
  const { pulls } = page;
  for (let count = 1; ; count++) {
    const { reviewThreads, comments: some } = page.pull;
    threads.push(...(reviewThreads?.nodes ?? []));
    comments.push(...(some?.nodes ?? []));
    after = {
      threads: reviewThreads?.pageInfo.endCursor ?? null,
      comments: some?.pageInfo.endCursor ?? null,
      withThreads: reviewThreads?.pageInfo.hasNextPage ?? false,
      withComments: some?.pageInfo.hasNextPage ?? false,
      isFirst: false,
    };
    if ((!after.withThreads && !after.withComments) || count === mostPages) break;
    page = await readPage(home, number, after);
  }
  const isOwn = ownedBy(page.viewer);
  const summary = comments.find((comment) => isOwn(comment) && comment.body.trimEnd().endsWith(summaryMark));
  const answers = comments.filter(isOwn).filter(({ body }) => answeredIn(body) !== null);
  const { state, isDraft, headRefOid, baseRefOid, updatedAt } = page.pull;
  return {
    isOpen: state === "OPEN",
    isDraft,
    head: headRefOid,
    base: baseRefOid,
    updatedAt,
    threads: threads.flatMap((thread) => ownThread(thread, isOwn)),
    summary: summary ? { id: summary.databaseId, body: summary.body } : null,
    answered: new Set(answers.flatMap(({ body }) => answeredIn(body) ?? [])),
    acceptances: answers.flatMap(({ body }) => acceptanceIn(body) ?? []),
    pulls,
    branch: branchOf(page.pull),
  };
}

function branchOf(pull: Answer["repository"]["pullRequest"]): Branch | null {
  const { isCrossRepository, headRefName, headRepository } = pull;
  if (isCrossRepository || !headRefName || !headRepository) return null;
  return { repository: headRepository.nameWithOwner, name: headRefName };
}

function ownThread(thread: ThreadNode, isOwn: (comment: CommentNode) => boolean): OwnThread[] {
  const [first, ...replies] = thread.comments.nodes;
  const fingerprints = first && isOwn(first) ? fingerprintsIn(first.body) : [];
  if (!first || fingerprints.length === 0 || fingerprints.includes("summary")) return [];
  return [
    {
      id: thread.id,
      comment: first.id,
      body: first.body,
      path: thread.path,
      fingerprints,
      isFixed: saysFixed.test(first.body),
      isOutdated: thread.isOutdated,
      isMinimized: first.isMinimized,
      isResolved: thread.isResolved,
      hasReplies:
        replies.some((reply) => !isOwn(reply)) || thread.comments.totalCount > thread.comments.nodes.length,
    },
  ];
}

/** GraphQL gives a bot's login without the "[bot]" that its own name carries. */
function ownedBy(viewer: string) {
  const name = viewer.replace(/\[bot\]$/, "");
  return ({ author, viewerDidAuthor }: CommentNode) =>
    viewerDidAuthor || (author?.__typename === "Bot" && author.login.replace(/\[bot\]$/, "") === name);
}

interface Cursors {
  readonly threads: string | null;
  readonly comments: string | null;
  readonly withThreads: boolean;
  readonly withComments: boolean;
  readonly isFirst: boolean;
}

interface Page<Node> {
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
  readonly nodes: readonly Node[];
}

interface CommentNode {
  readonly id: string;
  readonly databaseId: number;
  readonly body: string;
  readonly isMinimized: boolean;
  readonly viewerDidAuthor: boolean;
  readonly author: { readonly __typename: string; readonly login: string } | null;
}

interface ThreadNode {
  readonly id: string;
  readonly path: string;
  readonly isResolved: boolean;
  readonly isOutdated: boolean;
  readonly comments: { readonly totalCount: number; readonly nodes: readonly CommentNode[] };
}

interface Answer {
  readonly viewer: { readonly login: string };
  readonly repository: {
    readonly pullRequest: {
      readonly state: string;
      readonly isDraft: boolean;
      readonly headRefOid: string;
      readonly baseRefOid: string;
      readonly updatedAt: string;
      readonly isCrossRepository?: boolean;
      readonly headRefName?: string;
      readonly headRepository?: { readonly nameWithOwner: string } | null;
      readonly reviewThreads?: Page<ThreadNode>;
      readonly comments?: Page<CommentNode>;
    };
    readonly pullRequests?: {
      readonly nodes: readonly {
        readonly number: number;
        readonly headRefOid: string;
        readonly baseRefName: string;
        readonly files: {
          readonly nodes: readonly { readonly path: string; readonly changeType: string }[] | null;
        } | null;
      }[];
    };
  };
}

async function readPage({ client, owner, repo }: Home, number: number, after: Cursors) {
  const { viewer, repository } = await client.graphql<Answer>(query, { owner, repo, number, ...after });
  const pulls = (repository.pullRequests?.nodes ?? []).map((one): OpenPull => {
    const added = (one.files?.nodes ?? []).filter(({ changeType }) => changeType === "ADDED");
    return {
      number: one.number,
      head: one.headRefOid,
      into: one.baseRefName,
      added: added.map(({ path }) => path),
    };
  });
  return { viewer: viewer.login, pull: repository.pullRequest, pulls };
}

const query = `
query ($owner: String!, $repo: String!, $number: Int!, $threads: String, $comments: String, $withThreads: Boolean!, $withComments: Boolean!, $isFirst: Boolean!) {
  viewer { login }
  repository(owner: $owner, name: $repo) {
    pullRequests(states: OPEN, first: 50, orderBy: { field: CREATED_AT, direction: DESC }) @include(if: $isFirst) {
      nodes { number headRefOid baseRefName files(first: 50) { nodes { path changeType } } }
    }
    pullRequest(number: $number) {
      state isDraft headRefOid baseRefOid updatedAt isCrossRepository headRefName headRepository { nameWithOwner }
      reviewThreads(first: 100, after: $threads) @include(if: $withThreads) {
        pageInfo { hasNextPage endCursor }
        nodes { id path isResolved isOutdated comments(first: 30) { totalCount nodes { ...said } } }
      }
      comments(first: 100, after: $comments) @include(if: $withComments) {
        pageInfo { hasNextPage endCursor }
        nodes { id databaseId body isMinimized viewerDidAuthor author { __typename login } }
      }
    }
  }
}
fragment said on PullRequestReviewComment { id databaseId body isMinimized viewerDidAuthor author { __typename login } }
`;
