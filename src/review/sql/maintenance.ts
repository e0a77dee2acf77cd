import type { Node, RangeVar } from "@pgsql/types";
import { lockModes } from "../locks.ts";
import type { Operation, Span } from "../types.ts";
import { placeOf, placeOfName, type Source } from "./source.ts";
import { constantOf, nameOfObject, qualifiedName, relationName } from "./tree.ts";

/** VACUUM FULL, CLUSTER, LOCK TABLE and DROP DATABASE; null for everything else. */
export function maintenanceOf(node: Node, source: Source): Operation[] | null {
  const at = placeOf(source, { start: 0, end: source.sql.length });
  if ("VacuumStmt" in node) {
    const { options = [], rels = [] } = node.VacuumStmt;
    if (!options.some(isFull)) return null;
    const relations = rels.flatMap((rel) => ("VacuumRelation" in rel ? [rel.VacuumRelation.relation] : []));
    if (relations.length === 0) return [{ kind: "rewriteTable", table: "", by: "VACUUM FULL", at }];
    return relations.map((relation) => ({
      kind: "rewriteTable",
      table: relationName(relation),
      by: "VACUUM FULL",
      at: placeAmong(relations, relation, source, at),
    }));
  }
  if ("ClusterStmt" in node) {
    const { relation } = node.ClusterStmt;
    return [{ kind: "rewriteTable", table: relationName(relation), by: "CLUSTER", at }];
  }
  if ("LockStmt" in node) {
    const { relations = [], mode } = node.LockStmt;
    const tables = relations.flatMap((relation) => ("RangeVar" in relation ? [relation.RangeVar] : []));
    return tables.map((relation) => ({
      kind: "lockTable",
      table: relationName(relation),
      mode: lockModes[(mode ?? 8) - 1] ?? "ACCESS EXCLUSIVE",
      at: placeAmong(tables, relation, source, at),
    }));
  }
  if ("DropdbStmt" in node) {
    const { dbname = "", missing_ok: ifExists = false } = node.DropdbStmt;
    return [{ kind: "dropObject", object: "database", name: dbname, ifExists, cascade: false, at }];
  }
  return null;
}

/** What ALTER DOMAIN does to the values that are there: a constraint added or validated; null for everything else. */
export function domainChangeOf(node: Node, at: Span): Operation[] | null {
  if (!("AlterDomainStmt" in node)) return null;
  const { subtype, typeName, def, name = "" } = node.AlterDomainStmt;
  const domain = qualifiedName(typeName);
  if (subtype === "O")
    return [{ kind: "addDomainConstraint", domain, name: null, notNull: true, notValid: false, at }];
  if (subtype === "V") return [{ kind: "validateDomainConstraint", domain, name, at }];
  if (subtype !== "C" || !def || !("Constraint" in def)) return null;
  const { conname = null, contype, skip_validation: notValid = false } = def.Constraint;
  return [
    {
      kind: "addDomainConstraint",
      domain,
      name: conname,
      notNull: contype === "CONSTR_NOTNULL",
      notValid,
      at,
    },
  ];
}

/** `VACUUM FULL` and `VACUUM (FULL)`, but not `VACUUM (FULL false)`. */
function isFull(option: Node): boolean {
  if (!("DefElem" in option) || option.DefElem.defname !== "full") return false;
  const { arg } = option.DefElem;
  return arg === undefined || /^(?:true|on|1)$/i.test(nameOfObject(arg) || (constantOf(arg) ?? ""));
}

function placeAmong(
  all: readonly unknown[],
  relation: RangeVar | undefined,
  source: Source,
  whole: Span,
): Span {
  return all.length === 1 ? whole : placeOfName(source, relation?.location);
}
