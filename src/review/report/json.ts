import { z } from "zod";
import { plain, visible } from "../text.ts";
import type { Break, Effect, Report, Text } from "../types.ts";
import { gapsIn } from "./gaps.ts";

const text = z.string().describe("Plain text on one line; control characters are shown as escapes.");
const line = z.int().positive().describe("1-based.");

const edit = z
  .object({
    path: z.string(),
    start: z.int().nonnegative().describe("Offset in the head side's file, in UTF-16 code units."),
    end: z.int().nonnegative().describe("Offset after the last replaced unit."),
    text: z.string().describe("What stands there instead."),
  })
  .describe("Replaces the range [start, end) of a file. A file that does not exist yet is created.");

const fix = z.object({
  title: text,
  edits: z.array(edit),
  followUp: text.nullable().describe("What must follow by hand."),
});

const effect = z.object({
  locks: z
    .array(
      z.object({
        relation: z.string(),
        mode: z.string(),
        source: z.enum(["observed", "documented"]),
      }),
    )
    .describe("The strongest lock on each table that is older than the change."),
  rewrites: z.array(z.string()).describe("Tables that were written anew."),
  scans: z.array(z.string()).describe("Tables that were read in full."),
  failure: text.nullable().describe("What the database answered when the statement failed."),
});

const sequence = z.object({
  steps: z
    .array(
      z.object({
        phase: z.enum(["expand", "migrate", "contract"]),
        title: text,
        files: z.array(z.object({ path: z.string(), text: z.string() })),
      }),
    )
    .describe("Migrations in the order in which they are released."),
  replaces: z.array(z.string()).describe("Files whose place the first step takes."),
  edits: z.array(edit).describe("Takes the statement out of a file that stays."),
});

const finding = z.object({
  rule: z.string().describe("Id of the rule; `drydock explain-rule <id>` prints its page."),
  severity: z.enum(["error", "warning", "info"]),
  gates: z.boolean().describe("Whether it fails the check."),
  path: z.string().describe("From the repository's root."),
  line,
  endLine: line.describe("1-based, included."),
  message: text.describe("What will happen."),
  evidence: z.array(text).describe("What was observed in the sandbox, one fact an entry."),
  instead: text.describe("What to do instead."),
  object: z.string().describe("The database object it is about."),
  fix: fix.nullable().describe("Only one that was run in the sandbox."),
  verified: z
    .object({ before: effect, after: effect })
    .nullable()
    .describe("What the sandbox saw of the fixed statements, without the fix and with it."),
  sequence: sequence
    .nullable()
    .describe("Migrations that were run in the sandbox, to take the statement's place."),
  fingerprint: z.string().describe("Stays the same over pushes and rebases."),
});

const receipt = z.object({
  migrations: z.object({
    history: z.int().nonnegative().describe("Migrations of the base side that run first."),
    changed: z.int().nonnegative().describe("Migrations that are added or edited."),
  }),
  statements: z
    .object({ seen: z.int().nonnegative(), ran: z.int().nonnegative() })
    .describe("Statements of the changed migrations, up and down."),
  roundTrips: z.object({
    run: z.int().nonnegative(),
    restored: z.int().nonnegative().describe("Those after which schema and data were as before."),
  }),
  queries: z.object({ found: z.int().nonnegative(), planned: z.int().nonnegative() }),
  engines: z.array(z.string()),
  standIns: z.array(z.string()).describe("Roles, extensions and functions that the sandbox stood in for."),
  notChecked: z.array(text).describe("What was seen and not checked: path, line and reason."),
  accepted: z.int().nonnegative().describe("Findings that were accepted, with a reason."),
  unsized: z.array(z.string()).describe("Tables of findings whose size in production is not known."),
  postgres: z
    .int()
    .nullable()
    .describe("The version of PostgreSQL for which was judged, where the sandbox ran another one."),
});

const broken = z.object({
  kind: z.enum(["table", "column", "enum value", "type", "nullable", "unwritten", "query"]),
  object: z.string().describe("By the names of the database; of a query its name."),
  path: z.string(),
  line: line.nullable().describe("1-based, in the file of that side."),
  reason: text.describe("What the code does, and why it fails."),
});

const deploy = z
  .object({
    directory: z.string().describe("The migrations of the database."),
    order: z.enum(["migrate-first", "deploy-first", "any", "not-in-one-step"]),
    oldCode: z.array(broken).describe("What breaks in the base side's code once the migrations ran."),
    newCode: z.array(broken).describe("What breaks in the head side's code until the migrations ran."),
    steps: z.array(text).describe("What to do where one step is not safe, in order."),
    models: z.array(z.string()).describe("Files of models that were looked at."),
    queries: z.int().nonnegative().describe("Annotated queries that were looked at."),
  })
  .describe("In which order migrations and code are released.");

