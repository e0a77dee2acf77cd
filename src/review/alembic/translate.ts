import { callOwn, execute, startRun } from "../code/python-execute.ts";
import { describe, type Host, needsOf, type Run, raised } from "../code/python-run.ts";
import type { PythonStatement } from "../code/python-tree.ts";
import {
  booleanOf,
  calleeOf,
  isNone,
  type PythonCall,
  type PythonValue,
  pathOf,
  type Scope,
  stringOf,
  unknown,
} from "../code/python-values.ts";
import type { Condition, Dialect, Span } from "../types.ts";
import { batchSteps } from "./batches.ts";
import type { Context, NamingConvention } from "./context.ts";
import { isDatabase, isLibrary, rootOf, writingMethods } from "./database.ts";
import { type Assumed, settingIn } from "./environment.ts";
import { executed, namedValues, queryIn, reads, widerQueryIn } from "./executed.ts";
import { tableIn, tableOf } from "./mentioned.ts";
import { type Modules, openModules } from "./modules.ts";
import { stringIn, type TableRef, tableSql } from "./names.ts";
import { isOperation, operationSql } from "./operations.ts";
import { innerType } from "./own-types.ts";
import { type Placed, questionsBy } from "./questions.ts";
import { randomIds } from "./random.ts";
import { type NotFollowed, recorderOf, type Sent } from "./recorder.ts";
import { createTableSql } from "./tables.ts";
import { createEnumSql, isFalse, typeOf } from "./types.ts";

/** What one function of a migration sends to the database, as far as that can be read. */
export interface Translation {
  readonly sent: readonly Sent[];
  readonly skipped: readonly NotFollowed[];
  /** What it asks the database on its way. */
  readonly questions: readonly Placed[];
  /** Settings of the environment that were taken for not set. */
  readonly assumed: readonly Assumed[];
  /** The name of the exception that ends it, with its message; null when it ends by itself. */
  readonly raises: string | null;
  /** null when the file has no such function. */
  readonly body: Span | null;
}

export interface TranslateOptions {
  readonly dialect: Dialect;
  readonly naming: NamingConvention;
  readonly modules: Modules;
  /** The file's own path. */
  readonly path: string;
  /** Whether settings of the environment are taken for not set where the code gives a default. */
  readonly assumes: boolean;
  /** The database whose function is followed, `upgrade_<name>()`; null where there is one for all. */
  readonly engine: string | null;
}

/** Follows `upgrade()` or `downgrade()` of a migration and renders what it sends. */
export function translate(
  module: readonly PythonStatement[],
  direction: "upgrade" | "downgrade",
  options: TranslateOptions,
): Translation {
  const follower = follow(options);
  const run = startRun(follower.host);
  const scope: Scope = { names: new Map(), parent: null };
  follower.begin(run);
  execute(module, scope, run);
  const own = options.engine === null ? undefined : scope.names.get(`${direction}_${options.engine}`);
  const definition = own ?? scope.names.get(direction);
  if (definition?.kind !== "function") return { ...follower.found(), raises: null, body: null };
  const { completion } = callOwn(definition, { positional: [], named: new Map() }, run);
  const raises = completion.kind === "raise" ? raised(completion.value) : null;
  return { ...follower.found(), raises, body: definition.definition.at };
}

interface Follower {
  readonly host: Host;
  begin(run: Run): void;
  found(): Omit<Translation, "raises" | "body">;
}

