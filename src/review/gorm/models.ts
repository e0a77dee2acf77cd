import { pointed } from "../code/go.ts";
import { type GoNamed, type GoProgram, type GoUnit, readProgram } from "../code/go-program.ts";
import type { GoEntry, GoExpression, GoType, GoTypeDeclaration } from "../code/go-tree.ts";
import { placeIn } from "../code/places.ts";
import { directoryOf } from "../paths.ts";
import type { Dialect, ModelFile, Place } from "../types.ts";
import { type NamingStrategy, tableNameOf, usualNaming } from "./naming.ts";
import { type ForeignKey, foreignKeysOf, type JoinTable, readRelations } from "./relations.ts";
import { type Field, type Reading, readSchema, type Schema } from "./schema.ts";
import { type Struct, shapeOf } from "./shapes.ts";
import { settingsOf, tagValueOf } from "./tags.ts";

/** What a program's structs are for GORM. */
export interface GormModels {
  readonly naming: NamingStrategy;
  /** One for each table: where several structs have the same, the one that knows most of it. */
  readonly schemas: readonly Schema[];
  /** Tables that several structs have, or whose structs were not understood as a whole. */
  readonly partial: ReadonlySet<string>;
  readonly joinTables: readonly JoinTable[];
  readonly foreignKeys: readonly ForeignKey[];
  /** Whether GORM is told to make no foreign keys. */
  readonly isWithoutForeignKeys: boolean;
  readonly unclear: readonly { readonly place: Place; readonly what: string; readonly why: Unclear }[];
  /** Structs that the program lets GORM make tables of, by `AutoMigrate` or a migrator. */
  readonly migrated: ReadonlySet<string>;
}

type Unclear = "type" | "relation" | "table" | "naming" | "syntax";

/** Reads the models of Go files, by GORM's own rules (its source, `schema` and `migrator`). */
export function readGormModels(files: readonly ModelFile[], dialect: Dialect): GormModels {
  const program = readProgram(files);
  const naming = namingOf(program);
  const unclear: { place: Place; what: string; why: Unclear }[] = [];
  const partial = new Set<string>();
  const candidates = candidatesOf(program);
  const tables = new Map<string, string | null>();
  const reading: Reading = {
    program,
    dialect,
    naming: naming ?? usualNaming,
    tableOf(struct) {
      const known = tables.get(struct.key);
      if (known !== undefined) return known;
      const name = ownTableOf(program, struct);
      const table = name === undefined && naming ? tableNameOf(struct.name, naming) : (name ?? null);
      tables.set(struct.key, table);
      return table;
    },
    placeOf: ({ unit }, at) => placeIn(unit, at),
  };
  const read = new Map<string, Schema>();
  const schemaOf = (struct: Struct): Schema | null => {
    const known = read.get(struct.key);
    if (known) return known;
    const table = reading.tableOf(struct);
    if (table === null || struct.name === "" || !isName(table)) return null;
    const schema = readSchema(reading, struct, table);
    read.set(struct.key, schema);
    for (const { place, what } of schema.unclear) {
      unclear.push({ place, what, why: "type" });
      partial.add(table);
    }
    // What a model points at is a model.
    for (const field of schema.fields) {
      if (field.settings.has("-")) continue;
      if (field.dataType === "" && field.goType === "" && field.shape.struct) schemaOf(field.shape.struct);
    }
    return schema;
  };
  for (const { unit, declaration } of candidates.models) {
    const struct = structOf(program, unit, declaration, dialect);
    if (!struct || schemaOf(struct) || reading.tableOf(struct) !== null) continue;
    const why = naming || ownTableOf(program, struct) !== undefined ? "table" : "naming";
    if (why === "naming" && unclear.some((other) => other.why === why)) continue;
    const place = placeIn(unit, { start: declaration.at.start, end: declaration.at.start });
    unclear.push({ place, what: declaration.name, why });
  }
  const all = [...read.values()];
  for (const { struct, table, name } of all) {
    const { unit, at } = struct;
    const lost = unit.file.wrong.find(({ start, end }) => start >= at.start && end <= at.end);
    if (!lost) continue;
    partial.add(table);
    unclear.push({ place: placeIn(unit, lost), what: name, why: "syntax" });
  }
  const relations = readRelations(reading, all, ({ shape }) =>
    shape.struct ? (read.get(shape.struct.key) ?? null) : null,
  );
  for (const { schema, field } of relations.unclear) {
    unclear.push({ place: field.place, what: `${schema.name}.${field.name}`, why: "relation" });
    partial.add(schema.table);
  }
  const schemas = onePerTable(all, candidates.migrated, partial);
  const names = new Set(schemas.map(({ table }) => table));
  const joinTables = relations.joinTables.filter(
    ({ table }, i, every) => !names.has(table) && every.findIndex((other) => other.table === table) === i,
  );
  const made = new Set([...names, ...joinTables.map(({ table }) => table)]);
  const kept = relations.relations.filter(({ schema }) => schemas.includes(schema));
  return {
    naming: reading.naming,
    schemas,
    partial,
    joinTables,
    foreignKeys: [...foreignKeysOf(reading, kept), ...joinTables.flatMap((join) => join.foreignKeys)].filter(
      ({ table, to }) => made.has(table) && made.has(to.table),
    ),
    isWithoutForeignKeys: isWithoutForeignKeys(program),
    unclear,
    migrated: candidates.migrated,
  };
}

