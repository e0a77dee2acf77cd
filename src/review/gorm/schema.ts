import type { GoProgram } from "../code/go-program.ts";
import type { GoField } from "../code/go-tree.ts";
import type { Dialect, Place, Span } from "../types.ts";
import { columnNameOf, type NamingStrategy } from "./naming.ts";
import { type Shape, type Struct, shapeOf } from "./shapes.ts";
import { isSet, settingsOf, tagValueOf } from "./tags.ts";

/** What all structs of a program are read with. */
export interface Reading {
  readonly program: GoProgram;
  readonly dialect: Dialect;
  readonly naming: NamingStrategy;
  /** The table of a struct; null where it is not known. */
  tableOf(struct: Struct): string | null;
  placeOf(struct: Struct, at: Span): Place;
}

/** A field as GORM's `schema.Field` has it. What relations change of it is changed in place, as long as models are read. */
export interface Field {
  name: string;
  column: string;
  /** The names on the way to it, through structs that are embedded. */
  path: readonly string[];
  /** GORM's word for its type, or the database's; empty for what is no column. */
  dataType: string;
  /** The same by its Go type alone. */
  goType: string;
  size: number;
  precision: number;
  scale: number;
  isKey: boolean;
  autoIncrement: boolean;
  /** As the tag has it. */
  default: string;
  /** As a literal in SQL; null where the tag's own words stand in the table. */
  defaultLiteral: string | null;
  hasDefault: boolean;
  readonly notNull: boolean;
  readonly unique: boolean;
  readonly isMigrated: boolean;
  readonly isWritten: boolean;
  readonly isRead: boolean;
  settings: Map<string, string>;
  readonly tag: string;
  readonly shape: Shape;
  /** The struct that is embedded in the table's own and has the field; null for one of its own. */
  owner: Schema | null;
  readonly place: Place;
  /** Whether the field comes with `gorm.Model`. */
  readonly isUsual: boolean;
  readonly isUnknown: boolean;
}

/** A struct with its fields, as GORM's `schema.Schema` has them. */
export interface Schema {
  readonly struct: Struct;
  readonly name: string;
  readonly table: string;
  readonly place: Place;
  readonly fields: readonly Field[];
  readonly columns: ReadonlyMap<string, Field>;
  readonly byName: ReadonlyMap<string, Field>;
  readonly keys: readonly Field[];
  /** The key that GORM numbers. */
  readonly main: Field | null;
  /** What of it was not understood, with its line. */
  readonly unclear: readonly { readonly place: Place; readonly what: string }[];
}

/** Reads a struct's fields. A struct that is embedded has the table of the one around it. */
export function readSchema(reading: Reading, struct: Struct, table: string, depth = 0): Schema {
  const unclear: { place: Place; what: string }[] = [];
  const fields = struct.fields.flatMap((field) => {
    if (!/^\p{Lu}/u.test(field.name)) return [];
    return fieldsOf(reading, struct, field, table, unclear, depth);
  });
  for (const field of fields) {
    if (field.column === "" && field.dataType !== "") field.column = columnNameOf(field.name, reading.naming);
  }
  const columns = new Map<string, Field>();
  const byName = new Map<string, Field>();
  let keys: Field[] = [];
  for (const field of fields) {
    const known = columns.get(field.column);
    if (field.column !== "" && (!known || (isUsed(field) && field.path.length < known.path.length))) {
      columns.set(field.column, field);
      byName.set(field.name, field);
      if (known?.isKey) keys = keys.filter(({ column }) => column !== known.column);
      if (field.isKey) keys.push(field);
    }
    const named = byName.get(field.name);
    if (!named || named.settings.get("-") === "-") byName.set(field.name, field);
  }
  const id = columns.get("id") ?? byName.get("id") ?? columns.get("ID") ?? byName.get("ID") ?? null;
  if (id && !id.isKey && keys.length === 0 && id.column !== "") {
    id.isKey = true;
    keys.push(id);
  }
  const own = id?.isKey ? id : null;
  const main = own ?? (keys.length === 1 ? keys[0] : keys.find((field) => field.autoIncrement)) ?? null;
  if (main && /^u?int$/.test(main.goType) && !main.settings.has("AUTOINCREMENT")) {
    main.hasDefault = true;
    main.autoIncrement = true;
  }
  const place = reading.placeOf(struct, { start: struct.at.start, end: struct.at.start });
  return { struct, name: struct.name, table, place, fields, columns, byName, keys, main, unclear };
}

/** A field by its column or its name in Go. */
export function fieldOf({ columns, byName }: Schema, name: string, naming: NamingStrategy): Field | null {
  return columns.get(name) ?? byName.get(name) ?? columns.get(columnNameOf(name, naming)) ?? null;
}

