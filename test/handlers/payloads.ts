import { base, head, origin } from "./fake-github.ts";

/** Webhook payloads with the fields that GitHub sends, shortened where whole objects repeat. */
const account = (login: string, id: number, type = "User") => ({
  login,
  id,
  node_id: `U_${id}`,
  avatar_url: `https://avatars.githubusercontent.com/u/${id}?v=4`,
  gravatar_id: "",
  url: `${origin}/users/${login}`,
  html_url: `https://github.com/${login}`,
  type,
  site_admin: false,
});

const repository = (owner = "acme", id = 100) => ({
  id,
  node_id: `R_${id}`,
  name: "shop",
  full_name: `${owner}/shop`,
  private: true,
  owner: account(owner, id + 1, "Organization"),
  html_url: `https://github.com/${owner}/shop`,
  description: null,
  fork: owner !== "acme",
  url: `${origin}/repos/${owner}/shop`,
  default_branch: "main",
  visibility: "private",
  archived: false,
  disabled: false,
});

export interface PullOptions {
  readonly number?: number;
  readonly head?: string;
  readonly base?: string;
  readonly draft?: boolean;
  readonly state?: string;
  readonly fork?: boolean;
  readonly comments?: number;
  readonly labels?: readonly string[];
  readonly updatedAt?: string;
}

export function pullRequest(options: PullOptions = {}) {
  const { number = 7, fork = false, comments = 0 } = options;
  return {
    url: `${origin}/repos/acme/shop/pulls/${number}`,
    id: 5_000 + number,
    node_id: `PR_${number}`,
    html_url: `https://github.com/acme/shop/pull/${number}`,
    number,
    state: options.state ?? "open",
    locked: false,
    title: "Look up orders by user",
    user: account("alice", 11),
    body: null,
    labels: (options.labels ?? []).map((name, i) => ({ id: i, name, color: "ededed", default: false })),
    created_at: "2026-01-01T00:00:00Z",
    updated_at: options.updatedAt ?? "2026-01-01T00:00:00Z",
    closed_at: null,
    merged_at: null,
    merge_commit_sha: null,
    draft: options.draft ?? false,
    head: {
      label: "alice:idx",
      ref: "idx",
      sha: options.head ?? head,
      user: account("alice", 11),
      repo: fork ? repository("mallory", 200) : repository(),
    },
    base: {
      label: "acme:main",
      ref: "main",
      sha: options.base ?? base,
      user: account("acme", 101),
      repo: repository(),
    },
    author_association: "CONTRIBUTOR",
    merged: false,
    mergeable: null,
    comments,
    review_comments: 0,
    commits: 1,
    additions: 2,
    deletions: 0,
    changed_files: 2,
  };
}

const common = {
  repository: repository(),
  sender: account("alice", 11),
  installation: { id: 2, node_id: "I_2" },
};

export function pullRequestEvent(
  action: string,
  options: PullOptions & { readonly changes?: object; readonly label?: string } = {},
) {
  const pull = pullRequest(options);
  const changes = options.changes ? { changes: options.changes } : {};
  const label = options.label ? { label: { id: 0, name: options.label } } : {};
  return { action, number: pull.number, pull_request: pull, ...changes, ...label, ...common };
}

const app = (id: number) => ({
  id,
  slug: "drydock",
  node_id: `A_${id}`,
  owner: account("acme", 101),
  name: "Drydock",
  events: [],
  permissions: {},
});

export function checkRunEvent({ appId = 1, externalId = "7:d-0", at = head } = {}) {
  const run = {
    id: 5,
    node_id: "CR_5",
    name: "Drydock",
    head_sha: at,
    external_id: externalId,
    status: "completed",
    conclusion: "failure",
    started_at: "2026-01-01T00:00:00Z",
    completed_at: "2026-01-01T00:00:10Z",
    output: { title: "1 blocking finding", summary: "…", text: null, annotations_count: 1 },
    check_suite: { id: 6, head_branch: null, head_sha: at, pull_requests: [], app: app(appId) },
    app: app(appId),
    pull_requests: [],
  };
  return { action: "rerequested", check_run: run, ...common };
}

export function checkSuiteEvent({ appId = 1, at = head } = {}) {
  const suite = {
    id: 6,
    node_id: "CS_6",
    head_branch: null,
    head_sha: at,
    status: "completed",
    conclusion: "failure",
    pull_requests: [],
    app: app(appId),
    latest_check_runs_count: 1,
  };
  return { action: "rerequested", check_suite: suite, ...common };
}

export function mergeGroupEvent({ at = head } = {}) {
  const group = {
    head_sha: at,
    head_ref: "refs/heads/gh-readonly-queue/main/pr-7-a",
    base_sha: base,
    base_ref: "refs/heads/main",
    head_commit: { id: at, tree_id: at, message: "Merge", timestamp: "2026-01-01T00:00:00Z" },
  };
  return { action: "checks_requested", merge_group: group, ...common };
}

export function commentEvent(body: string, { id = 77, login = "carol", type = "User", isPull = true } = {}) {
  const comment = {
    id,
    node_id: `IC_${id}`,
    body,
    user: account(login, 12, type),
    author_association: "MEMBER",
  };
  const { head: _, base: __, ...issue } = pullRequest();
  return {
    action: "created",
    issue: { ...issue, ...(isPull && { pull_request: { url: issue.url } }) },
    comment,
    ...common,
  };
}
