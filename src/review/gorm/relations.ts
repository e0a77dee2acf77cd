import type { Place } from "../types.ts";
import { singularOf } from "./inflection.ts";
import { columnNameOf, joinTableNameOf, objectNameOf } from "./naming.ts";
import { type Field, fieldOf, isUsed, type Reading, type Schema } from "./schema.ts";
import { namesIn, settingsOf } from "./tags.ts";

/** One column that points at another. */
interface Reference {
  readonly own: Field;
  readonly to: Field;
}

/** A relation between two structs, as one of them declares it. */
export interface Relation {
  readonly kind: "belongs to" | "has" | "many to many";
  readonly field: Field;
  /** The struct that declares it. */
  readonly schema: Schema;
  readonly target: Schema;
  /** The columns that hold the keys; empty where the type is told beside it (`polymorphic`). */
  readonly references: readonly Reference[];
}

/** A foreign key that GORM makes. */
export interface ForeignKey {
  readonly name: string;
  readonly table: string;
  readonly columns: readonly string[];
  readonly to: { readonly table: string; readonly columns: readonly string[] };
  readonly onDelete: string;
  readonly onUpdate: string;
  /** Whether the tag speaks of the constraint, beyond the relation. */
  readonly isSaid: boolean;
  readonly place: Place;
}

/** A table of `many2many` that no struct declares. */
export interface JoinTable {
  readonly table: string;
  readonly fields: readonly Field[];
  readonly foreignKeys: readonly ForeignKey[];
  readonly place: Place;
}

/** What the schemas' relations are, and what of them could not be told. Columns that hold a key take the key's type. */
export function readRelations(
  reading: Reading,
  schemas: readonly Schema[],
  schemaOf: (field: Field) => Schema | null,
) {
  const relations: Relation[] = [];
  const joinTables: JoinTable[] = [];
  const unclear: { readonly schema: Schema; readonly field: Field }[] = [];
  for (const schema of schemas) {
    for (const field of schema.fields) {
      if (field.dataType !== "" || field.goType !== "" || !isUsed(field) || field.isUnknown) continue;
      const target = schemaOf(field);
      if (!target) {
        unclear.push({ schema, field });
        continue;
      }
      if (isPolymorphic(field)) continue;
      const many = field.settings.get("MANY2MANY");
      if (many) {
        const join = joinTableOf(reading, schema, field, target, many);
        if (join) joinTables.push(join);
        else unclear.push({ schema, field });
        continue;
      }
      const relation = relationOf(reading, schema, field, target);
      if (!relation) {
        unclear.push({ schema, field });
        continue;
      }
      for (const { own, to } of relation.references) takeType(own, to);
      relations.push(relation);
    }
  }
  return { relations, joinTables, unclear };
}

function isPolymorphic({ settings }: Field): boolean {
  return settings.has("POLYMORPHIC") || (settings.has("POLYMORPHICTYPE") && settings.has("POLYMORPHICID"));
}

/** A column that points at another is of its type. */
function takeType(own: Field, to: Field): void {
  if (!/auto_increment|primary key/i.test(to.dataType)) own.dataType = to.dataType;
  own.goType = to.goType;
  if (own.size === 0) own.size = to.size;
}

type Guess = "belongs" | "embedded belongs" | "has" | "embedded has";

/** GORM tries one direction after the other, until the columns that it needs are there. */
function relationOf(reading: Reading, schema: Schema, field: Field, target: Schema): Relation | null {
  const isList = field.shape.kind === "list";
  const belongs: readonly Guess[] = ["belongs", "embedded belongs", "has", "embedded has"];
  const isSelf = target.struct.key === schema.struct.key && field.path.length === 1;
  let guesses: readonly Guess[] = isSelf ? belongs : ["has", ...belongs];
  if (isList) guesses = ["has", "embedded has"];
  if (field.settings.get("BELONGSTO")) guesses = belongs;
  for (const guess of guesses) {
    const references = referencesOf(reading, schema, field, target, guess);
    if (!references) continue;
    return { kind: guess.endsWith("has") ? "has" : "belongs to", field, schema, target, references };
  }
  return null;
}

