import type { Node, RangeVar } from "@pgsql/types";
import type { TableName } from "../types.ts";
import { tableName } from "./names.ts";

/** The text of a String node. */
export function stringOf(node: Node | undefined): string | undefined {
  return node && "String" in node ? (node.String.sval ?? "") : undefined;
}

export function stringsOf(nodes: readonly Node[] | undefined): string[] {
  return (nodes ?? []).flatMap((node) => stringOf(node) ?? []);
}

/** The name of a table, a view or an index. */
export function relationName(relation: RangeVar | undefined): TableName {
  return tableName(relation?.schemaname, relation?.relname ?? "");
}

/** A name given as a list of its parts, a database's name before the schema left out. */
export function qualifiedName(names: readonly Node[] | undefined): string {
  const parts = stringsOf(names);
  return tableName(parts.at(-2), parts.at(-1) ?? "");
}

/** The same for a name that is a node of its own. */
export function nameOfObject(node: Node): string {
  if ("List" in node) return qualifiedName(node.List.items);
  if ("TypeName" in node) return qualifiedName(node.TypeName.names);
  if ("ObjectWithArgs" in node) return qualifiedName(node.ObjectWithArgs.objname);
  return stringOf(node) ?? "";
}

/** A constant's value as text, without quotes; a cast around it is looked through. null when it is no constant. */
export function constantOf(node: Node | undefined): string | null {
  if (!node) return null;
  if ("TypeCast" in node) return constantOf(node.TypeCast.arg);
  if (!("A_Const" in node)) return null;
  const { sval, ival, fval, bsval, boolval, isnull } = node.A_Const;
  if (isnull) return null;
  if (sval) return sval.sval ?? "";
  if (fval) return fval.fval ?? "";
  if (bsval) return bsval.bsval ?? "";
  if (boolval) return String(boolval.boolval ?? false);
  return ival ? String(ival.ival ?? 0) : null;
}

/** Every object of a tree, parents first. Trees can be deep: no recursion. */
export function* objectsOf(root: object): Generator<Record<string, unknown>> {
  const open: object[] = [root];
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    if (!Array.isArray(value)) yield value as Record<string, unknown>;
    const children = Object.values(value).filter(isObject);
    for (const child of children.reverse()) open.push(child);
  }
}

export function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
