// Generated from the names of the files beside it: npm run generate.
import type { Rule } from "../rule.ts";
import noAttributeValueTable from "./no-attribute-value-table.ts";
import noBlockingCheck from "./no-blocking-check.ts";
import noBlockingDomainConstraint from "./no-blocking-domain-constraint.ts";
import noBlockingDynamicSql from "./no-blocking-dynamic-sql.ts";
import noBlockingExclusion from "./no-blocking-exclusion.ts";
import noBlockingForeignKey from "./no-blocking-foreign-key.ts";
import noBlockingIndexBuild from "./no-blocking-index-build.ts";
import noBlockingIndexDrop from "./no-blocking-index-drop.ts";
import noBlockingNotNull from "./no-blocking-not-null.ts";
import noBlockingPartitionScan from "./no-blocking-partition-scan.ts";
import noBlockingRefresh from "./no-blocking-refresh.ts";
import noBlockingReindex from "./no-blocking-reindex.ts";
import noBlockingUnique from "./no-blocking-unique.ts";
import noBrokenQuery from "./no-broken-query.ts";
import noCachedPlanChange from "./no-cached-plan-change.ts";
import noCascadingRebuild from "./no-cascading-rebuild.ts";
import noChangingCheck from "./no-changing-check.ts";
import noColumnDrop from "./no-column-drop.ts";
import noColumnRename from "./no-column-rename.ts";
import noColumnTypeRewrite from "./no-column-type-rewrite.ts";
import noConcurrentIndexInTransaction from "./no-concurrent-index-in-transaction.ts";
import noConstraintDrop from "./no-constraint-drop.ts";
import noDisabledAutovacuum from "./no-disabled-autovacuum.ts";
import noDisabledTrigger from "./no-disabled-trigger.ts";
import noDropCascade from "./no-drop-cascade.ts";
import noDuplicateForeignKey from "./no-duplicate-foreign-key.ts";
import noDuplicateVersion from "./no-duplicate-version.ts";
import noEditedMigration from "./no-edited-migration.ts";
import noEnumValueRemoval from "./no-enum-value-removal.ts";
import noEnumValueRename from "./no-enum-value-rename.ts";
import noExplicitTableLock from "./no-explicit-table-lock.ts";
import noFailingMigration from "./no-failing-migration.ts";
import noFloatAmount from "./no-float-amount.ts";
import noGuaranteeLostWithColumn from "./no-guarantee-lost-with-column.ts";
import noHiddenInvalidIndex from "./no-hidden-invalid-index.ts";
import noHiddenTableLock from "./no-hidden-table-lock.ts";
import noImpossibleSetNull from "./no-impossible-set-null.ts";
import noInconsistentType from "./no-inconsistent-type.ts";
import noIndexGap from "./no-index-gap.ts";
import noIneffectiveIfNotExists from "./no-ineffective-if-not-exists.ts";
import noIntegerKey from "./no-integer-key.ts";
import noLargeTableScan from "./no-large-table-scan.ts";
import noLateVersion from "./no-late-version.ts";
import noLeakingSetting from "./no-leaking-setting.ts";
import noListColumn from "./no-list-column.ts";
import noLockOnReferencedTable from "./no-lock-on-referenced-table.ts";
import noLockTimeoutWithConcurrently from "./no-lock-timeout-with-concurrently.ts";
import noLongerValidation from "./no-longer-validation.ts";
import noLossyTypeChange from "./no-lossy-type-change.ts";
import noManyTableLocks from "./no-many-table-locks.ts";
import noMisleadingType from "./no-misleading-type.ts";
import noMismatchedForeignKeyType from "./no-mismatched-foreign-key-type.ts";
import noModelDrift from "./no-model-drift.ts";
import noMoneyType from "./no-money-type.ts";
import noNestedTransaction from "./no-nested-transaction.ts";
import noNewColumnRewrite from "./no-new-column-rewrite.ts";
import noNewEnumValueInTransaction from "./no-new-enum-value-in-transaction.ts";
import noNullableFlag from "./no-nullable-flag.ts";
import noNumberedColumns from "./no-numbered-columns.ts";
import noObjectRename from "./no-object-rename.ts";
import noOpenPolicy from "./no-open-policy.ts";
import noPaddedChar from "./no-padded-char.ts";
import noPartitionedTableLock from "./no-partitioned-table-lock.ts";
import noPartlyAppliedFile from "./no-partly-applied-file.ts";
import noPolicyWithoutRowSecurity from "./no-policy-without-row-security.ts";
import noPrivilegedRole from "./no-privileged-role.ts";
import noQueryBrokenByDeploy from "./no-query-broken-by-deploy.ts";
import noReadablePassword from "./no-readable-password.ts";
import noRebuildLoss from "./no-rebuild-loss.ts";
import noRedundantIndex from "./no-redundant-index.ts";
import noRefusedDirectory from "./no-refused-directory.ts";
import noRejectedInsert from "./no-rejected-insert.ts";
import noRepeatedIndexColumn from "./no-repeated-index-column.ts";
import noRequiredColumnWithoutDefault from "./no-required-column-without-default.ts";
import noRoundTripDataLoss from "./no-round-trip-data-loss.ts";
import noSchemaDrop from "./no-schema-drop.ts";
import noSchemaPush from "./no-schema-push.ts";
import noSchemaRename from "./no-schema-rename.ts";
import noSecret from "./no-secret.ts";
import noStaleFunction from "./no-stale-function.ts";
import noStaleSequence from "./no-stale-sequence.ts";
import noStaleSnapshot from "./no-stale-snapshot.ts";
import noTableDrop from "./no-table-drop.ts";
import noTableRename from "./no-table-rename.ts";
import noTableRewrite from "./no-table-rewrite.ts";
import noTransitiveColumn from "./no-transitive-column.ts";
import noTruncate from "./no-truncate.ts";
import noTruncatedIdentifier from "./no-truncated-identifier.ts";
import noUnappliedModelChange from "./no-unapplied-model-change.ts";
import noUnbatchedUpdate from "./no-unbatched-update.ts";
import noUnfilteredWrite from "./no-unfiltered-write.ts";
import noUniqueWithNull from "./no-unique-with-null.ts";
import noUnloggedTable from "./no-unlogged-table.ts";
import noUnprovenConstraint from "./no-unproven-constraint.ts";
import noUnsupportedSyntax from "./no-unsupported-syntax.ts";
import noUnusedSuppression from "./no-unused-suppression.ts";
import noUselessLockTimeout from "./no-useless-lock-timeout.ts";
import noWideGrant from "./no-wide-grant.ts";
import noWorkUnderLock from "./no-work-under-lock.ts";
import preferExactType from "./prefer-exact-type.ts";
import preferGeneratedColumn from "./prefer-generated-column.ts";
import preferJsonb from "./prefer-jsonb.ts";
import preferOneRewrite from "./prefer-one-rewrite.ts";
import preferPartialIndex from "./prefer-partial-index.ts";
import preferPolicySubquery from "./prefer-policy-subquery.ts";
import preferTimestamptz from "./prefer-timestamptz.ts";
import requireCounterUpkeep from "./require-counter-upkeep.ts";
import requireDeleteAction from "./require-delete-action.ts";
import requireDown from "./require-down.ts";
import requireForeignKeyIndex from "./require-foreign-key-index.ts";
import requireFullMatch from "./require-full-match.ts";
import requireFunctionSearchPath from "./require-function-search-path.ts";
import requireGinIndex from "./require-gin-index.ts";
import requireLockTimeout from "./require-lock-timeout.ts";
import requireMatchingNullability from "./require-matching-nullability.ts";
import requirePartitionKey from "./require-partition-key.ts";
import requirePolicy from "./require-policy.ts";
import requirePrimaryKey from "./require-primary-key.ts";
import requireRestoringDown from "./require-restoring-down.ts";
import requireRowSecurity from "./require-row-security.ts";
import requireSecurityInvoker from "./require-security-invoker.ts";
import requireSuppressionReason from "./require-suppression-reason.ts";
import requireUniqueViewIndex from "./require-unique-view-index.ts";
import requireValidatedConstraint from "./require-validated-constraint.ts";

