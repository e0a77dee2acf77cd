import { describe, expect, it } from "vitest";
import { notReplayed } from "../../src/review/not-replayed.ts";
import type { DryRun, Schema } from "../../src/review/types.ts";

function runWith(words: readonly string[] | null): DryRun {
  const table = { name: "shop.Orders", indexes: [{ name: "by_day" }] };
  const schema = {
    tables: [table, { name: "users", indexes: [] }],
    enums: [{ name: "state" }],
  } as unknown as Schema;
  const failed = [{ path: "1.sql", line: 1, code: "", reason: "", words }];
  return { base: schema, head: schema, history: { failed } } as unknown as DryRun;
}

describe("A part of the history that did not replay", () => {
  it("leaves in doubt what it names, and nothing else", () => {
    const isUnsure = notReplayed(runWith(["for", "op", "drop_constraint", "orders", "state"]), []);
    expect(["shop.Orders", "orders", "state", "users"].map((name) => isUnsure?.(name))).toEqual([
      true,
      true,
      true,
      false,
    ]);
  });

  it("leaves the table of an index in doubt", () => {
    const isUnsure = notReplayed(runWith(["drop", "index", "by_day"]), []);
    expect(["shop.Orders", "users"].map((name) => isUnsure?.(name))).toEqual([true, false]);
  });

  it("leaves everything in doubt where it changes something and does not say what", () => {
    expect(notReplayed(runWith(["for", "op", "drop_constraint", "name"]), [])).toBeNull();
    expect(notReplayed(runWith(null), [])).toBeNull();
  });

  it("leaves nothing in doubt where it only writes rows", () => {
    expect(notReplayed(runWith(["insert", "into", "users", "created"]), [])?.("users")).toBe(false);
  });
});
