import { fieldsOf } from "./failures.ts";
import type { Client } from "./github.ts";
import type { Log } from "./log.ts";

/** Events that ask for something, as the service takes them. */
const wanted: Readonly<Record<string, readonly string[]>> = {
  pull_request: ["opened", "synchronize", "reopened", "ready_for_review", "edited", "labeled", "unlabeled"],
  check_run: ["rerequested", "requested_action"],
  check_suite: ["rerequested"],
  issue_comment: ["created"],
  merge_group: ["checks_requested"],
};

const hour = 3_600_000;

/** How far back is looked: what is older has been pushed again, asked for again, or forgotten. */
const longestAgo = 24 * hour;
const mostPages = 10;
const mostAgain = 100;

/**
 * Asks GitHub to bring again what it could not bring while nobody listened: GitHub never does so by itself. (GitHub
 * documentation, "Handling failed webhook deliveries".) The oldest first, so that the newest of a pull request is the last.
 * Gives how many were asked for. A failure here is no reason not to start.
 */
export async function bringMissed(app: Client, log: Log, now: number = Date.now()): Promise<number> {
  try {
    const missed = (await missedDeliveries(app, now)).toReversed();
    if (missed.length === 0) return 0;
    let asked = 0;
    for (const { id } of missed.slice(-mostAgain)) {
      try {
        await app.request("POST /app/hook/deliveries/{delivery_id}/attempts", { delivery_id: Number(id) });
        asked++;
      } catch (error) {
        log.warn({ ...fieldsOf(error), id: Number(id) }, "delivery could not be asked for again");
      }
    }
    log.info({ missed: missed.length, asked }, "missed deliveries asked for again");
    return asked;
  } catch (error) {
    log.warn(fieldsOf(error), "missed deliveries could not be listed");
    return 0;
  }
}

interface Delivery {
  readonly id: number | bigint;
  readonly guid: string;
  readonly delivered_at: string;
  readonly status_code: number;
  readonly event: string;
  readonly action: string | null;
}

/** Deliveries of which no attempt arrived, the newest attempt of each, the newest first. */
async function missedDeliveries(app: Client, now: number): Promise<readonly Delivery[]> {
  const newest = new Map<string, Delivery>();
  const arrived = new Set<string>();
  let cursor: string | undefined;
  for (let page = 0; page < mostPages; page++) {
    const query = { per_page: 100, ...(cursor !== undefined && { cursor }) };
    const { data, headers } = await app.request("GET /app/hook/deliveries", query);
    const recent = data.filter(({ delivered_at }) => now - Date.parse(delivered_at) <= longestAgo);
    for (const delivery of recent) {
      if (delivery.status_code >= 200 && delivery.status_code < 400) arrived.add(delivery.guid);
      else if (!newest.has(delivery.guid)) newest.set(delivery.guid, delivery);
    }
    cursor = cursorIn(headers.link);
    if (cursor === undefined || recent.length < data.length) break;
  }
  return [...newest.values()].filter(
    ({ guid, event, action }) => !arrived.has(guid) && action !== null && wanted[event]?.includes(action),
  );
}

/** Of the next page, from the header `Link`. */
function cursorIn(link: string | undefined): string | undefined {
  const next = /<([^>]+)>;\s*rel="next"/.exec(link ?? "")?.[1];
  return next && URL.canParse(next) ? (new URL(next).searchParams.get("cursor") ?? undefined) : undefined;
}
