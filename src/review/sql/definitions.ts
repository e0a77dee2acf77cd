import type { ColumnDef, Constraint, ConstrType, Node } from "@pgsql/types";
import type { ColumnDefinition, ConstraintDefinition, ConstraintKind } from "../types.ts";
import { closingOf, placeOf, type Source, spanOf, textOf, tokenAt, wordIn } from "./source.ts";
import { objectsOf, relationName, stringOf, stringsOf } from "./tree.ts";
import { isSerial, typeText } from "./type-name.ts";

/** Tokens [first, after) of the statement. */
export interface Range {
  readonly first: number;
  readonly after: number;
}

/** A column definition and the constraints written with it; a NOT NULL is only told as the column's. */
export function columnOf(
  column: ColumnDef,
  range: Range,
  source: Source,
): { column: ColumnDefinition; constraints: ConstraintDefinition[] } {
  const parts = partsOf(column, range, source);
  const part = (type: ConstrType) => parts.find(({ constraint }) => constraint.contype === type);
  const name = column.colname ?? "";
  const given = part("CONSTR_DEFAULT");
  const generated = part("CONSTR_GENERATED");
  const primaryKey = part("CONSTR_PRIMARY") !== undefined;
  const identity = part("CONSTR_IDENTITY") !== undefined;
  const serial = isSerial(column.typeName);
  return {
    column: {
      name,
      type: typeText(column.typeName),
      notNull: primaryKey || serial || identity || part("CONSTR_NOTNULL") !== undefined,
      primaryKey,
      unique: part("CONSTR_UNIQUE") !== undefined,
      defaultSql: given ? textAfterWord("default", given.range, source) : null,
      identity,
      serial,
      generated: generated ? generatedKind(generated.constraint) : null,
      at: placeOf(source, spanOf(source, range.first, range.after)),
    },
    constraints: parts.flatMap(({ constraint, range: own, isEnforced }) => {
      const definition = constraintOf(constraint, own, source);
      if (!definition || definition.kind === "not-null") return [];
      const columns = definition.kind === "check" ? definition.columns : [name];
      return [{ ...definition, columns, notValid: definition.notValid || !isEnforced }];
    }),
  };
}

const kinds: Partial<Record<ConstrType, ConstraintKind>> = {
  CONSTR_PRIMARY: "primary-key",
  CONSTR_UNIQUE: "unique",
  CONSTR_FOREIGN: "foreign-key",
  CONSTR_CHECK: "check",
  CONSTR_NOTNULL: "not-null",
  CONSTR_EXCLUSION: "exclude",
};

/**
 * A table or column constraint; null for what is none (a default, an identity, DEFERRABLE). A check's columns are those
 * that its expression names. NOT ENFORCED is not valid either: existing rows are not read.
 */
export function constraintOf(
  constraint: Constraint,
  range: Range,
  source: Source,
): ConstraintDefinition | null {
  const kind = constraint.contype ? kinds[constraint.contype] : undefined;
  if (!kind) return null;
  return {
    kind,
    name: constraint.conname ?? null,
    columns: columnsOf(constraint, kind),
    notValid: constraint.skip_validation ?? false,
    usingIndex: constraint.indexname ?? null,
    references: constraint.pktable
      ? { table: relationName(constraint.pktable), columns: stringsOf(constraint.pk_attrs) }
      : null,
    expression: kind === "check" ? checkText(range, source) : null,
    at: placeOf(source, spanOf(source, range.first, range.after)),
  };
}

/** The own text of what follows a word on the range's outermost level, up to the end of the range. */
export function textAfterWord(word: string, range: Range, source: Source): string | null {
  const at = wordIn(source, word, range.first, range.after);
  return at === null ? null : textOf(source, at + 1, range.after);
}

interface Part {
  readonly constraint: Constraint;
  readonly range: Range;
  readonly isEnforced: boolean;
}

/** The clauses of a column, each up to the next one; DEFERRABLE and its like belong to the one before them. */
function partsOf(column: ColumnDef, range: Range, source: Source): Part[] {
  const parts: Part[] = [];
  let after = range.after;
  let isEnforced = true;
  const collation = column.collClause ? startOf(column.collClause, source) : Number.POSITIVE_INFINITY;
  for (const node of (column.constraints ?? []).toReversed()) {
    if (!("Constraint" in node)) continue;
    const constraint = node.Constraint;
    if (constraint.contype === "CONSTR_ATTR_NOT_ENFORCED") isEnforced = false;
    if (isAttribute(constraint)) continue;
    const first = startOf(constraint, source);
    const end = first < collation && collation < after ? collation : after;
    parts.push({ constraint, range: { first, after: end }, isEnforced });
    after = first;
    isEnforced = true;
  }
  return parts.reverse();
}

function startOf({ location }: { location?: number }, source: Source): number {
  return tokenAt(source, source.offsetOf(location ?? 0));
}

function isAttribute({ contype }: Constraint): boolean {
  return contype?.startsWith("CONSTR_ATTR_") ?? false;
}

function columnsOf(constraint: Constraint, kind: ConstraintKind): string[] {
  if (kind === "foreign-key") return stringsOf(constraint.fk_attrs);
  if (kind === "check") return constraint.raw_expr ? columnsNamedIn(constraint.raw_expr) : [];
  if (kind === "exclude") return (constraint.exclusions ?? []).flatMap(excludedColumn);
  return stringsOf(constraint.keys);
}

function columnsNamedIn(expression: Node): string[] {
  const names = [...objectsOf(expression)].flatMap((object) =>
    "ColumnRef" in object
      ? (stringOf((object as { ColumnRef: { fields?: Node[] } }).ColumnRef.fields?.at(-1)) ?? [])
      : [],
  );
  return [...new Set(names)];
}

/** An exclusion is a list of an index element and an operator. */
function excludedColumn(node: Node): string[] {
  const element = "List" in node ? node.List.items?.[0] : undefined;
  return element && "IndexElem" in element && element.IndexElem.name ? [element.IndexElem.name] : [];
}

/** The text inside the parentheses of CHECK (…). */
function checkText(range: Range, source: Source): string | null {
  const word = wordIn(source, "check", range.first, range.after);
  if (word === null) return null;
  return textOf(source, word + 2, closingOf(source, word + 1));
}

/** Since PostgreSQL 18 a generated column is virtual unless STORED is written (documentation, section 5.4). */
function generatedKind(constraint: Constraint): "stored" | "virtual" {
  return constraint.generated_kind === "s" ? "stored" : "virtual";
}
