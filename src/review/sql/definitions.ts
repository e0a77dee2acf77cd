import type { ColumnDef, Constraint, Node } from "@pgsql/types";
import type { ColumnDefinition, ConstraintDefinition, ConstraintKind, Span } from "../types.ts";
import { tableName } from "./names.ts";
import { defaultText, parenthesised, type Token } from "./source.ts";
import { stringOf, typeText } from "./type-name.ts";

/** What is needed to find a definition's own text. */
export interface DefinitionSource {
  readonly sql: string;
  readonly tokens: readonly Token[];
  readonly byteToOffset: (bytes: number) => number;
  readonly offset: number;
}

/** A column definition and the constraints written with it; `span` is its place in the statement. */
export function columnOf(
  column: ColumnDef,
  span: Span,
  source: DefinitionSource,
): { column: ColumnDefinition; constraints: ConstraintDefinition[] } {
  const constraints = (column.constraints ?? []).flatMap((node) =>
    "Constraint" in node ? [node.Constraint] : [],
  );
  const has = (type: Constraint["contype"]) => constraints.some((constraint) => constraint.contype === type);
  const given = constraints.find((constraint) => constraint.contype === "CONSTR_DEFAULT");
  const generated = constraints.find((constraint) => constraint.contype === "CONSTR_GENERATED");
  const type = typeText(column.typeName);
  const primaryKey = has("CONSTR_PRIMARY");
  const serial = /^(small|big)?serial[248]?$/.test(type);
  const identity = has("CONSTR_IDENTITY");
  const name = column.colname ?? "";
  return {
    column: {
      name,
      type,
      notNull: primaryKey || serial || identity || has("CONSTR_NOTNULL"),
      primaryKey,
      unique: has("CONSTR_UNIQUE"),
      defaultSql: given
        ? defaultText(source.sql, source.tokens, source.byteToOffset(given.location ?? 0))
        : null,
      identity,
      serial,
      generated: generated ? generatedKind(generated) : null,
      at: shifted(span, source),
    },
    constraints: constraints.flatMap((constraint) => {
      if (constraint.contype === "CONSTR_NOTNULL") return [];
      const start = source.byteToOffset(constraint.location ?? 0);
      const definition = constraintOf(constraint, { start, end: span.end }, source);
      return definition
        ? [{ ...definition, columns: definition.columns.length > 0 ? definition.columns : [name] }]
        : [];
    }),
  };
}

const kinds: Partial<Record<NonNullable<Constraint["contype"]>, ConstraintKind>> = {
  CONSTR_PRIMARY: "primary-key",
  CONSTR_UNIQUE: "unique",
  CONSTR_FOREIGN: "foreign-key",
  CONSTR_CHECK: "check",
  CONSTR_NOTNULL: "not-null",
  CONSTR_EXCLUSION: "exclude",
};

/** A table or column constraint; null for what is no constraint of the table (a default, an identity, a deferral). */
export function constraintOf(
  constraint: Constraint,
  span: Span,
  source: DefinitionSource,
): ConstraintDefinition | null {
  const kind = constraint.contype ? kinds[constraint.contype] : undefined;
  if (!kind) return null;
  const keys = kind === "foreign-key" ? constraint.fk_attrs : constraint.keys;
  return {
    kind,
    name: constraint.conname ?? null,
    columns: strings(keys),
    notValid: constraint.skip_validation ?? false,
    usingIndex: constraint.indexname ?? null,
    references: constraint.pktable
      ? {
          table: tableName(constraint.pktable.schemaname, constraint.pktable.relname ?? ""),
          columns: strings(constraint.pk_attrs),
        }
      : null,
    expression: kind === "check" ? parenthesised(source.sql, source.tokens, span.start) : null,
    at: shifted(span, source),
  };
}

/** Since PostgreSQL 18 a generated column is virtual unless STORED is written (documentation, section 5.4). */
function generatedKind(constraint: Constraint): "stored" | "virtual" {
  return constraint.generated_kind === "s" ? "stored" : "virtual";
}

function strings(nodes: readonly Node[] | undefined): string[] {
  return (nodes ?? []).flatMap((node) => stringOf(node) ?? []);
}

function shifted(span: Span, source: DefinitionSource): Span {
  return { start: span.start + source.offset, end: span.end + source.offset };
}