/** Whether a table's name is one, and no piece of a query (`orders AS o`), which structs are read by as well. */
function isName(table: string): boolean {
  return /^[\w$]+(\.[\w$]+)?$/.test(table);
}

/** Of several structs of one table, the one that is migrated or has most columns stands for it; what the others have is not told. */
function onePerTable(
  all: readonly Schema[],
  migrated: ReadonlySet<string>,
  partial: Set<string>,
): readonly Schema[] {
  const byTable = new Map<string, Schema>();
  const rank = (schema: Schema) => (migrated.has(schema.struct.key) ? 1000 : 0) + schema.columns.size;
  for (const schema of all) {
    const known = byTable.get(schema.table);
    if (known) partial.add(schema.table);
    if (!known || rank(schema) > rank(known)) byTable.set(schema.table, schema);
  }
  return all.filter((schema) => byTable.get(schema.table) === schema && schema.columns.size > 0);
}

/** The table that a struct's `TableName` always gives: null when it is not known, undefined without one. */
function ownTableOf(program: GoProgram, struct: Struct): string | null | undefined {
  const named = declaredBy(struct);
  const found = named && program.method(named, "TableName");
  if (!found) return undefined;
  const [value] = found.method.returns[0] ?? [];
  if (!found.method.isPlain || !value || found.method.takes > 0) return null;
  return program.textOf(found.unit, value)?.replaceAll(/["`]/g, "") ?? null;
}

function declaredBy({ unit, name }: Struct): GoNamed | null {
  const declaration = unit.file.types.find((type) => type.name === name);
  return declaration ? { kind: "declared", unit, declaration } : null;
}

function structOf(
  program: GoProgram,
  unit: GoUnit,
  { name }: GoTypeDeclaration,
  dialect: Dialect,
): Struct | null {
  const type: GoType = { kind: "name", package: null, name, args: [] };
  const shape = shapeOf(program, { unit, type, given: new Map() }, dialect);
  return shape.kind === "struct" ? shape.struct : null;
}

interface Declared {
  readonly unit: GoUnit;
  readonly declaration: GoTypeDeclaration;
}

/**
 * The structs that are models: what is migrated, names its table, has `gorm.Model` or a key in a tag; and what has other tags
 * that only a table's struct needs, together with an `ID`. Structs that others are made of are none by themselves.
 */
function candidatesOf(program: GoProgram): {
  readonly models: readonly Declared[];
  readonly migrated: ReadonlySet<string>;
} {
  const migrated = migratedIn(program);
  const embedded = new Set<string>();
  const declared = program.units.flatMap((unit) =>
    unit.file.types.map((declaration) => ({ unit, declaration })),
  );
  for (const { unit, declaration } of declared) {
    if (declaration.type.kind !== "struct") continue;
    for (const field of declaration.type.fields) {
      const base = pointed(field.type);
      const isEmbedded = field.isEmbedded || settingsOf(tagValueOf(field.tag, "gorm"), ";").has("EMBEDDED");
      if (!isEmbedded || base.kind !== "name") continue;
      const named = program.named(unit, base);
      if (named.kind === "declared" && isBase(named.declaration.name)) embedded.add(keyOf(named));
    }
  }
  const hasTable = new Set(
    program.units.flatMap((unit) =>
      unit.file.methods
        .filter(({ name }) => name === "TableName")
        .map(({ receiver }) => `${directoryOf(unit.path)}#${receiver}`),
    ),
  );
  const isModel = (one: Declared): boolean => {
    const { unit, declaration } = one;
    if (declaration.type.kind !== "struct" || declaration.parameters.length > 0) return false;
    const key = keyOf(one);
    if (migrated.has(key) || hasTable.has(`${directoryOf(unit.path)}#${declaration.name}`)) return true;
    if (embedded.has(key) || !/^\p{Lu}|^\p{Ll}/u.test(declaration.name)) return false;
    return looksLikeModel(program, unit, declaration.type.fields, 0);
  };
  return { models: declared.filter(isModel), migrated };
}

function keyOf({ unit, declaration }: Declared): string {
  return `${unit.path}#${declaration.name}`;
}

function looksLikeModel(
  program: GoProgram,
  unit: GoUnit,
  fields: Extract<GoType, { kind: "struct" }>["fields"],
  depth: number,
): boolean {
  const isTagged = fields.some(({ tag }) => {
    const settings = settingsOf(tagValueOf(tag, "gorm"), ";");
    return ["PRIMARYKEY", "PRIMARY_KEY"].some((name) => settings.has(name));
  });
  if (isTagged) return true;
  const isUsual = fields.some(({ isEmbedded, type }) => {
    const base = pointed(type);
    if (!isEmbedded || base.kind !== "name") return false;
    const named = program.named(unit, base);
    if (named.kind === "outside") return named.path === "gorm.io/gorm" && named.name === "Model";
    // A base of the project's own does what `gorm.Model` does; a struct that has another model in it only shows it.
    if (named.kind !== "declared" || named.declaration.type.kind !== "struct" || depth > 3) return false;
    return (
      isBase(named.declaration.name) &&
      looksLikeModel(program, named.unit, named.declaration.type.fields, depth + 1)
    );
  });
  if (isUsual) return true;
  const hasKey = fields.some(({ name }) => name === "ID" || name === "Id");
  return (
    hasKey && fields.some(({ tag }) => [...settingsOf(tagValueOf(tag, "gorm"), ";").keys()].some(isOfTable))
  );
}

/** Whether a struct is made to be a part of others, as `gorm.Model` is. */
function isBase(name: string): boolean {
  return /base|model|entity|common|abstract|audit|mixin|fields|timestamp|track|default|record/i.test(name);
}

/** Whether a setting of a tag is of no use for what is only read. */
function isOfTable(name: string): boolean {
  return /^(SIZE|DEFAULT|NOT NULL|NOTNULL|UNIQUE|INDEX|UNIQUEINDEX|CHECK|AUTOINCREMENT|PRECISION|SCALE|COMMENT|MANY2MANY|CONSTRAINT)$/.test(
    name,
  );
}

/** The structs that are handed to `AutoMigrate` or to a migrator's `CreateTable`. */
function migratedIn(program: GoProgram): ReadonlySet<string> {
  const found = new Set<string>();
  for (const unit of program.units) {
    for (const { name, args } of unit.file.calls) {
      if (name !== "AutoMigrate" && name !== "CreateTable") continue;
      for (const type of args.flatMap(typesIn)) {
        if (type.kind !== "name") continue;
        const named = program.named(unit, type);
        if (named.kind === "declared") found.add(keyOf(named));
      }
    }
  }
  return found;
}

/** The types of `&User{}`, `User{}`, `new(User)` and of lists of them. */
function typesIn(expression: GoExpression): GoType[] {
  switch (expression.kind) {
    case "address":
      return typesIn(expression.of);
    case "new":
      return [expression.type];
    case "literal":
      if (expression.type.kind === "name") return [expression.type];
      return expression.entries.flatMap(({ value }) => typesIn(value));
    case "call":
      return expression.callee.kind === "other" ? expression.args.flatMap(typesIn) : [];
    default:
      return [];
  }
}

/** How tables are named; null when that is put together at run time, or differs from place to place. */
function namingOf(program: GoProgram): NamingStrategy | null {
  const strategies: (NamingStrategy | null)[] = [];
  for (const unit of program.units) {
    for (const { type, entries } of unit.file.literals) {
      if (type.kind === "name" && type.name === "NamingStrategy") {
        const named = program.named(unit, type);
        if (named.kind === "outside" && named.path === "gorm.io/gorm/schema") {
          strategies.push(strategyOf(program, unit, entries));
        }
      }
    }
  }
  const [first, ...rest] = strategies;
  if (first === undefined) return usualNaming;
  return first && rest.every((other) => JSON.stringify(other) === JSON.stringify(first)) ? first : null;
}

function strategyOf(program: GoProgram, unit: GoUnit, entries: readonly GoEntry[]): NamingStrategy | null {
  let strategy = usualNaming;
  for (const { key, value } of entries) {
    if (key === "TablePrefix") {
      const tablePrefix = program.textOf(unit, value);
      if (tablePrefix === null) return null;
      strategy = { ...strategy, tablePrefix };
    } else if (key === "SingularTable" || key === "NoLowerCase") {
      if (value.kind !== "boolean") return null;
      strategy =
        key === "SingularTable"
          ? { ...strategy, singularTable: value.value }
          : { ...strategy, noLowerCase: value.value };
    } else if (key !== "IdentifierMaxLength") return null;
  }
  return strategy;
}

/** Whether a `gorm.Config` of the program turns foreign keys off. */
function isWithoutForeignKeys(program: GoProgram): boolean {
  return program.units.some(({ file }) =>
    file.literals.some(({ entries }) =>
      entries.some(
        ({ key, value }) =>
          (key === "DisableForeignKeyConstraintWhenMigrating" ||
            key === "IgnoreRelationshipsWhenMigrating") &&
          value.kind === "boolean" &&
          value.value,
      ),
    ),
  );
}

/** The fields of a schema that are columns, in order. */
export function columnsOf({ columns }: Schema): Field[] {
  return [...columns.values()].filter(({ isMigrated, dataType }) => isMigrated && dataType !== "");
}