export function isUsed({ isWritten, isRead }: Field): boolean {
  return isWritten || isRead;
}

/** One field, or those of the struct that is embedded by it. */
function fieldsOf(
  reading: Reading,
  struct: Struct,
  source: GoField,
  table: string,
  unclear: { place: Place; what: string }[],
  depth: number,
): Field[] {
  const tag = tagValueOf(source.tag, "gorm");
  const settings = settingsOf(tag, ";");
  const place = reading.placeOf(struct, source.at);
  const isModel = isGormModel(reading, struct, source);
  const shape = isModel
    ? null
    : shapeOf(
        reading.program,
        { unit: struct.unit, type: source.type, given: struct.given },
        reading.dialect,
      );
  const ignored = (settings.get("-") ?? "").toLowerCase().trim();
  const isIgnored = ignored === "-" || ignored === "all";
  if (isModel) return isIgnored ? [] : embed(usualFields(reading, place), source, settings, null);
  if (shape === null) return [];
  const field = readField({ source, tag, settings, shape, place });
  const isEmbedded =
    settings.has("EMBEDDED") ||
    (source.isEmbedded &&
      !isIgnored &&
      isUsed(field) &&
      !shape.isValuer &&
      !/^(time|bytes)$/.test(field.goType));
  if (!isEmbedded) {
    if (shape.isUnknown && field.dataType === "" && !isIgnored) {
      if (!shape.isValuer && !isColumn(settings))
        unclear.push({ place, what: `${struct.name}.${source.name}` });
      else field.dataType = "text";
    }
    return [field];
  }
  if (shape.kind !== "struct" && !shape.isUnknown) return [field];
  if (shape.isUnknown || !shape.struct || depth > 8) {
    if (!isIgnored) unclear.push({ place, what: `${struct.name}.${source.name}` });
    return [];
  }
  const inner = readSchema(reading, shape.struct, table, depth + 1);
  unclear.push(...inner.unclear);
  return embed(inner.fields, source, settings, inner);
}

/** Whether a tag says what only a column has. */
function isColumn(settings: ReadonlyMap<string, string>): boolean {
  return [
    "TYPE",
    "COLUMN",
    "SIZE",
    "DEFAULT",
    "NOT NULL",
    "NOTNULL",
    "UNIQUE",
    "INDEX",
    "UNIQUEINDEX",
    "PRIMARYKEY",
    "PRIMARY_KEY",
    "SERIALIZER",
  ].some((name) => settings.has(name));
}

function isGormModel({ program }: Reading, { unit }: Struct, { isEmbedded, type, tag }: GoField): boolean {
  const base = type.kind === "pointer" ? type.to : type;
  if (base.kind !== "name" || (!isEmbedded && !/embedded/i.test(tag ?? ""))) return false;
  const named = program.named(unit, base);
  return named.kind === "outside" && named.path === "gorm.io/gorm" && named.name === "Model";
}

function embed(
  fields: readonly Field[],
  source: GoField,
  settings: ReadonlyMap<string, string>,
  owner: Schema | null,
): Field[] {
  const prefix = settings.get("EMBEDDEDPREFIX");
  for (const field of fields) {
    field.owner = owner;
    field.path = [source.name, ...field.path];
    if (prefix !== undefined && field.column !== "") field.column = prefix + field.column;
    if (field.isKey && !isSet(field.settings, "PRIMARYKEY", "PRIMARY_KEY")) {
      field.isKey = false;
      if (!isSet(field.settings, "AUTOINCREMENT")) field.autoIncrement = false;
      if (!field.autoIncrement && field.default === "") field.hasDefault = false;
    }
    field.settings = new Map([...field.settings, ...settings]);
  }
  return [...fields];
}

/** The fields of `gorm.Model`. */
function usualFields({ naming }: Reading, place: Place): Field[] {
  const none = { isNullable: false, isValuer: false, isSerializer: false, isUnknown: false };
  const shape: Shape = { kind: "uint", bits: 64, dataType: null, column: null, struct: null, ...none };
  const time: Shape = { ...shape, kind: "time", bits: 0 };
  const make = (name: string, of: Shape, tag: string): Field => {
    const source = {
      name,
      isEmbedded: false,
      type: { kind: "other", node: "" },
      tag: null,
      at: { start: 0, end: 0 },
    } as const;
    const settings = settingsOf(tag, ";");
    const field = readField({ source, tag, settings, shape: of, place, isUsual: true });
    field.column = columnNameOf(name, naming);
    return field;
  };
  return [
    make("ID", shape, "primarykey"),
    make("CreatedAt", time, ""),
    make("UpdatedAt", time, ""),
    make("DeletedAt", { ...time, isNullable: true, isValuer: true }, "index"),
  ];
}