const accepted = z.object({
  rule: z.string(),
  path: z.string(),
  line,
  object: z.string(),
  message: text,
  reason: text,
  by: z.enum(["comment", "config", "baseline", "command"]).describe("Where it was accepted."),
  fingerprint: z.string(),
});

const skipped = z.object({
  path: z.string().describe('"" when it concerns the repository as a whole.'),
  line: line.nullable(),
  reason: text,
  matters: z.boolean().describe("Whether the verdict is incomplete without it."),
});

/** Version 1 of the report as JSON. Members may be added within a version; none is renamed or removed. */
export const jsonReport = z
  .object({
    version: z.literal(1),
    conclusion: z.enum(["success", "failure", "neutral", "skipped"]),
    title: text,
    base: z.string().describe("Commit id."),
    head: z.string().describe("Commit id."),
    findings: z.array(finding),
    accepted: z
      .array(accepted)
      .describe("Findings that a comment, the configuration or the baseline accepts."),
    deploy: z
      .array(deploy)
      .describe("One for each database of which models or annotated queries tell something."),
    receipt,
    skipped: z.array(skipped).describe("Everything that was seen and not understood or not checked."),
    timings: z.record(z.string(), z.number()).describe("Milliseconds by phase."),
  })
  .meta({ title: "Drydock report", description: "What `drydock review --format json` prints." });

export type JsonReport = z.infer<typeof jsonReport>;

/** The report as the documented, versioned contract. */
export function toJson(
  report: Report,
  commits: { readonly base: string; readonly head: string },
): JsonReport {
  const gaps = gapsIn(report);
  return {
    version: 1,
    conclusion: report.conclusion,
    title: report.title,
    base: commits.base,
    head: commits.head,
    findings: report.findings.map((found) => ({
      rule: found.rule,
      severity: found.severity,
      gates: found.gates,
      path: found.path,
      line: found.line,
      endLine: found.endLine,
      message: plain(found.message),
      evidence: found.evidence.map(plain),
      instead: plain(found.instead),
      object: found.object,
      fix: found.fix && {
        title: found.fix.title,
        edits: found.fix.edits.map(({ path, start, end, text }) => ({ path, start, end, text })),
        followUp: plainOrNull(found.fix.followUp),
      },
      verified: found.verified && {
        before: effectJson(found.verified.before),
        after: effectJson(found.verified.after),
      },
      sequence: found.sequence && {
        steps: found.sequence.steps.map(({ phase, title, files }) => ({
          phase,
          title: plain(title),
          files: files.map(({ path, text }) => ({ path, text })),
        })),
        replaces: [...found.sequence.replaces],
        edits: found.sequence.edits.map(({ path, start, end, text }) => ({ path, start, end, text })),
      },
      fingerprint: found.fingerprint,
    })),
    accepted: report.accepted.map(({ finding: found, reason, by }) => ({
      rule: found.rule,
      path: found.path,
      line: found.line,
      object: found.object,
      message: plain(found.message),
      reason: visible(reason),
      by,
      fingerprint: found.fingerprint,
    })),
    deploy: report.deploy.map(({ directory, order, oldCode, newCode, steps, models, queries }) => ({
      directory,
      order,
      oldCode: oldCode.map(breakJson),
      newCode: newCode.map(breakJson),
      steps: steps.map(plain),
      models: [...models],
      queries,
    })),
    receipt: structuredClone(report.receipt) as JsonReport["receipt"],
    skipped: gaps.map(({ path, line, reason, matters }) => ({
      path,
      line,
      reason: visible(reason),
      matters,
    })),
    timings: { ...report.timings },
  };
}

/** The contract as a JSON schema (draft 2020-12). */
export function reportJsonSchema(): object {
  return z.toJSONSchema(jsonReport);
}

function effectJson({ locks, rewrites, scans, failure }: Effect) {
  return {
    locks: locks.map(({ relation, mode, source }) => ({ relation, mode, source })),
    rewrites: [...rewrites],
    scans: [...scans],
    failure: failure === null ? null : visible(failure),
  };
}

function breakJson({ kind, object, path, line: at, reason }: Break) {
  return { kind, object, path, line: at, reason: plain(reason) };
}

function plainOrNull(text: Text | null): string | null {
  return text && plain(text);
}
