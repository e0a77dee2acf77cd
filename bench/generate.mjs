// Migrations that look like a real project's, the same on every run: tables, columns, indexes, foreign keys, functions, data.
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";

const words =
  "account order invoice payment session device message channel project task label comment event token".split(
    " ",
  );

/** The up and down of migration number `n` of a history. */
export function migration(n) {
  const table = `${words[n % words.length]}_${Math.floor(n / words.length)}`;
  const earlier = n > 0 ? `${words[(n - 1) % words.length]}_${Math.floor((n - 1) / words.length)}` : null;
  const up = [
    `-- ${table}: added by migration ${n}`,
    `CREATE TABLE ${table} (\n  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,\n  name varchar(120) NOT NULL,\n  state text NOT NULL DEFAULT 'new' CHECK (state IN ('new', 'open', 'done')),\n  amount numeric(12, 2),\n  created_at timestamptz NOT NULL DEFAULT now()\n);`,
    earlier
      ? `ALTER TABLE ${table} ADD COLUMN parent_id bigint REFERENCES ${earlier} (id) ON DELETE CASCADE;\nCREATE INDEX ${table}_parent_id_idx ON ${table} (parent_id);`
      : "",
    n % 5 === 0
      ? `CREATE FUNCTION ${table}_touch() RETURNS trigger LANGUAGE plpgsql AS $$\nBEGIN\n  NEW.name := trim(NEW.name); -- keep it short\n  RETURN NEW;\nEND\n$$;\nCREATE TRIGGER ${table}_touch BEFORE UPDATE ON ${table} FOR EACH ROW EXECUTE FUNCTION ${table}_touch();`
      : "",
    n % 3 === 0
      ? `INSERT INTO ${table} (name, amount) VALUES ('first; not a separator', 1), ('second', 2.5);`
      : "",
  ];
  const down =
    n % 5 === 0
      ? `DROP TABLE ${table} CASCADE;\nDROP FUNCTION ${table}_touch();`
      : `DROP TABLE ${table} CASCADE;`;
  return { up: `${up.filter(Boolean).join("\n\n")}\n`, down: `${down}\n`, table };
}

/** Writes SQL files of at least so many bytes in all; gives their number. */
export function writeMigrations(folder, bytes) {
  mkdirSync(folder, { recursive: true });
  let written = 0;
  let n = 0;
  for (; written < bytes; n++) {
    const { up, down } = migration(n);
    writeFileSync(path.join(folder, `${String(n).padStart(6, "0")}_step.up.sql`), up);
    writeFileSync(path.join(folder, `${String(n).padStart(6, "0")}_step.down.sql`), down);
    written += up.length + down.length;
  }
  return n;
}

/** A repository whose main branch holds a history and whose branch `change` adds two migrations that offer a fix and a sequence, `heavy` two that offer many, and `quiet` two with nothing to say. */
export function writeRepository(folder, history) {
  const migrations = path.join(folder, "db", "migrations");
  mkdirSync(migrations, { recursive: true });
  const git = (...args) =>
    execFileSync("git", [
      "-C",
      folder,
      "-c",
      "user.name=bench",
      "-c",
      "user.email=bench@example.test",
      ...args,
    ]);
  const write = (n, name, { up, down }) => {
    const stem = path.join(migrations, `${String(n).padStart(6, "0")}_${name}`);
    writeFileSync(`${stem}.up.sql`, up);
    writeFileSync(`${stem}.down.sql`, down);
  };
  git("init", "-q", "-b", "main");
  for (let n = 0; n < history; n++) write(n, "step", migration(n));
  git("add", "-A");
  git("commit", "-qm", "History");
  git("checkout", "-qb", "change");
  const { table } = migration(history - 1);
  write(history, "index", {
    up: `CREATE INDEX ${table}_name_idx ON ${table} (name);\n`,
    down: `DROP INDEX ${table}_name_idx;\n`,
  });
  write(history + 1, "note", {
    up: `ALTER TABLE ${table} ADD COLUMN note text;\nALTER TABLE ${table} ALTER COLUMN amount SET NOT NULL;\n`,
    down: `ALTER TABLE ${table} ALTER COLUMN amount DROP NOT NULL;\nALTER TABLE ${table} DROP COLUMN note;\n`,
  });
  git("add", "-A");
  git("commit", "-qm", "Change");
  git("checkout", "-qb", "heavy", "main");
  const other = migration(history - 15).table;
  write(history, "owner", {
    up: `CREATE INDEX ${table}_name_idx ON ${table} (name);\nALTER TABLE ${table} ADD COLUMN owner_id bigint REFERENCES ${other} (id);\nALTER TABLE ${table} ADD CONSTRAINT ${table}_amount_check CHECK (amount > 0);\n`,
    down: `ALTER TABLE ${table} DROP CONSTRAINT ${table}_amount_check;\nALTER TABLE ${table} DROP COLUMN owner_id;\nDROP INDEX ${table}_name_idx;\n`,
  });
  write(history + 1, "status", {
    up: `ALTER TABLE ${table} RENAME COLUMN state TO status;\nALTER TABLE ${table} ALTER COLUMN amount SET NOT NULL;\nALTER TABLE ${table} ALTER COLUMN name TYPE varchar(60);\n`,
    down: `ALTER TABLE ${table} ALTER COLUMN name TYPE varchar(120);\nALTER TABLE ${table} ALTER COLUMN amount DROP NOT NULL;\nALTER TABLE ${table} RENAME COLUMN status TO state;\n`,
  });
  git("add", "-A");
  git("commit", "-qm", "Heavy change");
  git("checkout", "-qb", "quiet", "main");
  write(history, "tags", {
    up: "CREATE TABLE tags (\n  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,\n  label text NOT NULL\n);\n",
    down: "DROP TABLE tags;\n",
  });
  write(history + 1, "note", {
    up: `ALTER TABLE ${table} ADD COLUMN note text;\n`,
    down: `ALTER TABLE ${table} DROP COLUMN note;\n`,
  });
  git("add", "-A");
  git("commit", "-qm", "Quiet change");
}