/** Every rule by its id. */
export const rules: Readonly<Record<string, Rule>> = {
  "no-attribute-value-table": noAttributeValueTable,
  "no-blocking-check": noBlockingCheck,
  "no-blocking-domain-constraint": noBlockingDomainConstraint,
  "no-blocking-dynamic-sql": noBlockingDynamicSql,
  "no-blocking-exclusion": noBlockingExclusion,
  "no-blocking-foreign-key": noBlockingForeignKey,
  "no-blocking-index-build": noBlockingIndexBuild,
  "no-blocking-index-drop": noBlockingIndexDrop,
  "no-blocking-not-null": noBlockingNotNull,
  "no-blocking-partition-scan": noBlockingPartitionScan,
  "no-blocking-refresh": noBlockingRefresh,
  "no-blocking-reindex": noBlockingReindex,
  "no-blocking-unique": noBlockingUnique,
  "no-broken-query": noBrokenQuery,
  "no-cached-plan-change": noCachedPlanChange,
  "no-cascading-rebuild": noCascadingRebuild,
  "no-changing-check": noChangingCheck,
  "no-column-drop": noColumnDrop,
  "no-column-rename": noColumnRename,
  "no-column-type-rewrite": noColumnTypeRewrite,
  "no-concurrent-index-in-transaction": noConcurrentIndexInTransaction,
  "no-constraint-drop": noConstraintDrop,
  "no-disabled-autovacuum": noDisabledAutovacuum,
  "no-disabled-trigger": noDisabledTrigger,
  "no-drop-cascade": noDropCascade,
  "no-duplicate-foreign-key": noDuplicateForeignKey,
  "no-duplicate-version": noDuplicateVersion,
  "no-edited-migration": noEditedMigration,
  "no-enum-value-removal": noEnumValueRemoval,
  "no-enum-value-rename": noEnumValueRename,
  "no-explicit-table-lock": noExplicitTableLock,
  "no-failing-migration": noFailingMigration,
  "no-float-amount": noFloatAmount,
  "no-guarantee-lost-with-column": noGuaranteeLostWithColumn,
  "no-hidden-invalid-index": noHiddenInvalidIndex,
  "no-hidden-table-lock": noHiddenTableLock,
  "no-impossible-set-null": noImpossibleSetNull,
  "no-inconsistent-type": noInconsistentType,
  "no-index-gap": noIndexGap,
  "no-ineffective-if-not-exists": noIneffectiveIfNotExists,
  "no-integer-key": noIntegerKey,
  "no-large-table-scan": noLargeTableScan,
  "no-late-version": noLateVersion,
  "no-leaking-setting": noLeakingSetting,
  "no-list-column": noListColumn,
  "no-lock-on-referenced-table": noLockOnReferencedTable,
  "no-lock-timeout-with-concurrently": noLockTimeoutWithConcurrently,
  "no-longer-validation": noLongerValidation,
  "no-lossy-type-change": noLossyTypeChange,
  "no-many-table-locks": noManyTableLocks,
  "no-misleading-type": noMisleadingType,
  "no-mismatched-foreign-key-type": noMismatchedForeignKeyType,
  "no-model-drift": noModelDrift,
  "no-money-type": noMoneyType,
  "no-nested-transaction": noNestedTransaction,
  "no-new-column-rewrite": noNewColumnRewrite,
  "no-new-enum-value-in-transaction": noNewEnumValueInTransaction,
  "no-nullable-flag": noNullableFlag,
  "no-numbered-columns": noNumberedColumns,
  "no-object-rename": noObjectRename,
  "no-open-policy": noOpenPolicy,
  "no-padded-char": noPaddedChar,
  "no-partitioned-table-lock": noPartitionedTableLock,
  "no-partly-applied-file": noPartlyAppliedFile,
  "no-policy-without-row-security": noPolicyWithoutRowSecurity,
  "no-privileged-role": noPrivilegedRole,
  "no-query-broken-by-deploy": noQueryBrokenByDeploy,
  "no-readable-password": noReadablePassword,
  "no-rebuild-loss": noRebuildLoss,
  "no-redundant-index": noRedundantIndex,
  "no-refused-directory": noRefusedDirectory,
  "no-rejected-insert": noRejectedInsert,
  "no-repeated-index-column": noRepeatedIndexColumn,
  "no-required-column-without-default": noRequiredColumnWithoutDefault,
  "no-round-trip-data-loss": noRoundTripDataLoss,
  "no-schema-drop": noSchemaDrop,
  "no-schema-push": noSchemaPush,
  "no-schema-rename": noSchemaRename,
  "no-secret": noSecret,
  "no-stale-function": noStaleFunction,
  "no-stale-sequence": noStaleSequence,
  "no-stale-snapshot": noStaleSnapshot,
  "no-table-drop": noTableDrop,
  "no-table-rename": noTableRename,
  "no-table-rewrite": noTableRewrite,
  "no-transitive-column": noTransitiveColumn,
  "no-truncate": noTruncate,
  "no-truncated-identifier": noTruncatedIdentifier,
  "no-unapplied-model-change": noUnappliedModelChange,
  "no-unbatched-update": noUnbatchedUpdate,
  "no-unfiltered-write": noUnfilteredWrite,
  "no-unique-with-null": noUniqueWithNull,
  "no-unlogged-table": noUnloggedTable,
  "no-unproven-constraint": noUnprovenConstraint,
  "no-unsupported-syntax": noUnsupportedSyntax,
  "no-unused-suppression": noUnusedSuppression,
  "no-useless-lock-timeout": noUselessLockTimeout,
  "no-wide-grant": noWideGrant,
  "no-work-under-lock": noWorkUnderLock,
  "prefer-exact-type": preferExactType,
  "prefer-generated-column": preferGeneratedColumn,
  "prefer-jsonb": preferJsonb,
  "prefer-one-rewrite": preferOneRewrite,
  "prefer-partial-index": preferPartialIndex,
  "prefer-policy-subquery": preferPolicySubquery,
  "prefer-timestamptz": preferTimestamptz,
  "require-counter-upkeep": requireCounterUpkeep,
  "require-delete-action": requireDeleteAction,
  "require-down": requireDown,
  "require-foreign-key-index": requireForeignKeyIndex,
  "require-full-match": requireFullMatch,
  "require-function-search-path": requireFunctionSearchPath,
  "require-gin-index": requireGinIndex,
  "require-lock-timeout": requireLockTimeout,
  "require-matching-nullability": requireMatchingNullability,
  "require-partition-key": requirePartitionKey,
  "require-policy": requirePolicy,
  "require-primary-key": requirePrimaryKey,
  "require-restoring-down": requireRestoringDown,
  "require-row-security": requireRowSecurity,
  "require-security-invoker": requireSecurityInvoker,
  "require-suppression-reason": requireSuppressionReason,
  "require-unique-view-index": requireUniqueViewIndex,
  "require-validated-constraint": requireValidatedConstraint,
};
