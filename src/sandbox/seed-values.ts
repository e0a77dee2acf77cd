import type { Check, SeedColumn } from "./seed-tables.ts";

/**
 * The value of a column in the n-th made-up row (from 1), as text that PostgreSQL reads; null when the type is not
 * known. Values of one column differ, and of two columns of a row the later one is greater: unique keys and checks such
 * as `starts_at < ends_at` usually hold.
 */
export function valueFor(column: SeedColumn, n: number): string | null {
  if (column.labels) return column.labels[n % column.labels.length] ?? null;
  if (column.category === "A") {
    const [label] = column.elementLabels ?? [];
    const element = label ?? (column.element ? plainValue(column.element, column, n) : null);
    return element === null ? "{}" : `{"${element.replace(/(["\\])/g, "\\$1")}"}`;
  }
  if (column.category === "C") return `(${",".repeat(Math.max(0, (column.attributes ?? 1) - 1))})`;
  return plainValue(column.base, column, n);
}

/** Texts of many shapes, tried one by one against the checks of a column. */
export function candidatesFor(column: SeedColumn, checks: readonly Check[], rows: number): readonly string[] {
  const own = Array.from({ length: rows }, (_, i) => valueFor(column, i + 1));
  const constants = checks.flatMap(({ expression }) => constantsOf(expression));
  const lengths = constants
    .filter((text) => /^\d{1,3}$/.test(text))
    .flatMap((text) => shapesOfLength(Number(text), rows));
  const texts = isText(column)
    ? [...lengths, ...shapes(rows)]
    : ["0", "1", "-1", "0.5", "{}", "[]", "a", "2024-01-02"];
  const all = [...own, ...constants, ...texts].filter((text) => text !== null);
  return [...new Set(all)];
}

function plainValue(base: string, column: SeedColumn, n: number): string | null {
  const i = isIdentifier(column) ? n : n + column.number - 1;
  const make = makers[base];
  if (make) return make(i, n, column);
  return null;
}

/**
 * Columns that name a row have the same values in all tables, so that a foreign key which a change adds fits: `id`,
 * `user_id`, `userId`. Other columns differ from each other, so that none is taken for another.
 */
function isIdentifier({ name }: SeedColumn): boolean {
  return /(^|_)(id|uuid|guid)$/i.test(name) || /[a-z0-9](Id|ID|Uuid|UUID)$/.test(name);
}

type Maker = (i: number, n: number, column: SeedColumn) => string;

const time = (i: number) => `${two(i % 24)}:${two((i * 7) % 60)}:${two(i % 60)}.${String(123456 + i)}`;
const day = (i: number) => new Date(Date.UTC(2024, 0, i)).toISOString().slice(0, 10);
const hex = (i: number, length: number) => i.toString(16).padStart(length, "0");

const makers: Readonly<Record<string, Maker>> = {
  int2: (i) => String(i),
  int4: (i) => String(i),
  int8: (i) => String(i),
  oid: (i) => String(i),
  float4: (i) => `${i}.5`,
  float8: (i) => `${i}.5`,
  money: (i) => `${i}.25`,
  numeric: (i, _, column) => numericValue(i, column.modifier),
  bool: (_, n) => (n % 2 === 0 ? "true" : "false"),
  uuid: (i, n) => `${hex(i, 8)}-0000-4000-8000-${hex(n, 12)}`,
  text: (_, n, column) => textValue(n, column, Number.POSITIVE_INFINITY),
  varchar: (_, n, column) => textValue(n, column, lengthOf(column)),
  bpchar: (_, n, column) => textValue(n, column, column.modifier > 4 ? column.modifier - 4 : 1),
  char: (i) => String.fromCharCode(96 + (i % 26)),
  citext: (_, n, column) => textValue(n, column, Number.POSITIVE_INFINITY),
  name: (_, n, column) => textValue(n, column, 60),
  date: (i) => day(i),
  timestamp: (i) => `${day(i)} ${time(i)}`,
  timestamptz: (i) => `${day(i)} ${time(i)}+00`,
  time: (i) => time(i),
  timetz: (i) => `${time(i)}+00`,
  interval: (i) => `${i} hours`,
  json: (_, n) => `{"n": ${n}}`,
  jsonb: (_, n) => `{"n": ${n}}`,
  bytea: (i) => `\\x${hex(i, 8)}`,
  inet: (i) => `10.0.0.${i % 250}`,
  cidr: (i) => `10.0.${i % 250}.0/24`,
  macaddr: (i) => `08:00:2b:00:00:${hex(i % 256, 2)}`,
  macaddr8: (i) => `08:00:2b:00:00:00:00:${hex(i % 256, 2)}`,
  bit: (i, _, column) =>
    i.toString(2).padStart(Math.max(1, column.modifier), "0").slice(-Math.max(1, column.modifier)),
  varbit: (i, _, column) => i.toString(2).slice(-Math.max(1, column.modifier > 0 ? column.modifier : 8)),
  point: (i) => `(${i},${i})`,
  box: (i) => `((0,0),(${i},${i}))`,
  lseg: (i) => `[(0,0),(${i},${i})]`,
  line: (i) => `{1,-1,${i}}`,
  path: (i) => `[(0,0),(${i},${i})]`,
  polygon: (i) => `((0,0),(${i},0),(${i},${i}))`,
  circle: (i) => `<(0,0),${i}>`,
  xml: (_, n) => `<a>${n}</a>`,
  tsvector: (_, n) => `'word${n}'`,
  tsquery: (_, n) => `'word${n}'`,
  pg_lsn: (i) => `0/${hex(i, 1)}`,
  hstore: (_, n) => `n=>${n}`,
  ltree: (_, n) => `top.n${n}`,
  int4range: (i) => `[${i * 10},${i * 10 + 5})`,
  int8range: (i) => `[${i * 10},${i * 10 + 5})`,
  numrange: (i) => `[${i * 10},${i * 10 + 5})`,
  daterange: (i) => `[${day(i * 10)},${day(i * 10 + 5)})`,
  tsrange: (i) => `[${day(i * 10)},${day(i * 10 + 5)})`,
  tstzrange: (i) => `["${day(i * 10)} 00:00:00+00","${day(i * 10 + 5)} 00:00:00+00")`,
  vector: (_, n) => `[${n}]`,
};

