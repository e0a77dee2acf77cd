import type { TypeScriptValue } from "../code/typescript-values.ts";

/** A constant as JavaScript holds it; undefined for what is none, or not known as a whole. */
export function constantOf(value: TypeScriptValue): Constant | undefined {
  switch (value.kind) {
    case "string":
    case "number":
    case "boolean":
      return value.value;
    case "bigint":
      return { bigint: value.value };
    case "null":
      return null;
    case "array": {
      const items = value.items.map(constantOf);
      return items.some((item) => item === undefined) ? undefined : (items as Constant[]);
    }
    case "object": {
      if (value.missing.length > 0) return undefined;
      const entries = [...value.entries].map(([key, entry]) => [key, constantOf(entry.value)] as const);
      if (entries.some(([, one]) => one === undefined)) return undefined;
      return { object: Object.fromEntries(entries) as Record<string, Constant> };
    }
    case "call":
      return dateOf(value);
    default:
      return undefined;
  }
}

export type Constant =
  | string
  | number
  | boolean
  | null
  | readonly Constant[]
  | { readonly bigint: string }
  | { readonly date: string }
  | { readonly object: Readonly<Record<string, Constant>> };

/** `new Date("2024-01-01")`: a time that does not depend on when it is asked. */
function dateOf({ callee, args, isNew }: TypeScriptValue & { readonly kind: "call" }): Constant | undefined {
  const [first] = args;
  if (!isNew || callee.kind !== "external" || callee.from !== "" || callee.name !== "Date") return undefined;
  if (args.length !== 1 || (first?.kind !== "string" && first?.kind !== "number")) return undefined;
  const date = new Date(first.value);
  return Number.isNaN(date.getTime()) ? undefined : { date: date.toISOString() };
}

/** A constant as JSON. */
export function jsonOf(value: Constant): string {
  return JSON.stringify(plain(value));
}

function plain(value: Constant): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (value === null || typeof value !== "object") return value;
  if ("bigint" in value) return value.bigint;
  if ("date" in value) return value.date;
  if (!("object" in value)) return null;
  return Object.fromEntries(Object.entries(value.object).map(([key, one]) => [key, plain(one)]));
}

/** A text as SQL writes it. */
export function quotedText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** A constant as Drizzle writes it after DEFAULT; null for what it has no form for. */
export function postgresDefault(value: Constant, type: string): string | null {
  const lower = type.toLowerCase();
  if (typeof value === "string") return quotedText(value);
  if (lower === "json" || lower === "jsonb") return `${quotedText(jsonOf(value))}::${lower}`;
  if (Array.isArray(value)) return lower.includes("[") ? `'${arrayText(value, lower)}'` : null;
  if (value === null || typeof value !== "object") return String(value);
  if ("bigint" in value) return value.bigint;
  return "date" in value ? `'${dateText(value.date, lower)}'` : null;
}

function dateText(iso: string, type: string): string {
  if (type === "date") return iso.slice(0, 10);
  return type === "timestamp" ? iso.replace("T", " ").slice(0, 23) : iso;
}

function arrayText(values: readonly Constant[], type: string): string {
  const [element = ""] = type.split("[");
  const parts = values.map((value) => {
    if (Array.isArray(value)) return arrayText(value, element);
    if (value !== null && typeof value === "object" && "bigint" in value) return value.bigint;
    if (value !== null && typeof value === "object" && "date" in value)
      return `"${dateText(value.date, element)}"`;
    if (value !== null && typeof value === "object") return `"${jsonOf(value).replaceAll('"', '\\"')}"`;
    return typeof value === "string" ? `"${value.replaceAll("'", "''")}"` : String(value);
  });
  return `{${parts.join(",")}}`;
}

/** As `postgresDefault`. */
export function sqliteDefault(value: Constant): string | null {
  if (typeof value === "string") return quotedText(value);
  if (value === null || typeof value !== "object") return String(value);
  if (!Array.isArray(value) && "bigint" in value) return value.bigint;
  return quotedText(jsonOf(value));
}
