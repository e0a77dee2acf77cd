import { describe, expect, it } from "vitest";
import { withName } from "../../src/review/sequences/names.ts";
import {
  normaliseStatement,
  quoteIdentifier,
  quoteTable,
  storedName,
  tableName,
} from "../../src/review/sql/names.ts";

describe("names", () => {
  it("leave out the schema public", () => {
    expect(tableName(undefined, "orders")).toBe("orders");
    expect(tableName("public", "orders")).toBe("orders");
    expect(tableName("billing", "Orders")).toBe("billing.Orders");
  });

  it("are cut to 63 bytes, never within a character", () => {
    expect(tableName("a".repeat(70), "b".repeat(64))).toBe(`${"a".repeat(63)}.${"b".repeat(63)}`);
    expect(tableName(undefined, "é".repeat(40))).toBe("é".repeat(31));
    expect(tableName(undefined, `${"a".repeat(61)}😀`)).toBe("a".repeat(61));
    expect(tableName(undefined, `${"a".repeat(59)}😀b`)).toBe(`${"a".repeat(59)}😀`);
  });

  it("are stored in lower case unless quoted", () => {
    expect(storedName("Orders")).toBe("orders");
    expect(storedName("ÄPFEL")).toBe("Äpfel");
    expect(storedName('"Or""ders"')).toBe('Or"ders');
  });

  it.each([
    ["orders", "orders"],
    ["name", "name"],
    ["_a1", "_a1"],
    ["Orders", '"Orders"'],
    ["user", '"user"'],
    ["order", '"order"'],
    ["left", '"left"'],
    ["time", '"time"'],
    ["1a", '"1a"'],
    ["a b", '"a b"'],
    ['a"b', '"a""b"'],
    ["a$", '"a$"'],
    ["é", '"é"'],
    ["", '""'],
  ])("are quoted where PostgreSQL does: %s", (name, expected) => {
    expect(quoteIdentifier(name)).toBe(expected);
  });

  it("of tables are quoted part by part", () => {
    expect(quoteTable("billing.Orders")).toBe('billing."Orders"');
    expect(quoteTable("user")).toBe('"user"');
  });
});

describe("a normalised statement", () => {
  it("does not change with white space, comments and case", () => {
    const plain = normaliseStatement("ALTER TABLE a ADD b int DEFAULT f(1)");
    expect(normaliseStatement("alter table A\n\tadd B /* why */ INT default F( 1 ) -- so\n;")).toBe(plain);
  });

  it.each([
    ["SELECT 'A  b'", "SELECT 'a b'"],
    ["SELECT 'a -- b'", "SELECT 'a'"],
    ['SELECT "A"', 'SELECT "a"'],
    ["SELECT $x$ A $x$", "SELECT $x$ a $x$"],
    ["SELECT E'A\\'  b'", "SELECT E'A\\' b'"],
    ["SELECT a b", "SELECT ab"],
    ["SELECT Ä", "SELECT ä"],
  ])("keeps quoted text and what tells two apart: %s", (a, b) => {
    expect(normaliseStatement(a)).not.toBe(normaliseStatement(b));
    for (const quoted of a.match(/'.*'|".*"|\$x\$.*\$x\$/g) ?? [])
      expect(normaliseStatement(a)).toContain(quoted);
  });

  it("is what it is when it is normalised again", () => {
    const once = normaliseStatement("SELECT a.b, 'c  ''d', -1::INT >= ALL (x) /* y */; ");
    expect(normaliseStatement(once)).toBe(once);
  });
});

describe("a column that gets another name in SQL", () => {
  it.each([
    ["CREATE INDEX i ON a (at, lower(b))", "at", "CREATE INDEX i ON a (seen, lower(b))"],
    ["at AT TIME ZONE 'UTC'", "at", "seen AT TIME ZONE 'UTC'"],
    [
      "CHECK (text = ANY (ARRAY['a'::text, 'text']))",
      "text",
      "CHECK (seen = ANY (ARRAY['a'::text, 'text']))",
    ],
    ["CAST(date AS date)", "date", "CAST(seen AS date)"],
    ['"At" > at /* at */', "at", '"At" > seen /* at */'],
  ])("%s", (sql, from, expected) => {
    expect(withName(sql, from, "seen")).toBe(expected);
  });
});