function follow({ dialect, naming, modules, path: file, assumes }: TranslateOptions): Follower {
  let run: Run | null = null;
  const context: Context = {
    dialect,
    naming,
    createdTypes: new Set(),
    qualifies: false,
    around: new Set(),
    compiled: new Set(),
    ownType: (type) => (run ? innerType(type, run) : null),
  };
  const placed = (at: Span): Span => (at.start < 0 && run ? run.place : at);
  const recorder = recorderOf({
    path: () => questions.path(),
    under: (decision) => questions.under(decision),
    placed,
  });
  const { skip, send, attempt } = recorder;
  const questions = questionsBy({
    dialect,
    order: recorder.order,
    queryOf: (call) => queryIn(call, context),
    widerQueryOf: (call) => widerQueryIn(call, context),
  });
  const assumed = new Map<string, Assumed>();
  const randomId = randomIds(file);
  const outside = {
    attribute: (object: PythonValue, name: string) => attribute(object, name, dialect),
    call(call: PythonCall): PythonValue | null {
      const setting = assumes ? settingIn(call) : null;
      if (setting && !assumed.has(setting.name))
        assumed.set(setting.name, { ...setting, at: placed(call.at) });
      return setting?.value ?? randomId(call);
    },
  };
  const names = openModules(modules, file, outside);

  const host: Host = {
    attribute: (object, name) => names.member(object, name) ?? outside.attribute(object, name),
    call(call) {
      const { callee, args, at } = call;
      const path = pathOf(callee);
      const operation = path === null ? null : /^(?:alembic\.)?op\.(\w+)$/.exec(path)?.[1];
      if (operation) return operationCall(operation, call);
      if (path !== null && /(^|\.)context\.is_offline_mode$/.test(path)) return booleanOf(false);
      const setting = outside.call(call);
      if (setting) return setting;
      if (callee.kind !== "attribute") return null;
      const { object, name } = callee;
      if (isDatabase(object)) questions.called(call);
      const batch = calleeOf(object) === "batch_alter_table" && object.kind === "call" ? object : null;
      if (batch) return batchCall(batch, name, call);
      if (isType(object) && (name === "create" || name === "drop")) {
        attempt(at, () => typeStatements(object, name, call, context));
        return unknown(describe(call));
      }
      if (calleeOf(object) === "Table" && object.kind === "call" && (name === "create" || name === "drop")) {
        attempt(at, () => {
          const table = tableOf(object);
          if (name === "drop")
            return operationSql(
              "drop_table",
              { positional: [stringOf(table.name)], named: new Map() },
              null,
              context,
            );
          return createTableSql(table, object.args.positional.slice(2), object.args.named, context);
        });
        return unknown(describe(call));
      }
      if (isDatabase(object)) return databaseCall(object, name, call);
      const passes = args.positional.some(isDatabase);
      if (passes && /^(create_all|drop_all|create|drop)$/.test(name))
        skip(at, `${describe(call)} takes its SQL from objects that are not in this file`);
      return null;
    },
    enter(value) {
      if (calleeOf(value) === "batch_alter_table") recorder.beginBatch();
      if (isAutocommit(value))
        send(value.kind === "call" ? value.at : { start: 0, end: 0 }, ["COMMIT"], true);
      return value;
    },
    exit(value) {
      if (calleeOf(value) === "batch_alter_table") recorder.endBatch();
      if (isAutocommit(value)) send(value.kind === "call" ? value.at : { start: 0, end: 0 }, ["BEGIN"], true);
    },
    speculate: recorder.speculate,
    decide: questions.decide,
    mayHave: questions.mayHave,
    under: (decision) => questions.under({ ...decision, at: placed(decision.at) }),
    skip,
    effects: recorder.effects,
    imported: names.imported,
    exported: names.exported,
    assigned: () => undefined,
    statement(value, at) {
      if (value.kind !== "call") return;
      const root = rootOf(value);
      if (root === null || isLibrary(root) || isDatabase(value) || /^op(\.|$)/.test(root)) return;
      if (
        /^(info|debug|warning|error|exception|log)$/.test(
          value.callee.kind === "attribute" ? value.callee.name : "",
        )
      )
        return;
      skip(at, `${describe(value)} is defined outside this file`);
    },
  };

  function operationCall(name: string, call: PythonCall): PythonValue | null {
    const { args, at } = call;
    if (/^(f|inline_literal|get_bind|get_context|batch_alter_table|get_impl)$/.test(name)) return null;
    if (name === "execute") {
      attempt(at, () => executed(args.positional[0] ?? args.named.get("sqltext"), new Map(), context));
      return { kind: "constant", value: null };
    }
    if (!isOperation(name)) {
      skip(at, `op.${name} is not an operation of Alembic's own`);
      return unknown(`op.${name}(…)`);
    }
    if (name === "create_table") recorder.mayMake(createdBy(args));
    attempt(at, () => operationSql(name, args, null, context), rowsNeed(args));
    if (name !== "create_table") return { kind: "constant", value: null };
    return { ...call, callee: { kind: "name", path: "sqlalchemy.table" } };
  }

  function batchCall(batch: PythonCall, name: string, call: PythonCall): PythonValue | null {
    if (name === "f") return { ...call, callee: { kind: "name", path: "alembic.op.f" } };
    if (name === "execute") return operationCall(name, call);
    if (/^(get_bind|get_context|inline_literal)$/.test(name))
      return { ...call, callee: { kind: "name", path: `alembic.op.${name}` } };
    if (!isOperation(name)) {
      skip(call.at, `${name} is not an operation that a batch has`);
      return unknown(name);
    }
    attempt(call.at, () =>
      dialect === "sqlite"
        ? batchSteps(name, call.args, batchTable(batch), context)
        : operationSql(name, call.args, batchTable(batch), context),
    );
    return { kind: "constant", value: null };
  }

  function databaseCall(object: PythonValue, name: string, call: PythonCall): PythonValue | null {
    const { args, at } = call;
    if (name === "execute" || name === "exec_driver_sql" || name === "scalar" || name === "scalars") {
      const [first, second] = args.positional;
      if (first && reads(first)) return null;
      attempt(at, () => {
        const values = second ?? args.named.get("parameters") ?? args.named.get("params");
        return executed(first, namedValues(values), context);
      });
      return null;
    }
    if (writingMethods.test(name))
      skip(at, `${describe(object)}.${name}(…) writes rows that are known only when it runs`);
    return null;
  }

  return {
    host,
    begin(started) {
      run = started;
    },
    found: () => ({
      sent: recorder.sent,
      skipped: recorder.skipped,
      questions: questions.placed(),
      assumed: [...assumed.values()],
    }),
  };
}

