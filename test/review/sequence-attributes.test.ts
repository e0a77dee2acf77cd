import { afterAll, expect, it } from "vitest";
import { plain } from "../../src/review/text.ts";
import { createReviewing } from "../handlers/reviewing.ts";

const reviewing = createReviewing();
afterAll(() => reviewing.close());

/** Columns with all that stays with a column besides type, default and NOT NULL. */
const base = `
CREATE ROLE attributes_reader;
CREATE TABLE a (id bigint PRIMARY KEY, n integer, t varchar(90) COLLATE "C", d text NOT NULL);
ALTER TABLE a ALTER COLUMN n SET STATISTICS 500, ALTER COLUMN n SET (n_distinct = -0.5, n_distinct_inherited = 7);
ALTER TABLE a ALTER COLUMN t SET STORAGE EXTERNAL, ALTER COLUMN t SET COMPRESSION pglz, ALTER COLUMN t SET STATISTICS 0;
COMMENT ON COLUMN a.n IS 'it''s the number; by hand';
COMMENT ON COLUMN a.t IS 'a text';
COMMENT ON COLUMN a.d IS 'a note';
GRANT SELECT (n, t, d), UPDATE (t) ON a TO attributes_reader WITH GRANT OPTION;
GRANT SELECT (n) ON a TO PUBLIC;
`;

/** All that the migrations offered for a statement send, first up, then down. */
async function offered(rule: string, up: string, down: string): Promise<readonly [string, string]> {
  const files = { "db/0001_base.up.sql": base };
  const report = await reviewing.review(files, {
    ...files,
    "db/0002_change.up.sql": `${up}\n`,
    "db/0002_change.down.sql": `${down}\n`,
  });
  const finding = report.findings.find((found) => found.rule === rule);
  expect(finding?.sequence, plain(finding?.instead ?? [])).not.toBeNull();
  const sent = (side: string) =>
    (finding?.sequence?.steps ?? [])
      .flatMap(({ files }) => files.filter(({ path }) => path.includes(side)).map(({ text }) => text))
      .join("\n");
  return [sent(".up."), sent(".down.")];
}

it("a column of another type keeps what stays with it", async () => {
  const [up, down] = await offered(
    "no-column-type-rewrite",
    "ALTER TABLE a ALTER COLUMN n TYPE bigint;",
    "ALTER TABLE a ALTER COLUMN n TYPE integer;",
  );
  for (const [sql, name] of [
    [up, "n_new"],
    [down, "n_old"],
  ] as const) {
    expect(sql).toContain(`ALTER TABLE a ALTER COLUMN ${name} SET STATISTICS 500;`);
    expect(sql).toContain(
      `ALTER TABLE a ALTER COLUMN ${name} SET (n_distinct=-0.5, n_distinct_inherited=7);`,
    );
    expect(sql).toContain(`COMMENT ON COLUMN a.${name} IS 'it''s the number; by hand';`);
    expect(sql).toContain(`GRANT SELECT (${name}) ON a TO attributes_reader WITH GRANT OPTION;`);
    expect(sql).toContain(`GRANT SELECT (${name}) ON a TO PUBLIC;`);
  }
});

it("how a column of another type is stored is the type's own again, as PostgreSQL has it", async () => {
  const [narrower, back] = await offered(
    "no-column-type-rewrite",
    "ALTER TABLE a ALTER COLUMN t TYPE varchar(20);",
    'ALTER TABLE a ALTER COLUMN t TYPE varchar(90) COLLATE "C", ALTER COLUMN t SET STORAGE EXTERNAL;',
  );
  expect(narrower).not.toMatch(/STORAGE|COMPRESSION|COLLATE/);
  expect(back).toContain('ALTER TABLE a ADD COLUMN t_old character varying(90) COLLATE "C";');
  expect(back).toContain("ALTER TABLE a ALTER COLUMN t_old SET STORAGE EXTERNAL;");
});

it("a column under another name keeps all of it", async () => {
  const [up, down] = await offered(
    "no-column-rename",
    "ALTER TABLE a RENAME COLUMN t TO u;",
    "ALTER TABLE a RENAME COLUMN u TO t;",
  );
  for (const [sql, name] of [
    [up, "u"],
    [down, "t"],
  ] as const) {
    expect(sql).toContain(`ALTER TABLE a ADD COLUMN ${name} character varying(90) COLLATE "C";`);
    for (const setting of ["STORAGE EXTERNAL", "COMPRESSION pglz", "STATISTICS 0"])
      expect(sql).toContain(`ALTER TABLE a ALTER COLUMN ${name} SET ${setting};`);
    expect(sql).toContain(`COMMENT ON COLUMN a.${name} IS 'a text';`);
    expect(sql).toContain(`GRANT UPDATE (${name}) ON a TO attributes_reader WITH GRANT OPTION;`);
  }
});

it("a column that is dropped gets it back on the way back", async () => {
  const [, down] = await offered(
    "no-column-drop",
    "ALTER TABLE a DROP COLUMN d;",
    "ALTER TABLE a ADD COLUMN d text NOT NULL DEFAULT '';\nALTER TABLE a ALTER COLUMN d DROP DEFAULT;",
  );
  expect(down).toContain("COMMENT ON COLUMN a.d IS 'a note';");
  expect(down).toContain("GRANT SELECT (d) ON a TO attributes_reader WITH GRANT OPTION;");
});
