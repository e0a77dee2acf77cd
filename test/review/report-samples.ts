import { nothingBrought } from "../../src/review/framework.ts";
import { noChanges } from "../../src/review/read.ts";
import { reportOf } from "../../src/review/report/report.ts";
import { say } from "../../src/review/text.ts";
import type {
  ChangeSet,
  Database,
  DryRun,
  Finding,
  Migration,
  MigrationRun,
  Outcome,
  Report,
  RoundTrip,
  Schema,
  Script,
  ScriptRun,
  Statement,
  Table,
} from "../../src/review/types.ts";

/** A script whose statements are its lines. */
export function script(path: string, ...lines: readonly string[]): Script {
  const text = `${lines.join("\n")}\n`;
  let start = 0;
  const statements = lines.map((line, index): Statement => {
    const span = { start, end: start + line.replace(/;$/, "").length };
    start += line.length + 1;
    return {
      index,
      span,
      line: index + 1,
      endLine: index + 1,
      sql: line.replace(/;$/, ""),
      copyData: null,
      operations: [],
      skipped: null,
      refused: null,
      mentions: [],
      asks: [],
      guard: null,
      rebuild: null,
    };
  });
  return { path, text, range: { start: 0, end: text.length }, statements, transaction: "implicit" };
}

export function migration(name: string, up: Script, down: Script | null): Migration {
  return {
    id: name,
    version: name,
    name,
    up,
    down,
    together: false,
    time: null,
    settings: {},
    downWaived: null,
    downPath: null,
    status: "added",
    changed: ["up", "down"],
    unchanged: [],
    former: null,
  };
}

export const ran: Outcome = { kind: "ran", tag: "OK" };

export function scriptRun({ statements }: Script, outcome: Outcome = ran): ScriptRun {
  return {
    statements: statements.map(({ index }) => ({
      index,
      outcome,
      locks: [],
      rewrites: [],
      scans: [],
      writes: [],
      hasIdleLoop: false,
      ms: 1,
    })),
    leftOpen: false,
  };
}

export function table(
  name: string,
  columns: Readonly<Record<string, string>>,
  more: Partial<Table> = {},
): Table {
  return {
    name,
    oid: name.length,
    kind: "table",
    temporary: false,
    unlogged: false,
    parents: [],
    options: [],
    rowSecurity: false,
    rowSecurityForced: false,
    policies: [],
    privileges: [],
    columns: Object.entries(columns).map(([column, type]) => ({
      name: column,
      type,
      notNull: false,
      defaultSql: null,
      identity: null,
      generated: false,
      collation: null,
      settings: [],
      comment: null,
      privileges: [],
    })),
    constraints: [],
    indexes: [],
    ...more,
  };
}

export function schema(...tables: readonly Table[]): Schema {
  return { tables, views: [], enums: [], functions: [], triggers: [], sequences: [], roles: [] };
}

export const ordersTable = table("orders", { id: "bigint", user_id: "bigint", note: "text" });

export function restored(down: Script, up: Script, more: Partial<RoundTrip> = {}): RoundTrip {
  return {
    down: scriptRun(down),
    residue: [],
    benign: [],
    data: [],
    upAgain: scriptRun(up),
    upAgainResidue: [],
    notEvaluated: null,
    ...more,
  };
}

export function migrationRun(step: Migration, more: Partial<MigrationRun> = {}): MigrationRun {
  return {
    migration: step.id,
    up: scriptRun(step.up),
    before: schema(ordersTable),
    after: schema(ordersTable),
    roundTrip: step.down ? restored(step.down, step.up) : null,
    former: null,
    ...more,
  };
}

export function database(steps: readonly Migration[], more: Partial<Database> = {}): Database {
  return {
    directory: "db/migrations",
    framework: "golang-migrate",
    dialect: "postgresql",
    habits: { late: "skipped", duplicates: "refused", checksums: false, together: false },
    brought: nothingBrought,
    takenBack: [],
    models: null,
    snapshots: null,
    history: [
      { path: "db/migrations/0001_orders.up.sql", version: "1", digest: "0".repeat(40), settings: {} },
    ],
    steps,
    ...more,
  };
}