function referencesOf(
  { naming }: Reading,
  schema: Schema,
  field: Field,
  target: Schema,
  guess: Guess,
): Reference[] | null {
  const isBelongs = guess.endsWith("belongs");
  const around = guess.startsWith("embedded") ? field.owner : schema;
  if (!around) return null;
  const [to, own] = isBelongs ? [target, around] : [around, target];
  const foreignKeys = namesIn(field.settings.get("FOREIGNKEY"));
  const referenced = namesIn(field.settings.get("REFERENCES"));
  const ownFields: Field[] = [];
  const toFields: Field[] = [];
  if (foreignKeys.length > 0) {
    for (const name of foreignKeys) {
      const found = fieldOf(own, name, naming);
      if (!found) return null;
      ownFields.push(found);
    }
  } else {
    const candidates =
      referenced.length > 0 ? referenced.flatMap((name) => fieldOf(to, name, naming) ?? []) : [...to.keys];
    for (const candidate of candidates) {
      const base = guess === "belongs" ? field.name : to.name || target.name;
      const names = [`${base}${candidate.name}`];
      if (candidates.length === 1) {
        names.push(`${base}ID`, `${base}Id`, columnNameOf(`${base}ID`, naming));
      }
      const found =
        beside(own, field, names) ?? names.map((name) => fieldOf(own, name, naming)).find(Boolean);
      if (!found) continue;
      ownFields.push(found);
      toFields.push(candidate);
    }
  }
  if (ownFields.length === 0) return null;
  if (referenced.length > 0) {
    const wanted = referenced.map((name) => fieldOf(to, name, naming));
    if (wanted.some((found) => !found)) return null;
    toFields.splice(0, toFields.length, ...wanted.flatMap((found) => found ?? []));
  } else if (toFields.length === 0) {
    if (ownFields.length === 1 && to.main) toFields.push(to.main);
    else if (to.keys.length === ownFields.length) toFields.push(...to.keys);
    else return null;
  }
  if (toFields.length < ownFields.length) return null;
  return ownFields.flatMap((one, i) => {
    const other = toFields[i];
    return other ? [{ own: one, to: other }] : [];
  });
}

/** A field of one of the names in the same embedded struct. */
function beside({ fields }: Schema, { path }: Field, names: readonly string[]): Field | undefined {
  for (const name of names) {
    for (let length = path.length - 1; length >= 0; length -= 1) {
      const wanted = [...path.slice(0, length), name].join(".");
      const found = fields.find((field) => field.path.join(".") === wanted && field.column !== "");
      if (found) return found;
    }
  }
  return undefined;
}

/** The foreign keys of relations. Of two that say the same from both sides, that of the side that has the other is made. */
export function foreignKeysOf(reading: Reading, all: readonly Relation[]): ForeignKey[] {
  const relations = keptOf(all);
  return relations.flatMap((relation) => {
    const { field, schema, target, references, kind } = relation;
    if (!field.isMigrated || field.settings.get("CONSTRAINT") === "-") return [];
    const isTold =
      kind === "belongs to" &&
      relations.some(
        (other) => other !== relation && other.kind === "has" && isSame(other.references, references),
      );
    if (isTold || references.length === 0) return [];
    const [own, to] = kind === "has" ? [target, schema] : [schema, target];
    return [
      foreignKey(field, {
        usual: objectNameOf("fk", schema.table, columnNameOf(field.name, reading.naming), reading.dialect),
        table: own.table,
        columns: references.map((reference) => reference.own.column),
        to: { table: to.table, columns: references.map((reference) => reference.to.column) },
      }),
    ];
  });
}

/** Of a schema's relations of one name, one of an embedded struct gives way to what follows it (schema/relationship.go, setRelation). */
function keptOf(relations: readonly Relation[]): Relation[] {
  const kept = new Map<string, Relation>();
  for (const relation of relations) {
    const name = `${relation.schema.struct.key} ${relation.field.name}`;
    const known = kept.get(name);
    if (!known || known.field.path.length > 1) kept.set(name, relation);
  }
  return [...kept.values()];
}

