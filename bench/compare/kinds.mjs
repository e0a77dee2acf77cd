/** The dangers that the three tools speak of, and the rules of each that speak of them. What is in no kind is advice on style. */
export const kinds = {
  "index built while writes wait": [
    "squawk require-concurrent-index-creation",
    "pgfence create-index-not-concurrent",
    "drydock no-blocking-index-build",
    "drydock no-partitioned-table-lock",
    "drydock no-blocking-dynamic-sql",
  ],
  "index dropped or rebuilt while reads wait": [
    "squawk require-concurrent-index-deletion",
    "squawk require-concurrent-reindex",
    "pgfence drop-index-not-concurrent",
    "pgfence reindex-non-concurrent",
    "drydock no-blocking-index-drop",
    "drydock no-blocking-reindex",
    "drydock no-index-gap",
  ],
  "foreign key checked while writes wait": [
    "squawk adding-foreign-key-constraint",
    "squawk constraint-missing-not-valid",
    "pgfence add-constraint-fk-no-not-valid",
    "pgfence add-column-inline-foreign-key",
    "pgfence add-column-inline-foreign-key-not-valid",
    "drydock no-blocking-foreign-key",
    "drydock no-lock-on-referenced-table",
  ],
  "constraint checked while reads wait": [
    "squawk constraint-missing-not-valid",
    "pgfence add-constraint-check-no-not-valid",
    "pgfence validate-constraint",
    "drydock no-blocking-check",
    "drydock no-blocking-domain-constraint",
    "drydock no-blocking-partition-scan",
  ],
  "unique, primary key or exclusion built while reads wait": [
    "squawk disallowed-unique-constraint",
    "squawk constraint-missing-not-valid",
    "squawk adding-serial-primary-key-field",
    "pgfence add-constraint-unique",
    "pgfence add-constraint-unique-using-index",
    "pgfence add-pk-using-index",
    "pgfence add-pk-without-using-index",
    "pgfence add-constraint-exclude",
    "drydock no-blocking-unique",
    "drydock no-blocking-exclusion",
  ],
  "NOT NULL proved by a scan while reads wait": [
    "squawk adding-not-nullable-field",
    "pgfence alter-column-set-not-null",
    "drydock no-blocking-not-null",
  ],
  "column required without a default": [
    "squawk adding-required-field",
    "pgfence add-column-not-null-no-default",
    "drydock no-required-column-without-default",
    "drydock no-rejected-insert",
  ],
  "table rewritten": [
    "squawk changing-column-type",
    "squawk adding-field-with-default",
    "pgfence alter-column-type",
    "pgfence add-column-non-constant-default",
    "pgfence add-column-constant-default",
    "pgfence add-column-default-pre-pg11",
    "pgfence add-column-serial",
    "pgfence add-column-stored-generated",
    "pgfence vacuum-full",
    "drydock no-column-type-rewrite",
    "drydock no-new-column-rewrite",
    "drydock no-table-rewrite",
    "drydock no-cached-plan-change",
    "drydock no-lossy-type-change",
  ],
  "column dropped": ["squawk ban-drop-column", "pgfence drop-column", "drydock no-column-drop"],
  "table dropped": ["squawk ban-drop-table", "pgfence drop-table", "drydock no-table-drop"],
  "column or table renamed": [
    "squawk renaming-column",
    "squawk renaming-table",
    "pgfence rename-column",
    "pgfence rename-table",
    "drydock no-column-rename",
    "drydock no-table-rename",
    "drydock no-object-rename",
    "drydock no-schema-rename",
  ],
  "rows written or emptied as a whole": [
    "squawk ban-truncate-cascade",
    "pgfence truncate",
    "pgfence truncate-cascade",
    "pgfence update-in-migration",
    "pgfence delete-without-where",
    "drydock no-truncate",
    "drydock no-unbatched-update",
    "drydock no-unfiltered-write",
  ],
  "NOT NULL or a constraint given up": [
    "squawk ban-drop-not-null",
    "drydock no-constraint-drop",
    "drydock no-guarantee-lost-with-column",
  ],
  "work while an earlier lock is held": [
    "pgfence statement-after-access-exclusive",
    "pgfence not-valid-validate-same-tx",
    "drydock no-work-under-lock",
    "drydock no-many-table-locks",
    "drydock no-hidden-table-lock",
  ],
  "transaction that does not do what it seems to": [
    "squawk transaction-nesting",
    "squawk ban-uncommitted-transaction",
    "squawk ban-concurrent-index-creation-in-transaction",
    "pgfence concurrent-in-transaction",
    "drydock no-concurrent-index-in-transaction",
    "drydock no-nested-transaction",
    "drydock no-new-enum-value-in-transaction",
  ],
  "timeouts and settings": [
    "squawk require-lock-timeout",
    "squawk require-statement-timeout",
    "squawk require-timeout-settings",
    "pgfence missing-lock-timeout",
    "pgfence missing-statement-timeout",
    "pgfence missing-application-name",
    "pgfence missing-idle-timeout",
    "drydock no-leaking-setting",
    "drydock no-useless-lock-timeout",
    "drydock require-lock-timeout",
    "drydock no-lock-timeout-with-concurrently",
  ],
  "fails when it runs, up or down": [
    "drydock no-failing-migration",
    "drydock no-broken-query",
    "squawk syntax-error",
  ],
  "down that does not restore": [
    "drydock require-restoring-down",
    "drydock require-down",
    "drydock no-round-trip-data-loss",
  ],
  "keys and indexes": [
    "drydock require-foreign-key-index",
    "drydock no-redundant-index",
    "drydock require-primary-key",
    "drydock no-unique-with-null",
    "drydock no-unproven-constraint",
  ],
};

/** All that a rule of a tool speaks of. */
export function kindsOf({ tool, rule }) {
  const known = Object.entries(kinds).filter(([, rules]) => rules.includes(`${tool} ${rule}`));
  if (known.length > 0) return known.map(([kind]) => kind);
  return [tool === "drydock" ? "what only the schema tells" : "style and types"];
}

/** What a rule of a tool speaks of first. */
export function kindOf(finding) {
  return kindsOf(finding)[0];
}

/** What Drydock does with a finding of its own. */
export function levelOf({ gates, severity }) {
  if (gates) return "gating";
  return severity === "info" ? "notes" : "warnings";
}