export function dryRun(migrations: readonly MigrationRun[], more: Partial<DryRun> = {}): DryRun {
  return {
    directory: "db/migrations",
    engine: "PostgreSQL 18.6 (PGlite 0.5.16)",
    history: { migrations: 1, statements: 2, cached: false, failed: [] },
    standIns: [],
    models: null,
    snapshots: null,
    seeded: { tables: 1, rows: 5, empty: [] },
    base: schema(ordersTable),
    head: schema(ordersTable),
    migrations,
    queries: [],
    deployed: [],
    lost: null,
    timings: {},
    ...more,
  };
}

export function changeSet(databases: readonly Database[], more: Partial<ChangeSet> = {}): ChangeSet {
  return {
    ...noChanges,
    databases,
    ...more,
  };
}

export const indexUp = script(
  "db/migrations/0002_idx.up.sql",
  "CREATE INDEX orders_user_id_idx ON orders (user_id);",
);
export const indexDown = script("db/migrations/0002_idx.down.sql", "DROP INDEX orders_user_id_idx;");
export const indexStep = migration("2", indexUp, indexDown);

export const indexFinding: Finding = {
  rule: "no-blocking-index-build",
  severity: "error",
  gates: true,
  path: indexUp.path,
  line: 1,
  endLine: 1,
  message: say`Building ${"orders_user_id_idx"} blocks every write to ${"orders"} until it ends.`,
  evidence: [say`observed: SHARE lock on ${"orders"}`, say`observed: full scan of ${"orders"}`],
  instead: say`Run ${"CREATE INDEX CONCURRENTLY orders_user_id_idx ON orders (user_id)"}.`,
  object: "orders_user_id_idx",
  fix: {
    title: "Build the index with CONCURRENTLY",
    edits: [{ path: indexUp.path, start: 12, end: 12, text: " CONCURRENTLY" }],
    followUp: null,
  },
  verified: {
    before: {
      locks: [{ relation: "orders", mode: "SHARE", source: "observed" }],
      rewrites: [],
      scans: ["orders"],
      failure: null,
    },
    after: {
      locks: [{ relation: "orders", mode: "SHARE UPDATE EXCLUSIVE", source: "documented" }],
      rewrites: [],
      scans: [],
      failure: null,
    },
  },
  sequence: null,
  fingerprint: "f00dfeed",
};

const observedUp: ScriptRun = {
  statements: scriptRun(indexUp).statements.map((statement) => ({
    ...statement,
    locks: [
      { relation: "orders", kind: "table", table: null, mode: "SHARE", isNew: false, source: "observed" },
    ],
    scans: [{ relation: "orders", isNew: false, rows: 5 }],
  })),
  leftOpen: false,
};

/** One migration that builds an index, run and restored, with one blocking finding. */
export function sample(more: Partial<Parameters<typeof reportOf>[0]> = {}): Report {
  return reportOf({
    changes: changeSet([database([indexStep])]),
    runs: [dryRun([migrationRun(indexStep, { up: observedUp })])],
    findings: [indexFinding],
    timings: { run: 12.5 },
    concerned: true,
    ...more,
  });
}

export const summaryOptions = { version: "1.2.3", base: "a".repeat(40), head: "b".repeat(40) };

/** Names that a pull request might choose to do harm with. */
export const hostileNames: Readonly<Record<string, string>> = {
  mention: "@everyone",
  team: "@github/security",
  backticks: "a`b``c```d",
  onlyBackticks: "```",
  html: "<img src=x onerror=alert(1)><!-- drydock:00 --><script>alert(1)</script>",
  details: "</summary></details><h1>hi</h1>",
  link: "[click](javascript:alert(1)) https://evil.example www.evil.example",
  issue: "#123 GH-4 octo/repo#5 0123456789abcdef0123456789abcdef01234567",
  pipe: "a|b\\|c\\\\|d",
  lines: "one\n\n# two\r\n```\n- three",
  direction: "abc\u202egnp.exe\u2066\u200b",
  control: "x\u001b[2J\u001b]0;title\u0007\u0000y",
  mermaid: 'x" ||--o{ y : "z\n  evil { int a }\nclick x href "javascript:alert(1)"',
  suggestion: "```suggestion\nDROP TABLE users\n```",
  math: "$\\evil$ *bold* _under_ ~~gone~~ :tada:",
  long: "n".repeat(10_000),
};