function isSame(some: readonly Reference[], others: readonly Reference[]): boolean {
  return (
    some.length === others.length &&
    some.every(({ own, to }, i) => own === others[i]?.own && to === others[i]?.to)
  );
}

function foreignKey(
  field: Field,
  key: Pick<ForeignKey, "table" | "columns" | "to"> & { readonly usual: string },
): ForeignKey {
  const said = field.settings.get("CONSTRAINT") ?? "";
  const settings = settingsOf(said, ",");
  const [first = ""] = said.split(",");
  const isNamed = said.includes(",") && /^[\w-]+$/.test(first);
  const { usual, ...rest } = key;
  return {
    ...rest,
    name: isNamed ? first : usual,
    onDelete: settings.get("ONDELETE") ?? "",
    onUpdate: settings.get("ONUPDATE") ?? "",
    isSaid: said !== "",
    place: field.place,
  };
}

function joinTableOf(
  reading: Reading,
  schema: Schema,
  field: Field,
  target: Schema,
  many: string,
): JoinTable | null {
  const { naming, dialect } = reading;
  const pick = (of: Schema, tag: string) => {
    const names = namesIn(field.settings.get(tag));
    return names.length === 0 ? [...of.keys] : names.map((name) => fieldOf(of, name, naming));
  };
  const [own, to] = [pick(schema, "FOREIGNKEY"), pick(target, "REFERENCES")];
  const [ownNames, toNames] = ["JOINFOREIGNKEY", "JOINREFERENCES"].map((tag) =>
    namesIn(field.settings.get(tag)),
  );
  const table = joinTableNameOf(many, naming);
  const fields = new Map<string, Field>();
  const put = (name: string, source: Field): Field => {
    const known = fields.get(name);
    if (known) return known;
    const settings = new Map(source.settings);
    for (const gone of ["COLUMN", "AUTOINCREMENT", "INDEX", "UNIQUE", "UNIQUEINDEX"]) settings.delete(gone);
    const column = columnNameOf(name, naming);
    const plain = { autoIncrement: false, isKey: true, unique: false, tag: "", owner: null };
    const made: Field = { ...source, ...plain, name, column, path: [name], settings, place: field.place };
    made.hasDefault = settings.has("DEFAULT");
    fields.set(name, made);
    return made;
  };
  const ownReferences: Reference[] = [];
  const toReferences: Reference[] = [];
  for (const [i, source] of own.entries()) {
    if (!source) return null;
    const name = titled(ownNames?.[i] ?? `${schema.name}${source.name}`);
    ownReferences.push({ own: put(name, source), to: source });
  }
  const taken = new Set(fields.keys());
  for (const [i, source] of to.entries()) {
    if (!source) return null;
    let name = titled(target.name) + source.name;
    if (taken.has(name)) {
      name = field.name === target.name ? `${name}Reference` : singularOf(field.name) + source.name;
    }
    toReferences.push({ own: put(titled(toNames?.[i] ?? name), source), to: source });
  }
  if (ownReferences.length === 0 || toReferences.length === 0) return null;
  const isSelf = schema.name === target.name;
  const key = (name: string, references: readonly Reference[], of: Schema) =>
    foreignKey(field, {
      usual: objectNameOf("fk", table, columnNameOf(name, naming), dialect),
      table,
      columns: references.map((reference) => reference.own.column),
      to: { table: of.table, columns: references.map((reference) => reference.to.column) },
    });
  const isOff = !field.isMigrated || field.settings.get("CONSTRAINT") === "-";
  return {
    table,
    fields: [...fields.values()],
    foreignKeys: isOff
      ? []
      : [
          key(schema.name, ownReferences, schema),
          key(isSelf ? field.name : target.name, toReferences, target),
        ],
    place: field.place,
  };
}

function titled(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}
