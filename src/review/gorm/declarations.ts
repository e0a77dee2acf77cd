import type { Declarations, Declared, KeyKind } from "../orm.ts";
import type { Dialect, Drift, Place } from "../types.ts";
import { columnsOf, type GormModels } from "./models.ts";
import type { Field } from "./schema.ts";
import { indexesOf } from "./statements.ts";

/**
 * Where the parts of models stand. Go says little of what a migration does: a text may be of any length, a column may be NOT NULL
 * though no tag says so (a trigger or a default fills it, or Go's own zero), and a relation needs no foreign key. Only what a tag
 * says is compared.
 */
export function declarationsOf(models: GormModels, dialect: Dialect): Declarations {
  const found = new Map<string, Declared>();
  const put = (object: string, declared: Declared, kind: KeyKind | "" = "") => {
    const known = found.get(object);
    if (!known) found.set(object, declared);
    else found.set(object, { ...known, unsaid: [...new Set([...known.unsaid, ...declared.unsaid])] });
    if (kind !== "" && !found.has(`${kind} ${object}`)) found.set(`${kind} ${object}`, declared);
  };
  for (const schema of models.schemas) {
    const table = nameOf(schema.table);
    put(table, plain(schema.place, []));
    for (const field of columnsOf(schema)) put(`${table}.${field.column}`, columnOf(field));
    const keyPlace = schema.keys[0]?.place ?? schema.place;
    const isKeySaid = schema.keys.some(
      ({ settings }) => settings.has("PRIMARYKEY") || settings.has("PRIMARY_KEY"),
    );
    put(objectOf(table, schema.keys), plain(keyPlace, isKeySaid ? [] : ["primary key"]));
    for (const { parts, class: kind } of indexesOf(schema, models, dialect)) {
      const [first] = parts;
      if (!first) continue;
      const isUsual = parts.every(({ field }) => field.isUsual);
      put(
        objectOf(
          table,
          parts.map(({ field }) => field),
        ),
        plain(first.field.place, isUsual ? ["index"] : []),
        /^unique$/i.test(kind) ? "unique" : "index",
      );
    }
    for (const field of schema.fields.filter(({ unique }) => unique)) {
      put(objectOf(table, [field]), plain(field.place, []), "unique");
    }
  }
  for (const { table, fields, place } of models.joinTables) {
    put(nameOf(table), plain(place, ["primary key"]));
    put(objectOf(nameOf(table), fields), plain(place, ["primary key"]));
    for (const field of fields) put(`${nameOf(table)}.${field.column}`, columnOf(field));
  }
  for (const key of models.foreignKeys) {
    const object = `${nameOf(key.table)}(${key.columns.join(", ")})`;
    put(object, plain(key.place, key.isSaid ? [] : ["foreign key"]), "foreign key");
  }
  const partial = new Set([...models.partial].map(nameOf));
  return {
    find: (object, kind) => found.get(`${kind ?? ""} ${object}`) ?? found.get(object) ?? null,
    isPartial: (table) => partial.has(table),
    // SQL can be written by hand for tables that no struct stands for.
    isIncomplete: true,
    hasForeignKeys: false,
    policiesOf: () => null,
  };
}

function columnOf(field: Field): Declared {
  const { settings, place, shape, isUnknown, notNull, isWritten, autoIncrement } = field;
  const unsaid: Drift["kind"][] = [];
  const isTyped = settings.has("TYPE") || (settings.has("SIZE") && field.dataType === "string");
  if (!isTyped || shape.column !== null) unsaid.push("type");
  if (!notNull) unsaid.push("nullability");
  if (autoIncrement && !settings.has("AUTOINCREMENT")) unsaid.push("default");
  if (!isWritten) unsaid.push("column");
  return { ...place, hasOwnDefault: true, isOpaque: isUnknown && !settings.has("TYPE"), unsaid };
}

function plain(place: Place, unsaid: readonly Drift["kind"][]): Declared {
  return { ...place, hasOwnDefault: false, isOpaque: false, unsaid };
}

function objectOf(table: string, fields: readonly Field[]): string {
  return `${table}(${fields.map(({ column }) => column).join(", ")})`;
}

/** The table as schemas are read: without the one that is usual. */
function nameOf(table: string): string {
  return table.replace(/^public\./, "");
}