interface FieldSource {
  readonly source: GoField;
  readonly tag: string;
  readonly settings: Map<string, string>;
  readonly shape: Shape;
  readonly place: Place;
  readonly isUsual?: boolean;
}

function readField({ source, tag, settings, shape, place, isUsual = false }: FieldSource): Field {
  const ignored = (settings.get("-") ?? "").toLowerCase().trim();
  const isIgnored = ignored === "-" || ignored === "all";
  const hasSerializer = shape.isSerializer || settings.has("SERIALIZER") || settings.has("JSON");
  const goType = shape.dataType ?? kindWord(shape, hasSerializer);
  const said = settings.get("TYPE");
  const isGormWord = said !== undefined && /^(bool|int|uint|float|string|time|bytes)$/i.test(said);
  const written = isGormWord ? said.toLowerCase() : (said ?? goType);
  const value = settings.get("DEFAULT")?.trim() ?? "";
  const isExpression = (value.includes("(") && value.includes(")")) || /^(null)?$/i.test(value);
  const literal = isExpression ? null : defaultLiteralOf(value, shape, hasSerializer);
  const access = accessOf(settings, isIgnored);
  return {
    name: source.name,
    column: settings.get("COLUMN") ?? "",
    path: [source.name],
    dataType: isIgnored ? "" : written,
    goType,
    size: sizeOf(settings.get("SIZE"), shape),
    precision: numberOf(settings.get("PRECISION")),
    scale: numberOf(settings.get("SCALE")),
    isKey: isSet(settings, "PRIMARYKEY", "PRIMARY_KEY"),
    autoIncrement: isSet(settings, "AUTOINCREMENT"),
    default: literal?.text ?? value,
    defaultLiteral: literal?.sql ?? null,
    hasDefault: settings.has("DEFAULT") || isSet(settings, "AUTOINCREMENT"),
    notNull: isSet(settings, "NOT NULL", "NOTNULL"),
    unique: isSet(settings, "UNIQUE"),
    isMigrated: ignored !== "all" && ignored !== "migration",
    ...access,
    settings,
    tag,
    shape,
    owner: null,
    place,
    isUsual,
    isUnknown: shape.isUnknown,
  };
}

function sizeOf(said: string | undefined, { bits }: Shape): number {
  if (said === undefined || said === "0") return bits;
  return numberOf(said) || -1;
}

function numberOf(text: string | undefined): number {
  return text !== undefined && /^[+-]?\d+$/.test(text) ? Number(text) : 0;
}

function kindWord({ kind }: Shape, hasSerializer: boolean): string {
  if (/^(bool|u?int|float|string|time)$/.test(kind)) return kind;
  if (hasSerializer) return "string";
  return kind === "bytes" ? "bytes" : "";
}

function accessOf(settings: ReadonlyMap<string, string>, isIgnored: boolean) {
  let [isWritten, isRead] = [!isIgnored, !isIgnored];
  const read = settings.get("->");
  if (read !== undefined) [isWritten, isRead] = [false, read.toLowerCase() !== "false"];
  const write = settings.get("<-");
  if (write !== undefined) isWritten = write === "<-" || /create|update/.test(write);
  return { isWritten, isRead };
}

/** A default that Go can read as a value of the field's type, as GORM then writes it into the table. */
function defaultLiteralOf(
  value: string,
  { kind }: Shape,
  hasSerializer: boolean,
): { readonly text: string; readonly sql: string } | null {
  const text = value;
  switch (kind) {
    case "bool": {
      if (/^(1|t|true)$/i.test(value)) return { text, sql: "true" };
      return /^(0|f|false)$/i.test(value) ? { text, sql: "false" } : null;
    }
    case "int":
    case "uint":
      return /^[+-]?\d+$/.test(value) ? { text, sql: `${BigInt(value.replace(/^\+/, ""))}` } : null;
    case "float":
      return Number.isFinite(Number(value)) ? { text, sql: `${Number(value)}` } : null;
    case "string": {
      const bare = value.replace(/^'+|'+$/g, "").replace(/^"+|"+$/g, "");
      return { text: bare, sql: `'${bare.replaceAll("'", "''")}'` };
    }
    case "time": {
      const at = /^'?(\d{4}-\d{2}-\d{2})(?:[ T](\d{2}:\d{2}:\d{2}))?'?$/.exec(value);
      return at && !hasSerializer ? { text, sql: `'${at[1]} ${at[2] ?? "00:00:00"}'` } : null;
    }
    default:
      return null;
  }
}
