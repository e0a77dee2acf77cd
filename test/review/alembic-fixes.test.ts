import { afterAll, describe, expect, it } from "vitest";
import { callFor, renderCall } from "../../src/review/alembic/calls.ts";
import { hasSqlalchemy } from "../../src/review/alembic/libraries.ts";
import { revisionAfter } from "../../src/review/alembic/write.ts";
import { applyEdits } from "../../src/review/fix.ts";
import { onLinesOfFix, suggestionOf } from "../../src/review/report/fix-view.ts";
import { plain } from "../../src/review/text.ts";
import type { Finding } from "../../src/review/types.ts";
import { createReviewing } from "../handlers/reviewing.ts";

const reviewing = createReviewing();
afterAll(() => reviewing.close());

const revision = (id: string, before: string | null, up: string, down: string) => `"""a revision"""
from typing import Union

import sqlalchemy as sa
from alembic import op

revision: str = "${id}"
down_revision: Union[str, None] = ${before === null ? "None" : `"${before}"`}
branch_labels = None
depends_on = None


def upgrade() -> None:
${indented(up)}


def downgrade() -> None:
${indented(down)}
`;

function indented(body: string): string {
  return body.replace(/^(?=.)/gm, "    ");
}

const base = {
  "alembic.ini": "[alembic]\nscript_location = alembic\nsqlalchemy.url = postgresql://localhost/shop\n",
  "alembic/env.py": "from alembic import context\n",
  "alembic/versions/2024_01_01-aaaaaaaaaaaa_start.py": revision(
    "aaaaaaaaaaaa",
    null,
    `op.create_table("users", sa.Column("id", sa.BigInteger(), primary_key=True), sa.Column("email", sa.Text()))
op.create_table(
    "orders",
    sa.Column("id", sa.BigInteger(), primary_key=True),
    sa.Column("user_id", sa.BigInteger()),
    sa.Column("total", sa.Integer()),
)
op.create_index("ix_total", "orders", ["total"])`,
    'op.drop_table("orders")\nop.drop_table("users")',
  ),
};
const path = "alembic/versions/2024_01_02-bbbbbbbbbbbb_change.py";
const modern = { "pyproject.toml": '[project]\ndependencies = ["alembic>=1.13", "SQLAlchemy>=2.0"]\n' };

async function offered(rule: string, up: string, down: string, more: Record<string, string> = {}) {
  const text = revision("bbbbbbbbbbbb", "aaaaaaaaaaaa", up, down);
  const report = await reviewing.review({ ...base, ...more }, { ...base, ...more, [path]: text });
  const finding = report.findings.find((found) => found.rule === rule);
  if (!finding) throw new Error(`no finding of ${rule}: ${report.findings.map((found) => found.rule)}`);
  return { finding, text, suggestion: suggestionOf(onLinesOfFix(finding, text), text) };
}

/** What the finding's sequence leaves of the migration, and its files. */
function sequenceOf({ sequence }: Finding, text: string) {
  const files = (sequence?.steps ?? []).flatMap((step) => step.files);
  return { left: applyEdits(text, sequence?.edits ?? []), files };
}

const dropIndex = 'op.drop_index("ix_user", table_name="orders")';

