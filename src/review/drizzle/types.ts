import { propertyOf, type TypeScriptValue } from "../code/typescript-values.ts";

/** The type that a column of one of Drizzle's builders has, and what the builder sets by itself. */
export interface BuilderType {
  readonly type: string;
  readonly notNull?: boolean;
  readonly hasOwnDefault?: boolean;
}

type Builder = (config: TypeScriptValue | undefined) => BuilderType | null;

/** The builders of drizzle-orm/pg-core; null where an option is not known. */
export const postgresBuilders: Readonly<Record<string, Builder>> = {
  bigint: plain("bigint"),
  bigserial: (config) => ({ type: "bigserial", notNull: option(config, "mode") === "number" }),
  bit: sized("bit", "dimensions", true),
  boolean: plain("boolean"),
  bytea: plain("bytea"),
  char: sized("char", "length"),
  cidr: plain("cidr"),
  date: plain("date"),
  decimal: numeric,
  doublePrecision: plain("double precision"),
  geometry: plain("geometry(point)"),
  halfvec: sized("halfvec", "dimensions", true),
  inet: plain("inet"),
  integer: plain("integer"),
  interval,
  json: plain("json"),
  jsonb: plain("jsonb"),
  line: plain("line"),
  macaddr: plain("macaddr"),
  macaddr8: plain("macaddr8"),
  numeric,
  point: plain("point"),
  real: plain("real"),
  serial: serial("serial"),
  smallint: plain("smallint"),
  smallserial: serial("smallserial"),
  sparsevec: sized("sparsevec", "dimensions", true),
  text: plain("text"),
  time: timed("time"),
  timestamp: timed("timestamp"),
  uuid: plain("uuid"),
  varchar: sized("varchar", "length"),
  vector: sized("vector", "dimensions", true),
};

/** The builders of drizzle-orm/sqlite-core. */
export const sqliteBuilders: Readonly<Record<string, Builder>> = {
  blob: plain("blob"),
  int: plain("integer"),
  integer: plain("integer"),
  numeric: plain("numeric"),
  real: plain("real"),
  text: (config) => {
    const mode = option(config, "mode");
    if (mode === undefined) return null;
    return mode === "json" ? { type: "text" } : sized("text", "length")(config);
  },
};

function plain(type: string): Builder {
  return () => ({ type });
}

function serial(type: string): Builder {
  return () => ({ type, notNull: true });
}

function sized(type: string, key: string, isRequired = false): Builder {
  return (config) => {
    const size = option(config, key);
    if (size === undefined || (size === null && isRequired)) return null;
    return { type: size === null ? type : `${type}(${size})` };
  };
}

function numeric(config: TypeScriptValue | undefined): BuilderType | null {
  const [precision, scale] = [option(config, "precision"), option(config, "scale")];
  if (precision === undefined || scale === undefined) return null;
  if (precision === null) return { type: "numeric" };
  return { type: scale === null ? `numeric(${precision})` : `numeric(${precision}, ${scale})` };
}

function timed(type: string): Builder {
  return (config) => {
    const [precision, zone, mode] = ["precision", "withTimezone", "mode"].map((key) => option(config, key));
    if (precision === undefined || zone === undefined || mode === undefined) return null;
    const space = type === "timestamp" && mode !== "string" ? " " : "";
    const size = precision === null ? "" : `${space}(${precision})`;
    return { type: `${type}${size}${zone === true ? " with time zone" : ""}` };
  };
}

function interval(config: TypeScriptValue | undefined): BuilderType | null {
  const [fields, precision] = [option(config, "fields"), option(config, "precision")];
  if (fields === undefined || precision === undefined) return null;
  return { type: `interval${fields ? ` ${fields}` : ""}${precision ? `(${precision})` : ""}` };
}

/** An option's value; null where it is not given, undefined where it is not known. */
function option(
  config: TypeScriptValue | undefined,
  key: string,
): string | number | boolean | null | undefined {
  if (config === undefined || config.kind === "undefined") return null;
  if (config.kind !== "object") return undefined;
  const value = propertyOf(config, key);
  if (value === undefined || value.kind === "undefined") return null;
  return value.kind === "string" || value.kind === "number" || value.kind === "boolean"
    ? value.value
    : undefined;
}
