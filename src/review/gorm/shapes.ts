import { pointed } from "../code/go.ts";
import type { GoNamed, GoProgram, GoUnit } from "../code/go-program.ts";
import type { GoExpression, GoField, GoMethod, GoType } from "../code/go-tree.ts";
import type { Dialect, Span } from "../types.ts";
import { type OutsideType, outsideTypeOf } from "./outside.ts";

/** A type where it is written, with what stands for the parameters of the generic one around it. */
export interface Written {
  readonly unit: GoUnit;
  readonly type: GoType;
  readonly given: ReadonlyMap<string, Written>;
}

/** A struct whose fields are known. */
export interface Struct {
  /** Tells it from every other; the name is empty where it has none. */
  readonly key: string;
  readonly name: string;
  readonly at: Span;
  readonly unit: GoUnit;
  readonly fields: readonly GoField[];
  readonly given: ReadonlyMap<string, Written>;
}

/** What GORM sees of a field's type by reflection. */
export interface Shape {
  readonly kind: "bool" | "int" | "uint" | "float" | "string" | "time" | "bytes" | "struct" | "list" | "none";
  readonly bits: number;
  /** Whether it can hold NULL: a pointer, a list, `sql.NullString`. */
  readonly isNullable: boolean;
  /** Whether it gives the database its value itself (`driver.Valuer`), so that it is a column and no relation. */
  readonly isValuer: boolean;
  /** Whether GORM's serializers are written as its methods. */
  readonly isSerializer: boolean;
  /** What `GormDataType` says. */
  readonly dataType: string | null;
  /** What `GormDBDataType` says, whatever a tag does. */
  readonly column: string | null;
  /** Whether its kind or its column cannot be told. */
  readonly isUnknown: boolean;
  /** The struct, or that of a list's items. */
  readonly struct: Struct | null;
}

const nothing: Shape = {
  kind: "none",
  bits: 0,
  isNullable: false,
  isValuer: false,
  isSerializer: false,
  dataType: null,
  column: null,
  isUnknown: false,
  struct: null,
};

export function shapeOf(program: GoProgram, written: Written, dialect: Dialect, depth = 0): Shape {
  const { unit, type, given } = written;
  if (depth > 10) return { ...nothing, isUnknown: true };
  const next = (of: GoType) => shapeOf(program, { unit, type: of, given }, dialect, depth + 1);
  switch (type.kind) {
    case "pointer":
      return { ...next(type.to), isNullable: true };
    case "slice":
    case "array": {
      const base = pointed(type.of);
      if (base.kind === "name" && base.package === null && /^(byte|uint8)$/.test(base.name)) {
        return { ...nothing, kind: "bytes", isNullable: type.kind === "slice" };
      }
      return { ...nothing, kind: "list", isNullable: true, struct: next(base).struct };
    }
    case "struct":
      return {
        ...nothing,
        kind: "struct",
        struct: { key: "", name: "", at: type.at, unit, fields: type.fields, given },
      };
    case "name": {
      const bound = type.package === null ? given.get(type.name) : undefined;
      return bound
        ? shapeOf(program, bound, dialect, depth + 1)
        : namedShape(program, written, type, dialect, depth);
    }
    default:
      return { ...nothing, isNullable: true };
  }
}

function namedShape(
  program: GoProgram,
  { unit, given }: Written,
  type: Extract<GoType, { kind: "name" }>,
  dialect: Dialect,
  depth: number,
): Shape {
  const named = program.named(unit, type);
  if (named.kind === "builtin") return builtinShape(named.name);
  if (named.kind === "outside") {
    if (named.name === "Null" && named.path === "database/sql" && type.args[0]) {
      const of = shapeOf(program, { unit, type: type.args[0], given }, dialect, depth + 1);
      return { ...of, isNullable: true, isValuer: true };
    }
    const outside = outsideTypeOf(named.path, named.name);
    return outside ? outsideShape(outside, dialect) : { ...nothing, isUnknown: true };
  }
  const { declaration } = named;
  const bound = new Map(
    declaration.parameters.map((name, i) => [name, { unit, type: type.args[i] ?? type, given }] as const),
  );
  const under = shapeOf(
    program,
    { unit: named.unit, type: declaration.type, given: bound },
    dialect,
    depth + 1,
  );
  const struct =
    under.struct && under.kind === "struct" ? { ...under.struct, ...identityOf(named, type) } : under.struct;
  return withMethods(program, named, { ...under, struct }, declaration.isAlias);
}

