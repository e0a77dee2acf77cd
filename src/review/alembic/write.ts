import type { Draft, NewFile } from "../framework.ts";
import { directoryOf, fileNameOf, joinPath } from "../paths.ts";
import { splitScript } from "../script.ts";

/** A revision that sends SQL as it stands; null when the one before it does not name itself in its file's name. */
export function writeRevision({
  version,
  name,
  after,
  up,
  down,
  outsideTransaction,
}: Draft): NewFile[] | null {
  const before = /(?:^|[_-])([0-9a-f]{12})(?=[_-]|\.py$)/.exec(fileNameOf(after.up))?.[1];
  if (before === undefined) return null;
  const text = [
    `"""${name.replaceAll("_", " ")}"""`,
    "",
    "from alembic import op",
    "",
    `revision = ${JSON.stringify(version)}`,
    `down_revision = ${JSON.stringify(before)}`,
    "branch_labels = None",
    "depends_on = None",
    "",
    "",
    "def upgrade() -> None:",
    ...bodyOf(up, outsideTransaction),
    "",
    "",
    "def downgrade() -> None:",
    ...bodyOf(down ?? "", outsideTransaction),
    "",
  ].join("\n");
  return [{ path: joinPath(directoryOf(after.up), `${version}_${name}.py`), text }];
}

function bodyOf(sql: string, outsideTransaction: boolean): string[] {
  const statements = splitScript(sql, "postgresql");
  if (statements.length === 0) return ["    pass"];
  const indent = outsideTransaction ? "        " : "    ";
  const calls = statements.map((statement) => `${indent}op.execute(${pythonText(statement.sql)})`);
  return outsideTransaction ? ["    with op.get_context().autocommit_block():", ...calls] : calls;
}

/** A string of Python whose colons SQLAlchemy does not take for parameters. */
function pythonText(sql: string): string {
  const text = sql.replaceAll("\\", "\\\\").replace(/(?<![:\w]):(?=\w)/g, "\\\\:");
  return text.includes("\n") || text.includes('"')
    ? `"""${text.replaceAll('"""', '\\"\\"\\"')}${text.endsWith('"') ? " " : ""}"""`
    : `"${text}"`;
}