describe("a fix in Python", () => {
  const cases: readonly (readonly [string, string, string, string, string])[] = [
    [
      "a call on one line",
      "no-blocking-index-build",
      'op.create_index(op.f("ix_user"), "orders", ["user_id"], unique=False)  # often asked for',
      dropIndex,
      `with op.get_context().autocommit_block():
    op.create_index(op.f("ix_user"), "orders", ["user_id"], unique=False, postgresql_concurrently=True)  # often asked for`,
    ],
    [
      "a call with an argument on each line",
      "no-blocking-index-build",
      `op.create_index(
    "ix_user",
    "orders",
    [
        "user_id",
    ],
    postgresql_where=sa.text("user_id > 0"),  # the others are guests
)`,
      dropIndex,
      `with op.get_context().autocommit_block():
    op.create_index(
        "ix_user",
        "orders",
        [
            "user_id",
        ],
        postgresql_where=sa.text("user_id > 0"),  # the others are guests
        postgresql_concurrently=True,
    )`,
    ],
    [
      "a batch, which runs when it ends",
      "no-blocking-index-build",
      `with op.batch_alter_table("orders", schema=None) as batch_op:
    batch_op.create_index(batch_op.f("ix_user"), ["user_id"], unique=True)`,
      dropIndex,
      `with op.get_context().autocommit_block():
    op.create_index(
        op.f("ix_user"),
        "orders",
        ["user_id"],
        unique=True,
        postgresql_concurrently=True,
    )`,
    ],
    [
      "SQL in a string of several lines, which keeps its white space",
      "no-blocking-index-build",
      `op.execute(
    """
    CREATE INDEX ix_user
      ON orders (user_id)
"""
)`,
      dropIndex,
      `with op.get_context().autocommit_block():
    op.execute(
        """
        CREATE INDEX CONCURRENTLY ix_user
          ON orders (user_id)
    """
    )`,
    ],
    [
      "a call under a condition",
      "no-blocking-index-build",
      `if "ix_user" not in {one["name"] for one in sa.inspect(op.get_bind()).get_indexes("orders")}:
    op.create_index("ix_user", "orders", ["user_id"])`,
      dropIndex,
      `    with op.get_context().autocommit_block():
        op.create_index("ix_user", "orders", ["user_id"], postgresql_concurrently=True)`,
    ],
    [
      "an index that goes",
      "no-blocking-index-drop",
      'op.drop_index("ix_total", table_name="orders")',
      'op.create_index("ix_total", "orders", ["total"])',
      `with op.get_context().autocommit_block():
    op.drop_index("ix_total", table_name="orders", postgresql_concurrently=True)`,
    ],
    [
      "a table with a foreign key",
      "require-foreign-key-index",
      `op.create_table(
    "items",
    sa.Column("id", sa.BigInteger(), primary_key=True),
    sa.Column("user_id", sa.BigInteger(), sa.ForeignKey("users.id", ondelete="CASCADE")),
)`,
      'op.drop_table("items")',
      `op.create_table(
    "items",
    sa.Column("id", sa.BigInteger(), primary_key=True),
    sa.Column("user_id", sa.BigInteger(), sa.ForeignKey("users.id", ondelete="CASCADE")),
)
op.create_index("items_user_id_idx", "items", ["user_id"])`,
    ],
  ];

  it.each(cases)("changes %s", async (_what, rule, up, down, expected) => {
    const { finding, suggestion } = await offered(rule, up, down);
    expect(suggestion).toBe(textOf(expected, up));
    expect(finding.verified).not.toBeNull();
  });

  it.each([
    [
      "what the up makes",
      `op.create_table("notes", sa.Column("id", sa.BigInteger(), primary_key=True))
op.add_column("orders", sa.Column("note", sa.Text()))
op.create_index("ix_note", "notes", ["id"])`,
      `op.drop_index("ix_note")
op.drop_column("orders", "note")
op.drop_table("notes")`,
    ],
    [
      "a name that changes",
      'op.alter_column("orders", "total", new_column_name="sum")',
      'op.alter_column("orders", "sum", new_column_name="total")',
    ],
    [
      "an index that is built without a transaction",
      `with op.get_context().autocommit_block():
    op.create_index("ix_user", "orders", ["user_id"], postgresql_concurrently=True)`,
      `with op.get_context().autocommit_block():
    op.drop_index("ix_user", postgresql_concurrently=True)`,
    ],
  ])("writes a downgrade that takes back %s", async (_what, up, down) => {
    const { finding, text } = await offered("require-down", up, '"""Back."""\npass');
    const written = revision("bbbbbbbbbbbb", "aaaaaaaaaaaa", up, `"""Back."""\n${down}`);
    expect(applyEdits(text, finding.fix?.edits ?? [])).toBe(written);
    expect(finding.verified).not.toBeNull();
  });

  it("adds a downgrade to a file without one, and none where the up asks the database", async () => {
    const up = 'op.add_column("orders", sa.Column("note", sa.Text()))';
    const whole = revision("bbbbbbbbbbbb", "aaaaaaaaaaaa", up, 'op.drop_column("orders", "note")');
    const short = `${whole.split("\n\n\ndef downgrade")[0]}\n`;
    const report = await reviewing.review(base, { ...base, [path]: short });
    const finding = report.findings.find(({ rule }) => rule === "require-down");
    expect(applyEdits(short, finding?.fix?.edits ?? [])).toBe(whole);
    const asked = `if not sa.inspect(op.get_bind()).has_table("notes"):\n    ${up}`;
    expect((await offered("require-down", asked, "pass")).finding.fix).toBeNull();
  });

  it("says NOT VALID with the keyword where SQLAlchemy is sure to know it, else in SQL", async () => {
    const up =
      'op.create_foreign_key(\n    "fk_user", "orders", "users", ["user_id"], ["id"], ondelete="CASCADE"\n)';
    const down = 'op.drop_constraint("fk_user", "orders", type_="foreignkey")';
    const known = await offered("no-blocking-foreign-key", up, down, modern);
    expect(known.suggestion).toContain('ondelete="CASCADE", postgresql_not_valid=True\n    )');
    expect(plain(known.finding.instead)).toMatch(
      /run op\.execute\("ALTER TABLE orders VALIDATE CONSTRAINT fk_user"\) in the next migration\.$/,
    );
    const unknown = await offered("no-blocking-foreign-key", up, down);
    expect(unknown.suggestion).toBe(
      '    op.execute("ALTER TABLE orders ADD CONSTRAINT fk_user FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE NOT VALID")',
    );
  });

  it("reaches into the column that holds the foreign key, and stays in its batch", async () => {
    const column = 'op.add_column("orders", sa.Column("by", sa.BigInteger(), sa.ForeignKey("users.id")))';
    const { suggestion } = await offered(
      "no-blocking-foreign-key",
      column,
      'op.drop_column("orders", "by")',
      modern,
    );
    expect(suggestion).toContain('sa.ForeignKey("users.id", postgresql_not_valid=True)');
    const batch = await offered(
      "no-blocking-check",
      'with op.batch_alter_table("orders") as batch_op:\n    batch_op.create_check_constraint("ck", sa.text("total > 0"))',
      'op.drop_constraint("ck", "orders", type_="check")',
      modern,
    );
    expect(batch.suggestion).toBe(
      '        batch_op.create_check_constraint("ck", sa.text("total > 0"), postgresql_not_valid=True)',
    );
  });

  it("is told with the condition under which the statement runs", async () => {
    const { finding } = await offered(
      "no-blocking-index-drop",
      'if sa.inspect(op.get_bind()).has_table("orders"):\n    op.drop_index("ix_total", table_name="orders")',
      'op.create_index("ix_total", "orders", ["total"])',
    );
    expect(finding.evidence.map(plain).at(-1)).toBe(
      'it runs only where sa.inspect(op.get_bind()).has_table("orders") holds',
    );
    expect(finding.fix).not.toBeNull();
  });

  it("leaves a question that a person asks the database in SQL", async () => {
    const { finding } = await offered(
      "no-unproven-constraint",
      'op.alter_column("orders", "user_id", nullable=False)',
      'op.alter_column("orders", "user_id", nullable=True)',
    );
    expect(plain(finding.instead)).toBe(
      "Count them first: SELECT count(*) FROM orders WHERE user_id IS NULL.",
    );
  });

  it("is none where something before the index would stay done when it fails", async () => {
    const { finding } = await offered(
      "no-blocking-index-build",
      'op.add_column("orders", sa.Column("note", sa.Text()))\nop.create_index("ix_user", "orders", ["user_id"])',
      `${dropIndex}\nop.drop_column("orders", "note")`,
    );
    expect(finding.fix).toBeNull();
    expect(finding.sequence).not.toBeNull();
  });
});