function identityOf(
  named: Extract<GoNamed, { kind: "declared" }>,
  { args }: { readonly args: readonly GoType[] },
) {
  const { unit, declaration } = named;
  const suffix = args.length === 0 ? "" : JSON.stringify(args);
  return { key: `${unit.path}#${declaration.name}${suffix}`, name: declaration.name, at: declaration.at };
}

function builtinShape(name: string): Shape {
  const [, kind = "", bits] = /^(u?int|float|bool|string|byte|rune|uintptr)(8|16|32|64)?$/.exec(name) ?? [];
  switch (kind) {
    case "int":
    case "uint":
    case "float":
      return { ...nothing, kind, bits: Number(bits ?? 64) };
    case "byte":
      return { ...nothing, kind: "uint", bits: 8 };
    case "rune":
      return { ...nothing, kind: "int", bits: 32 };
    case "bool":
    case "string":
      return { ...nothing, kind };
    case "uintptr":
      return nothing;
    default:
      return { ...nothing, isNullable: true, isUnknown: !/^(any|error)$/.test(name) };
  }
}

function outsideShape({ kind, bits, isNullable, column }: OutsideType, dialect: Dialect): Shape {
  const isPlain = kind === "time" || kind === "int";
  return {
    ...nothing,
    kind: kind === "date" ? "time" : kind || "none",
    bits,
    isNullable,
    isValuer: !isPlain || isNullable,
    dataType: outsideDataType(kind, column),
    column: column?.[dialect] ?? null,
    isUnknown: kind === "" && column === null,
  };
}

/** What `GormDataType` says of types that say their column themselves is of no matter, as long as it is something. */
function outsideDataType(kind: string, column: OutsideType["column"]): string | null {
  if (kind === "date") return "date";
  return column ? "json" : null;
}

/** What a declared type's methods change of what it is made of. A type of another's kind does not have its methods. */
function withMethods(program: GoProgram, named: GoNamed, under: Shape, isAlias: boolean): Shape {
  const method = (name: string) => program.method(named, name);
  const constant = (name: string): string | null | undefined => {
    const found = method(name);
    if (!found) return undefined;
    const [value] = found.method.returns[0] ?? [];
    return found.method.isPlain && value ? program.textOf(found.unit, value) : null;
  };
  const value = method("Value")?.method;
  const dataType = constant("GormDataType");
  const column = constant("GormDBDataType");
  const inherited = isAlias
    ? under
    : { ...under, isValuer: false, isSerializer: false, dataType: null, column: null };
  const own: Shape = {
    ...inherited,
    isUnknown: (under.isUnknown && dataType === undefined) || dataType === null || column === null,
    dataType: dataType ?? inherited.dataType,
    column: column ?? inherited.column,
  };
  if (!value) return own;
  if (value.takes > 1) return { ...own, isSerializer: true };
  if (dataType !== undefined) return { ...own, isValuer: true };
  const values = valuesOf(value);
  const kinds = new Set(values.map(kindOf));
  const [only = null] = kinds;
  if (kinds.size === 1 && only === own.kind) return { ...own, isValuer: true };
  if (kinds.size === 1 && only !== null && values.length === value.returns.length) {
    return { ...own, kind: only, bits: only === "int" ? 64 : 0, isValuer: true };
  }
  return { ...own, isValuer: true, isUnknown: true };
}

/** What a `Value` method gives the database, without NULL. */
function valuesOf({ returns }: GoMethod): GoExpression[] {
  return returns.flatMap(([value]) => {
    if (!value || (value.kind === "other" && value.node === "Nil")) return [];
    return [value];
  });
}

function kindOf(value: GoExpression): "string" | "int" | "bytes" | null {
  if (value.kind === "string") return "string";
  if (value.kind !== "call" || (value.callee.kind !== "name" && value.callee.kind !== "member")) return null;
  const { name } = value.callee;
  if (name === "string" || name === "String") return "string";
  if (name === "int64") return "int";
  return name === "Marshal" ? "bytes" : null;
}