/** A condition without which a call is given no rows. */
function rowsNeed({ positional, named }: PythonCall["args"]): Condition | null {
  const given = [...positional, ...named.values()].map(needsOf);
  return given.find((needs) => needs !== null) ?? null;
}

/** The table of a `create_table`, as SQL without its columns; nothing when its name is not known. */
function createdBy({ positional, named }: PythonCall["args"]): string[] {
  const name = positional[0] ?? named.get("table_name");
  const schema = named.get("schema");
  if (name?.kind !== "string") return [];
  return [
    `CREATE TABLE ${tableSql({ name: name.value, schema: schema?.kind === "string" ? schema.value : null })} ()`,
  ];
}

/** The database's name is known, whatever it is asked of; so is that this is no offline run. A model's column keeps its name. */
function attribute(object: PythonValue, name: string, dialect: Dialect): PythonValue | null {
  if (object.kind === "class" && isColumn(object.members.names.get(name)) && tableIn(object))
    return { kind: "attribute", object, name };
  // Of text only an id has it.
  if (name === "hex" && object.kind === "string") return stringOf(object.value.replaceAll("-", ""));
  if (name === "as_sql") return isDatabase(object) ? booleanOf(false) : null;
  if (name !== "name") return null;
  const isNamed = object.kind === "attribute" && /^(dialect|engine)$/.test(object.name);
  if (isNamed || pathOf(object) === "alembic.dialect") return stringOf(dialect);
  return null;
}

function isColumn(value: PythonValue | undefined): boolean {
  return value !== undefined && /^(Column|mapped_column|Field)$/.test(calleeOf(value) ?? "");
}

function isAutocommit(value: PythonValue): boolean {
  return (
    value.kind === "call" && value.callee.kind === "attribute" && value.callee.name === "autocommit_block"
  );
}

function isType(value: PythonValue): boolean {
  return /^(Enum|ENUM)$/.test(calleeOf(value) ?? "");
}

/** `enum.create(bind, checkfirst=True)`: whether the type is there is asked of the database. */
function typeStatements(
  type: PythonValue,
  verb: "create" | "drop",
  { args }: PythonCall,
  context: Context,
): string[] {
  const described = typeOf(type, context).enum;
  if (!described) return [];
  const check = args.named.get("checkfirst") ?? args.positional[1];
  const checks = check ? !isFalse(check) : calleeOf(type) === "ENUM";
  if (verb === "drop") return [`DROP TYPE ${checks ? "IF EXISTS " : ""}${described.sql}`];
  const create = createEnumSql(described);
  context.createdTypes.add(described.sql);
  if (!checks) return [create];
  const name = described.sql.replaceAll("'", "''");
  return [`DO $$ BEGIN IF to_regtype('${name}') IS NULL THEN ${create}; END IF; END $$`];
}

function batchTable({ args }: PythonCall): TableRef {
  const schema = args.named.get("schema") ?? args.positional[1];
  return {
    name: stringIn(args.positional[0] ?? args.named.get("table_name"), "a table's name"),
    schema: schema && !isNone(schema) ? stringIn(schema, "a schema") : null,
  };
}
