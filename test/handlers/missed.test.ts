import nock from "nock";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { bringMissed } from "../../src/handlers/missed.ts";
import { closeNetwork, expectAllUsed, github, logBook, origin } from "./fake-github.ts";

beforeEach(closeNetwork);
afterEach(expectAllUsed);

const now = Date.parse("2026-01-02T12:00:00Z");

function delivery(id: number, fields: object = {}) {
  return {
    id,
    guid: `g-${id}`,
    delivered_at: "2026-01-02T11:00:00Z",
    redelivery: false,
    duration: 0.3,
    status: "Invalid HTTP Response: 502",
    status_code: 502,
    event: "pull_request",
    action: "opened",
    installation_id: 2,
    repository_id: 100,
    ...fields,
  };
}

function mockList(deliveries: readonly object[], { cursor = "", next = "" } = {}) {
  const link = next
    ? { link: `<${origin}/app/hook/deliveries?per_page=100&cursor=${next}>; rel="next"` }
    : {};
  return nock(origin, { reqheaders: { authorization: /^bearer ey/i } })
    .get("/app/hook/deliveries")
    .query({ per_page: "100", ...(cursor && { cursor }) })
    .reply(200, deliveries, link);
}

/** The ids that were asked for, in their order. */
function mockAttempts(count: number): number[] {
  const ids: number[] = [];
  nock(origin)
    .post(/^\/app\/hook\/deliveries\/\d+\/attempts$/)
    .times(count)
    .reply(202, (uri) => {
      ids.push(Number(uri.split("/").at(-2)));
      return {};
    });
  return ids;
}

describe("deliveries that nobody took", () => {
  it("are asked for again, the oldest first, over all pages", async () => {
    mockList([delivery(9), delivery(8, { status_code: 0, action: "synchronize" })], { next: "v1_7" });
    mockList([delivery(7, { event: "merge_group", action: "checks_requested" })], { cursor: "v1_7" });
    const ids = mockAttempts(3);
    expect(await bringMissed(github().app, logBook(), now)).toBe(3);
    expect(ids).toEqual([7, 8, 9]);
  });

  it("are left alone when an attempt arrived, nothing was asked by them, or they are a day old", async () => {
    mockList(
      [
        delivery(9, { guid: "g-5", status_code: 200, redelivery: true }),
        delivery(8, { event: "push", action: null }),
        delivery(7, { action: "closed" }),
        delivery(5),
        delivery(4, { delivered_at: "2026-01-01T11:00:00Z" }),
      ],
      { next: "v1_3" },
    );
    expect(await bringMissed(github().app, logBook(), now)).toBe(0);
  });

  it("are asked for once each, by their newest attempt", async () => {
    mockList([delivery(9, { guid: "g-5", redelivery: true }), delivery(5)]);
    const ids = mockAttempts(1);
    await bringMissed(github().app, logBook(), now);
    expect(ids).toEqual([9]);
  });

  it("do not keep the app from starting when GitHub does not list them", async () => {
    const log = logBook();
    nock(origin)
      .get("/app/hook/deliveries")
      .query(true)
      .reply(401, { message: "A JSON web token could not be decoded" });
    expect(await bringMissed(github().app, log, now)).toBe(0);
    expect(log.lines).toContainEqual(
      expect.objectContaining({ level: "warn", message: "missed deliveries could not be listed" }),
    );
  });

  it("do not stand in each other's way", async () => {
    mockList([delivery(9), delivery(8)]);
    nock(origin).post("/app/hook/deliveries/8/attempts").reply(422, { message: "too old" });
    nock(origin).post("/app/hook/deliveries/9/attempts").reply(202, {});
    expect(await bringMissed(github().app, logBook(), now)).toBe(1);
  });
});
