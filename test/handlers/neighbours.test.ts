import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Report } from "../../src/review/types.ts";
import type { Files } from "../helpers.ts";
import { createReviewing } from "./reviewing.ts";

let reviewing: ReturnType<typeof createReviewing>;
beforeAll(() => {
  reviewing = createReviewing();
});
afterAll(() => reviewing.close());

const up = (sql: string) => `-- +goose Up\n${sql}\n-- +goose Down\n-- irreversible\n`;
const users = { "db/migrations/1_users.sql": up("CREATE TABLE users (id bigint PRIMARY KEY, email text);") };
const teams = up("CREATE TABLE teams (id bigint PRIMARY KEY, user_id bigint);");
const index = up("CREATE INDEX users_email_idx ON users (email);");
const behind = "its migrations need what those of db/migrations make, so that these were run first";

describe("migrations of one directory that need those of another", () => {
  it("are run behind its history, and judged by tables that are there already", async () => {
    const base = { ...users, "db/dashboard/migrations/1_teams.sql": teams };
    const report = await review(base, { ...base, "db/dashboard/migrations/2_index.sql": index });
    expect(gatesOf(report)).toEqual(["no-blocking-index-build db/dashboard/migrations/2_index.sql:2"]);
    expect(report.receipt.notChecked).toContain(`db/dashboard/migrations: ${behind}`);
  });

  it("are run behind what the pull request adds there, and new tables stay new", async () => {
    const report = await review(
      {},
      {
        ...users,
        "db/dashboard/migrations/1_teams.sql": teams,
        "db/dashboard/migrations/2_index.sql": index,
      },
    );
    expect(gatesOf(report)).toEqual([]);
    expect(report.receipt.notChecked).toContain(`db/dashboard/migrations: ${behind}`);
  });

  it("are run as they are where nothing is missing, or nothing else makes it", async () => {
    const own = { ...users, "db/dashboard/migrations/1_teams.sql": teams };
    const plain = await review(own, {
      ...own,
      "db/dashboard/migrations/2_a.sql": up("CREATE TABLE a (id int);"),
    });
    expect([gatesOf(plain), reviewing.runs()]).toEqual([[], 1]);
    const typo = up("CREATE INDEX i ON team (user_id);");
    const wrong = await review(own, { ...own, "db/dashboard/migrations/2_a.sql": typo });
    expect([gatesOf(wrong), reviewing.runs()]).toEqual([
      ["no-failing-migration db/dashboard/migrations/2_a.sql:2"],
      1,
    ]);
  });

  it("are run as they are where the other directory does not help, and what is missing is no fault", async () => {
    const clash = {
      "db/migrations/1_users.sql": up("CREATE TABLE users (id int); CREATE TABLE teams (id int);"),
    };
    const base = { ...clash, "db/dashboard/migrations/1_teams.sql": teams };
    const report = await review(base, { ...base, "db/dashboard/migrations/2_index.sql": index });
    expect(gatesOf(report)).toEqual([]);
    expect(report.receipt.notChecked).toContain(
      'db/dashboard/migrations/2_index.sql:2: it needs what the migrations of db/migrations make (relation "users" does not exist)',
    );
  });
});

function review(base: Files, head: Files): Promise<Report> {
  return reviewing.review(base, head);
}

function gatesOf({ findings }: Report): string[] {
  return findings.filter(({ gates }) => gates).map(({ rule, path, line }) => `${rule} ${path}:${line}`);
}
