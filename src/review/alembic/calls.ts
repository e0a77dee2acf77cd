import { parsePython } from "../code/python.ts";
import { operationsOf } from "../sql/operations.ts";
import { parseSql } from "../sql/parser.ts";
import type { ConstraintDefinition, Operation, OperationOf, TableName } from "../types.ts";
import type { NamingConvention } from "./context.ts";
import { noModules } from "./modules.ts";
import { translate } from "./translate.ts";

/** A call of Alembic's operations, its arguments as Python has them. */
export interface Call {
  readonly callee: string;
  readonly args: readonly string[];
}

/** What is known of the project, for words that not every version or not every name takes. */
export interface Project {
  readonly naming: NamingConvention;
  /** Whether SQLAlchemy is 1.4.32 or later, the first that knows `postgresql_not_valid` (SQLAlchemy, "PostgreSQL Constraint Options"). */
  readonly knowsNotValid: boolean;
}

/** Longer calls stand with an argument on each line, as black writes them. */
const longestLine = 88;

/**
 * A statement as the operation that sends just this, told by reading the operation again; `op.execute(…)` where there is none.
 * SQLAlchemy knows `postgresql_concurrently` since 0.9.9, for DROP INDEX since 1.1 ("Indexes with CONCURRENTLY").
 */
export function callFor(sql: string, project: Project): Call {
  const written = { callee: "op.execute", args: [pythonText(sql)] };
  const { operations, skipped } = operationsOf(sql, 0);
  const [only] = operations;
  const call = skipped === null && only && operations.length === 1 ? callOf(only, sql) : null;
  if (!call) return written;
  if (!project.knowsNotValid && call.args.some((arg) => arg.startsWith("postgresql_not_valid")))
    return written;
  return sends(call, sql, project) ? call : written;
}

/** The call on one line, or with its arguments on lines of their own. */
export function renderCall({ callee, args }: Call, indent = "", isInline = false): string {
  const line = `${callee}(${args.join(", ")})`;
  const isShort = indent.length + line.length <= longestLine || line.includes("\n");
  if (isInline || isShort || args.length === 1) return line;
  return `${callee}(\n${args.map((arg) => `${indent}    ${arg},\n`).join("")}${indent})`;
}

/** Whether Alembic sends this SQL for the call, but for its spelling. */
function sends(call: Call, sql: string, { naming }: Project): boolean {
  const module = parsePython(
    `from alembic import op\nimport sqlalchemy as sa\ndef upgrade():\n    ${renderCall(call, "", true)}\n`,
  );
  if (module.kind === "unreadable") return false;
  const { sent, skipped } = translate(module.body, "upgrade", {
    dialect: "postgresql",
    naming,
    modules: noModules,
    path: "",
    assumes: false,
    engine: null,
  });
  const [one] = sent;
  return one !== undefined && sent.length === 1 && skipped.length === 0 && isSame(one.sql.value, sql);
}

function isSame(a: string, b: string): boolean {
  const [one, other] = [meaning(a), meaning(b)];
  return one !== null && one === other;
}

function meaning(sql: string): string | null {
  const parsed = parseSql(sql);
  if ("error" in parsed) return null;
  return JSON.stringify(parsed.tree.stmts, (key, value) =>
    /^(location|stmt_len|stmt_location)$/.test(key) ? undefined : value,
  );
}

function callOf(operation: Operation, sql: string): Call | null {
  switch (operation.kind) {
    case "createIndex":
      return createIndex(operation);
    case "dropIndex": {
      const [schema, name] = partsOf(operation.name);
      return op("drop_index", [text(name), ...inSchema(schema), ...flag("concurrently", operation)]);
    }
    case "addConstraint":
      return addConstraint(operation.table, operation.constraint, sql);
    case "dropConstraint":
      return onTable("drop_constraint", operation.table, (table) => [text(operation.name), table]);
    case "addColumn":
      return addColumn(operation);
    case "dropColumn":
      return onTable("drop_column", operation.table, (table) => [table, text(operation.column)]);
    case "setNotNull":
      return alterColumn(operation, "nullable=False");
    case "dropNotNull":
      return alterColumn(operation, "nullable=True");
    case "setDefault":
      return alterColumn(
        operation,
        `server_default=${operation.defaultSql === null ? "None" : literal(operation.defaultSql)}`,
      );
    case "renameColumn":
      return alterColumn(operation, `new_column_name=${text(operation.to)}`);
    case "renameTable":
      return onTable("rename_table", operation.table, (table) => [table, text(operation.to)]);
    case "dropTable":
      return onTable("drop_table", operation.table, (table) => [table]);
    default:
      return null;
  }
}

function createIndex(index: OperationOf<"createIndex">): Call | null {
  const { name, table, columns, unique, method, where } = index;
  if (name === null) return null;
  return onTable("create_index", table, (bare) => [
    text(name),
    bare,
    listOf(columns),
    ...(unique ? ["unique=True"] : []),
    ...(method === "btree" ? [] : [`postgresql_using=${text(method)}`]),
    ...(where === null ? [] : [`postgresql_where=${literal(where)}`]),
    ...flag("concurrently", index),
  ]);
}

