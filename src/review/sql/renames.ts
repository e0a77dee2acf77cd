import type { AlterObjectSchemaStmt, ObjectType, RenameStmt } from "@pgsql/types";
import type { NamedObject, Operation, Span } from "../types.ts";
import { nameOfObject, qualifiedName, relationName } from "./tree.ts";

/** ALTER … RENAME of tables, columns, schemas, and of what else code can name. */
export function renamesOf(rename: RenameStmt, at: Span): Operation[] {
  const { renameType, relationType, relation, object, subname, newname } = rename;
  const to = newname ?? "";
  if (renameType === "OBJECT_SCHEMA") return [{ kind: "renameSchema", schema: subname ?? "", to, at }];
  if (relation && isTable(renameType))
    return [{ kind: "renameTable", table: relationName(relation), to, at }];
  if (renameType === "OBJECT_COLUMN") {
    if (!relation || !isTable(relationType)) return [];
    return [{ kind: "renameColumn", table: relationName(relation), column: subname ?? "", to, at }];
  }
  const what = objectOf(renameType);
  if (what === null) return [];
  const named = relation ? relationName(relation) : nameOf(object);
  const name = what === "constraint" ? (subname ?? "") : named;
  return [{ kind: "renameObject", object: what, name, to, at }];
}

/** ALTER … SET SCHEMA. */
export function movesOf(move: AlterObjectSchemaStmt, at: Span): Operation[] {
  const { objectType, relation, object, newschema } = move;
  const what = isTable(objectType) ? "table" : objectOf(objectType);
  if (what === null) return [];
  const name = relation ? relationName(relation) : nameOf(object);
  return [{ kind: "setSchema", object: what, name, to: newschema ?? "", at }];
}

function nameOf(object: RenameStmt["object"]): string {
  if (!object) return "";
  return "ObjectWithArgs" in object ? qualifiedName(object.ObjectWithArgs.objname) : nameOfObject(object);
}

function isTable(type: ObjectType | undefined): boolean {
  return type === "OBJECT_TABLE" || type === "OBJECT_FOREIGN_TABLE";
}

function objectOf(type: ObjectType | undefined): NamedObject | null {
  return type === undefined ? null : (objects[type] ?? null);
}

const objects: Partial<Record<ObjectType, NamedObject>> = {
  OBJECT_VIEW: "view",
  OBJECT_MATVIEW: "materialized view",
  OBJECT_SEQUENCE: "sequence",
  OBJECT_FUNCTION: "function",
  OBJECT_AGGREGATE: "function",
  OBJECT_ROUTINE: "function",
  OBJECT_PROCEDURE: "procedure",
  OBJECT_TYPE: "type",
  OBJECT_DOMAIN: "type",
  OBJECT_INDEX: "index",
  OBJECT_TABCONSTRAINT: "constraint",
};