function numericValue(i: number, modifier: number): string {
  if (modifier < 4) return `${i}.125`;
  const precision = (modifier - 4) >> 16;
  const scale = ((modifier - 4) & 0x7ff) ^ 0x400;
  const places = scale - 0x400;
  const whole = precision - places;
  if (places <= 0) return String(i);
  const digits = String(1 + i)
    .padStart(places, "0")
    .slice(-places);
  return `${whole > 0 ? i % 10 ** Math.min(whole, 9) : 0}.${digits}`;
}

function textValue(n: number, column: SeedColumn, limit: number): string {
  const name = column.name.toLowerCase();
  const word = isIdentifier(column) ? "id" : name.replace(/[^a-z0-9]+/g, "_");
  const long = longText(name, word, n);
  if (long.length <= limit) return long;
  const short = `${word}${n}`;
  if (short.length <= limit) return short;
  return limit >= 3
    ? `${word.slice(0, limit - 2)}${n.toString(36).padStart(2, "0")}`
    : n.toString(36).slice(-limit);
}

function longText(name: string, word: string, n: number): string {
  if (name.includes("mail")) return `user${n}@example.test`;
  if (/url|uri|link|href|website/.test(name)) return `https://example.test/${word}/${n}`;
  if (name.includes("slug")) return `slug-${n}`;
  return `${word} ${n}`;
}

function lengthOf(column: SeedColumn): number {
  return column.modifier > 4 ? column.modifier - 4 : Number.POSITIVE_INFINITY;
}

function isText(column: SeedColumn): boolean {
  return ["text", "varchar", "bpchar", "citext", "name"].includes(column.base);
}

/** Constants of an expression, and for numbers their neighbours. */
function constantsOf(expression: string): string[] {
  const texts = [...expression.matchAll(/'((?:[^']|'')*)'/g)].map(([, text]) =>
    (text ?? "").replaceAll("''", "'"),
  );
  const numbers = [...expression.matchAll(/-?\d+(?:\.\d+)?/g)].map(([text]) => Number(text));
  return [...texts, ...numbers.flatMap((number) => [number, number + 1, number - 1].map(String))];
}

function shapesOfLength(length: number, rows: number): string[] {
  return [length, length + 1, length - 1]
    .filter((size) => size > 0)
    .flatMap((size) =>
      Array.from({ length: rows }, (_, n) => `${n}`.padStart(size, "a")).filter(
        (text) => text.length === size,
      ),
    );
}

function shapes(rows: number): string[] {
  const of = (make: (n: number) => string) => Array.from({ length: rows }, (_, i) => make(i + 1));
  return [
    ...of((n) => `word${n}`),
    ...of((n) => `a-${n}`),
    ...of((n) => `${n}`),
    ...of((n) => String.fromCharCode(96 + n)),
    ...of((n) => String.fromCharCode(64 + n).repeat(2)),
    ...of((n) => String.fromCharCode(64 + n).repeat(3)),
    ...of((n) => `user${n}@example.test`),
    ...of((n) => `https://example.test/${n}`),
    ...of((n) => `/${n}`),
    ...of((n) => `+1555000${two(n)}`),
    ...of((n) => `#a1b2${hex(n, 2)}`),
    ...of((n) => `1.0.${n}`),
    ...of((n) => hex(n, 32)),
    ...of((n) => hex(n, 40)),
    ...of((n) => hex(n, 64)),
    ...of((n) => `0x${hex(n, 40)}`),
    ...of((n) => `${hex(n, 8)}-0000-4000-8000-000000000000`),
    ...of((n) => day(n)),
    ...of((n) => `{"n": ${n}}`),
    "en-US",
    "Etc/UTC",
    "",
  ];
}

function two(n: number): string {
  return String(n).padStart(2, "0");
}