/** Without a name, what it is called is for the project's naming convention to say. */
function addConstraint(table: TableName, constraint: ConstraintDefinition, sql: string): Call | null {
  const { kind, name, columns, expression, references, usingIndex, notValid } = constraint;
  if (name === null || usingIndex !== null) return null;
  const later = notValid ? ["postgresql_not_valid=True"] : [];
  if (kind === "unique" || kind === "primary-key") {
    const verb = kind === "unique" ? "create_unique_constraint" : "create_primary_key";
    return onTable(verb, table, (bare) => [text(name), bare, listOf(columns)]);
  }
  // A colon before a word would be a parameter of SQLAlchemy's.
  if (kind === "check" && expression !== null && !/(?<![:\w]):(?=\w)/.test(expression))
    return onTable("create_check_constraint", table, (bare) => [
      // A convention builds on the name of a check that is not said to be final (Alembic, "The Importance of Naming Constraints").
      `op.f(${text(name)})`,
      bare,
      text(expression),
      ...later,
    ]);
  if (kind !== "foreign-key" || !references) return null;
  const [schema, bare] = partsOf(table);
  const [otherSchema, other] = partsOf(references.table);
  const action = (verb: string) =>
    new RegExp(`\\bON ${verb} (CASCADE|RESTRICT|SET NULL|SET DEFAULT)\\b`, "i").exec(sql)?.[1]?.toUpperCase();
  const [onDelete, onUpdate] = [action("DELETE"), action("UPDATE")];
  return op("create_foreign_key", [
    text(name),
    text(bare),
    text(other),
    listOf(columns),
    listOf(references.columns),
    ...(onUpdate ? [`onupdate=${text(onUpdate)}`] : []),
    ...(onDelete ? [`ondelete=${text(onDelete)}`] : []),
    ...(schema === null ? [] : [`source_schema=${text(schema)}`]),
    ...(otherSchema === null ? [] : [`referent_schema=${text(otherSchema)}`]),
    ...later,
  ]);
}

/** Types that SQLAlchemy's own names stand for in every version. */
const types: readonly (readonly [RegExp, (...parts: readonly string[]) => string])[] = [
  [/^text$/, () => "sa.Text()"],
  [/^bigint$/, () => "sa.BigInteger()"],
  [/^integer$/, () => "sa.Integer()"],
  [/^smallint$/, () => "sa.SmallInteger()"],
  [/^boolean$/, () => "sa.Boolean()"],
  [/^date$/, () => "sa.Date()"],
  [/^timestamp with time zone$/, () => "sa.DateTime(timezone=True)"],
  [/^timestamp without time zone$/, () => "sa.DateTime()"],
  [/^character varying\((\d+)\)$/, (length = "") => `sa.String(length=${length})`],
  [/^character varying$/, () => "sa.String()"],
  [/^numeric\((\d+),\s*(\d+)\)$/, (precision = "", scale = "") => `sa.Numeric(${precision}, ${scale})`],
  [/^numeric$/, () => "sa.Numeric()"],
];

function addColumn({ table, column, constraints }: OperationOf<"addColumn">): Call | null {
  const { name, type, notNull, defaultSql } = column;
  if (constraints.length > 0) return null;
  for (const [pattern, written] of types) {
    const match = pattern.exec(type);
    if (!match) continue;
    const fallback = defaultSql === null ? "" : `, server_default=${literal(defaultSql)}`;
    const definition = `sa.Column(${text(name)}, ${written(...match.slice(1))}${fallback}, nullable=${notNull ? "False" : "True"})`;
    return onTable("add_column", table, (bare) => [bare, definition]);
  }
  return null;
}

function alterColumn({ table, column }: { table: TableName; column: string }, change: string): Call {
  return onTable("alter_column", table, (bare) => [bare, text(column), change]);
}

function op(name: string, args: readonly string[]): Call {
  return { callee: `op.${name}`, args };
}

/** A call that names a table, with the table's schema behind its other arguments. */
function onTable(name: string, table: TableName, args: (bare: string) => readonly string[]): Call {
  const [schema, bare] = partsOf(table);
  return op(name, [...args(text(bare)), ...inSchema(schema)]);
}

function partsOf(name: string): readonly [string | null, string] {
  const dot = name.indexOf(".");
  return dot < 0 ? [null, name] : [name.slice(0, dot), name.slice(dot + 1)];
}

function inSchema(schema: string | null): string[] {
  return schema === null ? [] : [`schema=${text(schema)}`];
}

function flag(word: "concurrently", { concurrently }: { concurrently: boolean }): string[] {
  return concurrently ? [`postgresql_${word}=True`] : [];
}

function listOf(names: readonly string[]): string {
  return `[${names.map(text).join(", ")}]`;
}

/** SQL that SQLAlchemy sends as it stands. */
function literal(sql: string): string {
  return `sa.text(${pythonText(sql)})`;
}

/** A string of Python. */
function text(value: string): string {
  const inside = value.replaceAll("\\", "\\\\");
  if (value.includes("\n"))
    return `"""${inside.replaceAll('"""', '\\"\\"\\"')}${value.endsWith('"') ? " " : ""}"""`;
  if (!value.includes('"')) return `"${inside}"`;
  return value.includes("'") ? `"${inside.replaceAll('"', '\\"')}"` : `'${inside}'`;
}

/** A string of Python whose colons SQLAlchemy does not take for parameters. */
export function pythonText(sql: string): string {
  return text(sql).replace(/(?<![:\w]):(?=\w)/g, "\\\\:");
}
