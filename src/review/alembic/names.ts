import { createHash } from "node:crypto";
import { describe } from "../code/python-run.ts";
import type { PythonValue } from "../code/python-values.ts";
import { calleeOf, isNone, stringOf } from "../code/python-values.ts";
import type { Context, NamingConvention } from "./context.ts";
import { unreadable } from "./unreadable.ts";

/** A name as the author gave it; one in `op.f()` is final: no convention is applied, and it is cut when it is too long. */
export interface Name {
  readonly text: string;
  readonly isFinal: boolean;
}

/** A table with its schema, as Alembic takes them: apart. */
export interface TableRef {
  readonly name: string;
  readonly schema: string | null;
}

/** A name in SQL, quoted where SQLAlchemy quotes: upper case, other characters, reserved words. */
export function quoteName(name: string): string {
  if (/^[a-z_][a-z0-9_$]*$/.test(name) && !reserved.has(name)) return name;
  return `"${name.replaceAll('"', '""')}"`;
}

/** A name without its quotes. */
export function unquotedName(sql: string): string {
  return sql.startsWith('"') ? sql.slice(1, -1).replaceAll('""', '"') : sql;
}

/** A table's name in SQL with its schema. */
export function tableSql({ name, schema }: TableRef): string {
  if (schema === null) return quoteName(name);
  return `${schema.split(".").map(quoteName).join(".")}.${quoteName(name)}`;
}

/** A string constant in SQL. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** A value that must be a string. */
export function stringIn(value: PythonValue | undefined, what: string): string {
  const name = nameIn(value);
  return (
    name?.text ?? unreadable(`${what} is ${value ? describe(value) : "missing"}, known only when it runs`)
  );
}

/** A value that is a name or nothing. */
export function nameIn(value: PythonValue | undefined): Name | null {
  if (value === undefined || isNone(value)) return null;
  const quoted = quotedName(value);
  if (quoted.kind === "string") return { text: quoted.value, isFinal: false };
  const called = calleeOf(value);
  const first = value.kind === "call" ? value.args.positional[0] : undefined;
  if (first?.kind === "string" && (called === "f" || called === "conv"))
    return { text: first.value, isFinal: true };
  return unreadable(`a name is ${describe(value)}, known only when it runs`);
}

/** What `quoted_name("app.orders", quote=False)` puts into SQL as it stands; null for any other value (SQLAlchemy, quoted_name). */
export function verbatimName(value: PythonValue | undefined): string | null {
  if (value?.kind !== "call" || calleeOf(value) !== "quoted_name") return null;
  const [first, second] = value.args.positional;
  const quote = value.args.named.get("quote") ?? second;
  const isBare = quote?.kind === "constant" && quote.value === false;
  return isBare && first?.kind === "string" ? first.value : null;
}

/** `quoted_name("x", quote=False)` as the name that the database then has, where it is one; any other value as it is. */
export function quotedName(value: PythonValue): PythonValue {
  if (value.kind !== "call" || calleeOf(value) !== "quoted_name") return value;
  const bare = verbatimName(value);
  // The database folds what is not quoted.
  if (bare !== null) return /^\w+$/.test(bare) ? stringOf(bare.toLowerCase()) : value;
  const [first] = value.args.positional;
  return first?.kind === "string" ? first : value;
}

/** A list of names: of columns, of tables. */
export function namesIn(value: PythonValue | undefined, what: string): string[] {
  if (value?.kind === "sequence") return value.items.map((item) => stringIn(item, what));
  return [stringIn(value, what)];
}

interface Parts {
  readonly table: TableRef;
  readonly columns: readonly string[];
  readonly refersTo?: string;
}

/**
 * The name that a constraint or index gets: its own, or one by the naming convention (SQLAlchemy, "Configuring Constraint
 * Naming Conventions"); null when the database names it.
 */
export function constraintName(
  kind: keyof NamingConvention & string,
  name: Name | null,
  parts: Parts,
  { naming, dialect }: Context,
): string | null {
  if (name?.isFinal) return shortened(name.text, dialect);
  const pattern = naming[kind];
  if (pattern === undefined || (name && !pattern.includes("%(constraint_name)s"))) {
    if (name && dialect === "postgresql" && name.text.length > maxLength)
      return unreadable(
        `the name ${name.text} is longer than ${maxLength} characters, which SQLAlchemy refuses`,
      );
    return name?.text ?? null;
  }
  if (!name && pattern.includes("%(constraint_name)s")) return null;
  return shortened(expand(pattern, name, parts), dialect);
}

/** The default convention's name of an index that a column asks for: `ix_table_column`. */
export function columnIndexName(table: TableRef, column: string, context: Context): string {
  const pattern = context.naming.ix ?? "ix_%(column_0_label)s";
  return shortened(expand(pattern, null, { table, columns: [column] }), context.dialect);
}

function expand(pattern: string, name: Name | null, { table, columns, refersTo }: Parts): string {
  const label = (column: string) =>
    [table.schema, table.name, column].filter((part) => part !== null).join("_");
  return pattern.replace(/%\((\w+)\)s/g, (_, token: string) => {
    if (token === "table_name") return table.name;
    if (token === "constraint_name") return name?.text ?? "";
    if (token === "referred_table_name") return refersTo ?? "";
    const numbered =
      /^column_(\d+)(N|_N)?(?:_(name|key|label))?$/.exec(token) ??
      /^column_(\d+)(N|_N)?(name|key|label)?$/.exec(token);
    if (!numbered) return unreadable(`the naming convention uses ${token}, which is not followed`);
    const [, index, all, form] = numbered;
    const chosen = all === undefined ? columns.slice(Number(index), Number(index) + 1) : columns;
    if (chosen.length === 0)
      return unreadable(`the naming convention uses ${token}, and the columns are not known`);
    return chosen.map((column) => (form === "label" ? label(column) : column)).join(all === "_N" ? "_" : "");
  });
}

const maxLength = 63;

/** A final name that PostgreSQL would cut is cut by SQLAlchemy with a few digits of its hash. */
function shortened(name: string, dialect: Context["dialect"]): string {
  if (dialect !== "postgresql" || name.length <= maxLength) return name;
  const digest = createHash("md5").update(name).digest("hex");
  return `${name.slice(0, maxLength - 8)}_${digest.slice(-4)}`;
}

/** PostgreSQL's and SQLite's reserved words (PostgreSQL documentation, appendix C; SQLite, "SQLite Keywords"). */
const reserved = new Set(
  `all analyse analyze and any array as asc asymmetric authorization between binary both case cast check collate
  collation column concurrently constraint create cross current_catalog current_date current_role current_schema
  current_time current_timestamp current_user default deferrable desc distinct do else end except false fetch for
  foreign freeze from full grant group having ilike in initially inner intersect into is isnull join lateral leading
  left like limit localtime localtimestamp natural new not notnull null of off offset old on only or order outer over
  overlaps placing primary references returning right select session_user similar some symmetric system_user table
  tablesample then to trailing true union unique user using variadic verbose when where window with
  add alter autoincrement commit delete drop escape exists index insert set transaction update values`.split(
    /\s+/,
  ),
);