/** The expected lines as the function has them. A string of several lines is not indented with its block. */
function textOf(expected: string, up: string): string {
  const text = indented(expected);
  return up.includes('"""') ? text.replace(/^ {4}(?= {8}(?:CREATE| {2}ON)| {4}"""\n)/gm, "") : text;
}

describe("a sequence of revisions", () => {
  it("follows the history, is named as its neighbour is, and speaks of operations", async () => {
    const { finding, text } = await offered(
      "no-column-rename",
      'op.alter_column("orders", "total", new_column_name="amount")',
      'op.alter_column("orders", "amount", new_column_name="total")',
    );
    const { files } = sequenceOf(finding, text);
    const lines = files.map((file) => file.text.match(/^(?:revision|down_revision).*$/gm));
    const ids = files.map((file) => /^revision: str = "(\w{12})"$/m.exec(file.text)?.[1] ?? "");
    expect(ids[0]).toBe("bbbbbbbbbbbb");
    expect(new Set(ids).size).toBe(files.length);
    expect(lines.map((own) => own?.[1])).toEqual(
      ["aaaaaaaaaaaa", ...ids.slice(0, -1)].map((id) => `down_revision: Union[str, None] = "${id}"`),
    );
    expect(files[0]?.path).toBe("alembic/versions/2024_01_02-bbbbbbbbbbbb_add_orders_amount.py");
    expect(files[0]?.text).toContain("from typing import Union\n");
    expect(files[0]?.text).toContain(
      'op.add_column("orders", sa.Column("amount", sa.Integer(), nullable=True))',
    );
    expect(files.at(-1)?.text).toContain('    op.drop_column("orders", "total")\n');
  });

  it("takes the call, and the one that undoes it, out of a revision that does more", async () => {
    const { finding, text } = await offered(
      "no-blocking-index-build",
      'op.add_column("orders", sa.Column("note", sa.Text()))\nop.create_index("ix_user", "orders", ["user_id"])',
      `${dropIndex}\nop.drop_column("orders", "note")`,
    );
    const { left, files } = sequenceOf(finding, text);
    expect(left).toBe(
      revision(
        "bbbbbbbbbbbb",
        "aaaaaaaaaaaa",
        'op.add_column("orders", sa.Column("note", sa.Text()))',
        'op.drop_column("orders", "note")',
      ),
    );
    expect(files).toHaveLength(1);
    expect(files[0]?.text).toContain('down_revision: Union[str, None] = "bbbbbbbbbbbb"');
    expect(files[0]?.text).toContain(`    with op.get_context().autocommit_block():
        op.create_index("ix_user", "orders", ["user_id"], postgresql_concurrently=True)
`);
  });
});

describe("SQL in Alembic's words", () => {
  const word = (sql: string, knowsNotValid = true) =>
    renderCall(callFor(sql, { naming: {}, knowsNotValid }), "", true);

  it.each([
    [
      "ALTER TABLE a ADD COLUMN b varchar(20) DEFAULT 'x' NOT NULL",
      `op.add_column("a", sa.Column("b", sa.String(length=20), server_default=sa.text("'x'"), nullable=False))`,
    ],
    [
      "ALTER TABLE shop.a ALTER COLUMN b SET NOT NULL",
      'op.alter_column("a", "b", nullable=False, schema="shop")',
    ],
    ["ALTER TABLE a ALTER COLUMN b DROP DEFAULT", 'op.alter_column("a", "b", server_default=None)'],
    [
      "CREATE UNIQUE INDEX i ON a USING gist (b) WHERE c",
      'op.create_index("i", "a", ["b"], unique=True, postgresql_using="gist", postgresql_where=sa.text("c"))',
    ],
    ["DROP INDEX CONCURRENTLY shop.i", 'op.drop_index("i", schema="shop", postgresql_concurrently=True)'],
    [
      "ALTER TABLE a ADD CONSTRAINT f FOREIGN KEY (b) REFERENCES c (d) ON DELETE SET NULL",
      'op.create_foreign_key("f", "a", "c", ["b"], ["d"], ondelete="SET NULL")',
    ],
    [
      "ALTER TABLE a ADD CONSTRAINT c CHECK (b > 0) NOT VALID",
      'op.create_check_constraint(op.f("c"), "a", "b > 0", postgresql_not_valid=True)',
    ],
    ["ALTER TABLE a RENAME TO b", 'op.rename_table("a", "b")'],
  ])("%s", (sql, call) => expect(word(sql)).toBe(call));

  it.each([
    "CREATE INDEX i ON a (lower(b))",
    "CREATE INDEX i ON a (b DESC)",
    "CREATE INDEX i ON a (b) INCLUDE (c)",
    "CREATE INDEX IF NOT EXISTS i ON a (b)",
    "ALTER TABLE a DROP COLUMN b CASCADE",
    "ALTER TABLE a ADD COLUMN b point",
    "ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES c (d)",
    "ALTER TABLE a VALIDATE CONSTRAINT c",
    "ALTER TABLE a ADD COLUMN b text, DROP COLUMN c",
  ])("%s stays SQL: no operation sends just this", (sql) => expect(word(sql)).toBe(`op.execute("${sql}")`));

  it("stays SQL where a keyword may not be known, and where SQLAlchemy would see a parameter", () => {
    const check = "ALTER TABLE a ADD CONSTRAINT c CHECK (b > 0) NOT VALID";
    expect(word(check, false)).toBe(`op.execute("${check}")`);
    expect(word("ALTER TABLE a ADD CONSTRAINT c CHECK (b <> ' :x')")).toBe(
      `op.execute("ALTER TABLE a ADD CONSTRAINT c CHECK (b <> ' \\\\:x')")`,
    );
  });
});

it.each([
  ["0007", "add_x", "0008"],
  ["0099_old", "add_x", "0100_add_x"],
])("counts on from revision %s", (version, name, next) => expect(revisionAfter(version, name)).toBe(next));

it.each([
  [{ "pyproject.toml": 'dependencies = ["sqlalchemy[asyncio]>=2.0.1,<3"]' }, true],
  [
    { "pyproject.toml": 'sqlalchemy = "^1.4"', "poetry.lock": 'name = "sqlalchemy"\nversion = "1.4.50"\n' },
    true,
  ],
  [{ "pyproject.toml": 'sqlalchemy = { version = "^2.0", extras = ["asyncio"] }' }, true],
  [{ "requirements.txt": "alembic==1.8\nSQLAlchemy==1.4.31\n" }, false],
  [{ "requirements.txt": "sqlalchemy-utils==2.0\nflask-sqlalchemy>=3.0\n" }, false],
  [{ "api/requirements.txt": "SQLAlchemy ~= 2.0\n" }, true],
  [{}, false],
])("knows from %j whether SQLAlchemy has NOT VALID: %s", (files: Record<string, string>, expected) => {
  const known = hasSqlalchemy(
    [1, 4, 32],
    "api/alembic/versions",
    Object.keys(files),
    (one) => files[one] ?? null,
  );
  expect(known).toBe(expected);
});
