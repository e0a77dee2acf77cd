import { list } from "../advice.ts";
import { locksOnOld } from "../locks.ts";
import { evidenceOf, ranOf, sized, wasScanned } from "../observed.ts";
import { defineRule, type OperationContext } from "../rule.ts";
import { quoteIdentifier, quoteTable } from "../sql/names.ts";
import { say } from "../text.ts";
import type { OperationOf, Severity, TableName, Text } from "../types.ts";

export default defineRule({
  summary: "Constrain a domain without reading every table that uses it under a lock",
  why: "A constraint that is added to a domain holds a SHARE lock on every table that has a column of the domain, while all of their rows are read: writes to all of them wait.",
  instead:
    "Add the constraint as NOT VALID, and ALTER DOMAIN … VALIDATE CONSTRAINT at a quiet time; or put a CHECK on each table.",
  // Seen to read tables that are in use, under a lock that stops their writes.
  severity: "error",
  ignoreWhen: "the tables are small, or nothing writes to them while the migration runs.",
  sources: [
    "PostgreSQL documentation, ALTER DOMAIN, ADD domain_constraint and Notes",
    "PostgreSQL documentation, section 13.3.1, Table-Level Locks",
  ],
  check: {
    addDomainConstraint(operation, context) {
      const tables = lockedTables(context);
      if (operation.notValid || tables.length === 0) return;
      return {
        message: say`This constraint of ${operation.domain} reads all of ${list(tables)} while writes to ${tables.length === 1 ? ["it"] : ["them"]} wait.`,
        evidence: evidenceOf(context, tables),
        instead: insteadOf(operation),
        at: operation.at,
        object: `${operation.domain}.${operation.name ?? "constraint"}`,
        severity: severityOf("error", tables, context),
      };
    },
    // VALIDATE takes the same lock; it is the second half of the better way, and there is no third.
    validateDomainConstraint({ domain, name, at }, context) {
      const tables = lockedTables(context);
      if (tables.length === 0) return;
      return {
        message: say`Validating ${name} of ${domain} reads all of ${list(tables)} while writes to ${tables.length === 1 ? ["it"] : ["them"]} wait.`,
        evidence: evidenceOf(context, tables),
        instead: say`Run it alone, at a time when few rows are written to ${list(tables)}.`,
        at,
        object: `${domain}.${name}`,
        severity: severityOf("warning", tables, context),
      };
    },
  },
});

function lockedTables(context: OperationContext): TableName[] {
  const run = ranOf(context);
  if (!run) return [];
  return locksOnOld(run, "SHARE")
    .map(({ relation }) => relation)
    .filter((table) => wasScanned(run, table));
}

function insteadOf({ domain, name, notNull }: OperationOf<"addDomainConstraint">): Text {
  const alter = `ALTER DOMAIN ${quoteTable(domain)}`;
  const constraint = quoteIdentifier(name ?? `${domain.slice(domain.indexOf(".") + 1)}_check`);
  const check = notNull ? "CHECK (VALUE IS NOT NULL)" : "CHECK (…)";
  return say`Run ${`${alter} ADD CONSTRAINT ${constraint} ${check} NOT VALID`}, and ${`${alter} VALIDATE CONSTRAINT ${constraint}`} at a quiet time, in a migration of its own.`;
}

function severityOf(severity: Severity, tables: readonly TableName[], context: OperationContext): Severity {
  return tables.some((table) => sized(severity, table, context) === severity) ? severity : "info";
}
