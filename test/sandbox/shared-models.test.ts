import { expect, it } from "vitest";
import { partedOf } from "../../src/sandbox/shared-models.ts";

const parts = (ours: readonly string[], theirs: readonly string[]) => {
  const statements = (list: readonly string[]) => list.map((sql) => ({ table: null, sql }));
  const { shared, own } = partedOf(statements(ours), statements(theirs));
  return { shared: shared.map(({ sql }) => sql), own: own.map(({ sql }) => sql) };
};

const users = 'CREATE TABLE "users" (id int PRIMARY KEY)';
const orders = 'CREATE TABLE "orders" (id int PRIMARY KEY, user_id int)';
const noted = 'CREATE TABLE "orders" (id int PRIMARY KEY, user_id int, note text)';
const key = 'ALTER TABLE "orders" ADD CONSTRAINT k FOREIGN KEY (user_id) REFERENCES "users" (id)';
const tags = "CREATE TABLE public.tags (id int)";

it("shares what is the same on both sides", () => {
  expect(parts([users, tags, noted], [users, tags, orders])).toEqual({ shared: [users, tags], own: [noted] });
  expect(parts([users, tags, orders], [users, tags, noted])).toEqual({
    shared: [users, tags],
    own: [orders],
  });
});

it("does not share what names something that differs", () => {
  expect(parts([users, noted, key], [users, orders, key])).toEqual({ shared: [users], own: [noted, key] });
});

it("does not share a table of a type with other labels, nor what names that table", () => {
  const type = (labels: string) => `CREATE TYPE "State" AS ENUM (${labels})`;
  const jobs = 'CREATE TABLE jobs (id int, state "State")';
  const index = "CREATE INDEX jobs_id ON jobs (id)";
  expect(parts([type("'a'"), jobs, index, users], [type("'a', 'b'"), jobs, index, users])).toEqual({
    shared: [users],
    own: [type("'a'"), jobs, index],
  });
});

it("shares a table of which an index differs", () => {
  const index = "CREATE UNIQUE INDEX IF NOT EXISTS users_id ON users (id)";
  expect(parts([users, index], [users])).toEqual({ shared: [users], own: [index] });
});

it("keeps the order of statements", () => {
  const all = [users, tags, noted, key];
  expect(parts(all, [users, orders, key, tags])).toEqual({ shared: [users, tags], own: [noted, key] });
});
