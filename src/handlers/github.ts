import { createAppAuth } from "@octokit/auth-app";
import { retry } from "@octokit/plugin-retry";
import { throttling } from "@octokit/plugin-throttling";
import { Octokit } from "@octokit/rest";
import Bottleneck from "bottleneck";
import { LRUCache } from "lru-cache";
import type { Log } from "./log.ts";

/** A client with the rights of one installation. */
export type Client = InstanceType<typeof ClientBase>;

export interface GitHubOptions {
  readonly appId: number;
  readonly privateKey: string;
  /** E.g. "https://api.github.com", or "https://git.example.com/api/v3". */
  readonly baseUrl: string;
  /** Drydock's version. */
  readonly version: string;
  readonly log: Log;
}

/** The clients of an app, one for each installation, with its token and its pace of writing. */
export interface GitHub {
  readonly appId: number;
  /** The app itself, which belongs to no installation: for what GitHub keeps of its webhook. */
  readonly app: Client;
  clientFor(installation: number): Client;
}

/** For a request that makes something new: sent once, because an answer that is lost does not say that nothing was made. */
export const once = { retries: 0 } as const;

const ClientBase = Octokit.plugin(renewToken, retry, throttling);

/** Longest a single request may take, in milliseconds. */
const requestTime = 30_000;
/** Longest wait for a rate limit, in seconds. */
const longestWait = 300;
const mostWaits = 3;

/**
 * The app's way to GitHub. Secondary and primary rate limits are waited for, a bounded number of times; failures of the
 * server and of the network are retried, except for requests that are marked `once`; a token that is refused is replaced.
 */
export function createGitHub({ appId, privateKey, baseUrl, version, log }: GitHubOptions): GitHub {
  const clients = new LRUCache<number, Client>({ max: 1_000 });
  const pace = paceOfWrites();
  const options = { baseUrl, version, log };
  return {
    appId,
    app: new ClientBase({
      ...usual(options, "app", pace),
      authStrategy: createAppAuth,
      auth: { appId, privateKey },
    }),
    clientFor(installation) {
      const known = clients.get(installation);
      if (known) return known;
      const client = new ClientBase({
        ...usual(options, String(installation), pace),
        authStrategy: createAppAuth,
        auth: { appId, privateKey, installationId: installation },
      });
      clients.set(installation, client);
      return client;
    },
  };
}

/** The way to GitHub with a token of somebody's own, such as a workflow's. */
export function createTokenClient({
  token,
  baseUrl,
  version,
  log,
}: Pick<GitHubOptions, "baseUrl" | "version" | "log"> & { readonly token: string }): Client {
  return new ClientBase({ ...usual({ baseUrl, version, log }, "token"), auth: token });
}

/** What all clients have in common; `id` keeps their paces of writing apart. */
function usual(
  { baseUrl, version, log }: Pick<GitHubOptions, "baseUrl" | "version" | "log">,
  id: string,
  pace = paceOfWrites(),
) {
  return {
    baseUrl,
    userAgent: `drydock/${version}`,
    request: { fetch: fetchInTime },
    throttle: {
      ...pace,
      id,
      onRateLimit: waitFor("primary", log),
      onSecondaryRateLimit: waitFor("secondary", log),
    },
    log: { debug: ignore, info: ignore, warn: ignore, error: ignore },
  };
}

/**
 * GitHub asks for a second between writes when there are many, and allows 80 a minute that create content. A review makes a
 * handful: they go out at once, and only who writes on is slowed down. (GitHub documentation, "Best practices for using the REST API".)
 */
function paceOfWrites() {
  const bucket = (id: string, burst: number, everyMs: number) =>
    new Bottleneck.Group({
      id,
      maxConcurrent: 1,
      reservoir: burst,
      reservoirIncreaseInterval: everyMs,
      reservoirIncreaseAmount: 1,
      reservoirIncreaseMaximum: burst,
    });
  return { write: bucket("drydock-write", 20, 1_000), notifications: bucket("drydock-notify", 6, 3_000) };
}

function waitFor(kind: "primary" | "secondary", log: Log) {
  return (seconds: number, options: { method?: string; url?: string }, _: unknown, waits: number) => {
    const isWaiting = waits < mostWaits && seconds <= longestWait;
    const { method, url } = options;
    log.warn({ kind, seconds, method, url, isWaiting }, "rate limit reached");
    return isWaiting;
  };
}

/** A token can be taken back before its hour is over. A refused request did nothing, so it may be repeated with a new one. */
function renewToken(octokit: Parameters<typeof retry>[0]): void {
  octokit.hook.wrap("request", async (request, options) => {
    try {
      return await request(options);
    } catch (error) {
      const isToken =
        (error as { status?: number }).status === 401 && !/\/access_tokens|\/app\//.test(options.url);
      if (!isToken) throw error;
      await octokit.auth({ type: "installation", refresh: true });
      return request(options);
    }
  });
}

async function fetchInTime(url: string | URL, init: RequestInit = {}): Promise<Response> {
  const time = AbortSignal.timeout(requestTime);
  const signal = init.signal ? AbortSignal.any([init.signal, time]) : time;
  return fetch(url, { ...init, signal });
}

function ignore(): void {}
