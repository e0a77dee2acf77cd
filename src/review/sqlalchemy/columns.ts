import type { LoadedModule } from "../code/python-modules.ts";
import { describe } from "../code/python-run.ts";
import type { PythonStatement } from "../code/python-tree.ts";
import { isNone, type PythonCall, type PythonValue, pathOf, stringOf } from "../code/python-values.ts";
import type { Declared } from "../orm.ts";
import type { Span } from "../types.ts";
import {
  type Annotation,
  readAnnotation,
  sqlalchemy,
  type TypeMap,
  typeByAnnotation,
} from "./annotations.ts";
import {
  isColumnCall,
  isComputed,
  isSentinel,
  lineageOf,
  type Models,
  memberOf,
  type PythonClassValue,
  wordOf,
} from "./classes.ts";

/** A column as a model declares it. */
export interface ModelColumn {
  /** The attribute's name. */
  readonly key: string;
  readonly name: string;
  /** `Column(name, type, …)`, with all that was said in other places. */
  readonly column: PythonCall;
  /** The call that declares it, as indexes and keys refer to it. */
  readonly source: PythonValue | null;
  readonly module: LoadedModule;
  readonly at: Span;
  readonly unsaid: Declared["unsaid"];
  /** Why its type is not known; null when it is. */
  readonly problem: string | null;
}

/** What the attributes of one class declare, in the order in which they stand. */
export interface ClassColumns {
  readonly columns: readonly ModelColumn[];
  /** Names that it gives to something that is no column, and so are none of a base's either. */
  readonly others: ReadonlySet<string>;
  /** What may be a column and could not be read. */
  readonly lost: readonly { readonly name: string; readonly at: Span; readonly reason: string }[];
}

interface Attribute {
  readonly name: string;
  readonly at: Span;
  readonly value: PythonValue | null;
  readonly annotation: Annotation | null;
}

/** The attributes that a class's own body gives a value or a type, methods left out. */
export function attributesOf(value: PythonClassValue, module: LoadedModule, models: Models): Attribute[] {
  const found = new Map<string, Attribute>();
  const visit = (statement: PythonStatement) => {
    if (statement.kind === "if") {
      for (const { body } of statement.branches)
        for (const each of body) if (each.kind === "assign") visit(each);
      return;
    }
    if (statement.kind === "function") {
      const member = value.members.names.get(statement.name);
      if (member && isComputed(member))
        found.set(statement.name, {
          name: statement.name,
          at: statement.at,
          value: member,
          annotation: statement.returns
            ? readAnnotation(statement.returns, value.members, module, models)
            : null,
        });
      return;
    }
    if (statement.kind !== "assign") return;
    for (const [target, more] of statement.targets) {
      if (target?.kind !== "name" || more) continue;
      const own = value.members.names.get(target.name) ?? null;
      // A name that only an `if` of which nothing is known would give.
      if (own === null && statement.value !== null) continue;
      const annotation = statement.annotation
        ? readAnnotation(statement.annotation, value.members, module, models)
        : (found.get(target.name)?.annotation ?? null);
      found.set(target.name, { name: target.name, at: statement.at, value: own, annotation });
    }
  };
  for (const statement of value.definition.body) visit(statement);
  return [...found.values()];
}

/** The columns of a declarative class's own body; those of a mixin are made for the class that it is mixed into. */
export function declaredColumns(
  value: PythonClassValue,
  owner: PythonClassValue,
  map: TypeMap,
  models: Models,
): ClassColumns {
  const module = models.moduleOf(value);
  const columns: ModelColumn[] = [];
  const others = new Set<string>();
  const lost: { name: string; at: Span; reason: string }[] = [];
  if (!module) return { columns, others, lost };
  for (const { name, at, value: given, annotation } of attributesOf(value, module, models)) {
    if (/^__\w+__$/.test(name) || /^(metadata|registry|type_annotation_map)$/.test(name)) continue;
    const made = given && isComputed(given) ? models.call(given, [owner], module.run) : given;
    const asked = made === null ? null : keptForSqlalchemy(models.settle(made), value, module, models);
    if (asked === null) {
      if (annotation?.isMapped && !isRelation(annotation, models))
        columns.push(columnOf(name, null, annotation, { map, models, module, at }));
      continue;
    }
    const inner = innerColumns(asked);
    const parts = wordOf(asked) === "composite" ? compositeParts(asked, annotation, models) : [annotation];
    for (const [i, call] of inner.entries()) {
      const own = inner.length === parts.length ? (parts[i] ?? null) : null;
      // A composite of columns that have names of their own says what is known of them.
      const known = columns.findIndex(({ source }) => source === call);
      const column = columnOf(columns[known]?.key ?? name, call, own, { map, models, module, at });
      if (known < 0) columns.push(column);
      else columns[known] = { ...column, at: columns[known]?.at ?? at };
    }
    if (inner.length > 0) continue;
    others.add(name);
    // A method of the class that only looks like an attribute is none.
    const isOpen =
      asked.kind === "unknown" &&
      (annotation?.isMapped || /mapped_column|Column\(/.test(module.text.slice(at.start, at.end)));
    if (
      isOpen &&
      !(given && isComputed(given) && !/Column\(|mapped_column\(/.test(module.text.slice(at.start, at.end)))
    )
      lost.push({ name, at, reason: `it depends on ${describe(asked)}, known only when it runs` });
  }
  return { columns, others, lost };
}

/** `Mapped[list["Item"]]` and `Mapped["Item"]` without a value are relations of a dataclass, or mistakes. */
export function isRelation({ type }: Annotation, models: Models): boolean {
  if (type.kind === "class")
    return (
      models.moduleOf(type) !== null &&
      lineageOf(type, models).classes.some(({ members }) => members.names.has("__tablename__"))
    );
  return type.kind === "subscript" && /(^|\.)([Ll]ist|[Ss]et)$/.test(pathOf(type.object) ?? "");
}

/** The columns within `deferred(…)`, `column_property(…)` and `composite(…)`. */
export function innerColumns(value: PythonValue): PythonCall[] {
  if (value.kind !== "call") return [];
  if (isColumnCall(value)) return [value];
  if (!/^(deferred|column_property|composite)$/.test(wordOf(value) ?? "")) return [];
  return value.args.positional.flatMap(innerColumns);
}

/** What stands in the metadata of a dataclass's `field(…)`, under the key that its class names for SQLAlchemy. */
function keptForSqlalchemy(
  given: PythonValue,
  owner: PythonClassValue,
  module: LoadedModule,
  models: Models,
): PythonValue {
  const key = memberOf(owner, "__sa_dataclass_metadata_key__", models);
  if (wordOf(given) !== "field" || given.kind !== "call" || key?.kind !== "string") return given;
  const metadata = given.args.named.get("metadata");
  const kept =
    metadata?.kind === "dict" &&
    metadata.entries.find(([one]) => one.kind === "string" && one.value === key.value)?.[1];
  if (!kept) return given;
  return models.settle(kept.kind === "lambda" ? models.call(kept, [], module.run) : kept);
}

/** What a class says of the values that a `composite(…)` of it is made of, in their order. */
function compositeParts(asked: PythonValue, annotation: Annotation | null, models: Models): Annotation[] {
  const first = asked.kind === "call" ? asked.args.positional[0] : undefined;
  const type = annotation?.type ?? (first && models.settle(first));
  const module = type?.kind === "class" ? models.moduleOf(type) : null;
  if (type?.kind !== "class" || !module) return [];
  return attributesOf(type, module, models).flatMap((each) =>
    each.annotation ? [{ ...each.annotation, isMapped: true }] : [],
  );
}

/** What a column is read with. */
export interface Around {
  readonly map: TypeMap;
  readonly models: Models;
  readonly module: LoadedModule;
  readonly at: Span;
}

/** The column that an attribute declares, by its call and its annotation. */
export function columnOf(
  key: string,
  call: PythonCall | null,
  written: Annotation | null,
  { map, models, module, at }: Around,
): ModelColumn {
  // What is annotated counts for `mapped_column(…)`, and for `Column(…)` it does not.
  const annotation = call !== null && wordOf(call) !== "mapped_column" ? null : written;
  const extra = annotation?.extras.map((each) => models.settle(each)).find((each) => isColumnCall(each));
  const parts = [partsOf(call, models), partsOf(extra?.kind === "call" ? extra : null, models)];
  const named = new Map([...(parts[1]?.named ?? []), ...(parts[0]?.named ?? [])]);
  const name = parts[0]?.name ?? parts[1]?.name ?? key;
  const items = parts.flatMap(({ items: own }) => own);
  const insert = named.get("insert_default");
  if (insert) named.set("default", insert);
  const sequence = items.find((item) => wordOf(item) === "Sequence");
  if (sequence) named.set("default", sequence);
  if (annotation?.isMapped && !named.has("nullable") && !isPrimary(named))
    named.set("nullable", { kind: "constant", value: annotation.isNullable });
  let type = parts[0]?.type ?? parts[1]?.type ?? null;
  const refers = items.some((item) => wordOf(item) === "ForeignKey");
  let problem: string | null = null;
  if (type === null && annotation && !refers && (annotation.isMapped || call === null)) {
    type = typeByAnnotation(annotation, map, models);
    if (type === null) problem = `no type is known for ${describe(annotation.type)}`;
  }
  return {
    key,
    name,
    column: columnCall(name, type, items, named),
    source: call,
    module,
    at,
    unsaid: [],
    problem,
  };
}

/** Whether its words make it a part of the primary key. */
export function isPrimary(named: ReadonlyMap<string, PythonValue>): boolean {
  const value = named.get("primary_key");
  return value?.kind === "constant" && value.value === true;
}

/** `Column(name, type, …)` as SQLAlchemy's own constructor takes it. */
export function columnCall(
  name: string,
  type: PythonValue | null,
  items: readonly PythonValue[],
  named: ReadonlyMap<string, PythonValue>,
): PythonCall {
  const others = new Map([...named].filter(([each]) => !/^(name|type_|__name_pos|__type_pos)$/.test(each)));
  return {
    kind: "call",
    callee: sqlalchemy("Column"),
    args: { positional: [stringOf(name), ...(type ? [type] : []), ...items], named: others },
    at: { start: 0, end: 0 },
  };
}

interface ColumnParts {
  readonly name: string | null;
  readonly type: PythonValue | null;
  readonly items: readonly PythonValue[];
  readonly named: ReadonlyMap<string, PythonValue>;
}

/** A column's name, its type and its keys apart, wherever they stand. */
export function partsOf(call: PythonCall | null, models: Models): ColumnParts {
  if (!call) return { name: null, type: null, items: [], named: new Map() };
  const { positional, named } = call.args;
  const given = positional.map((each) => models.settle(each));
  const [first] = given;
  const isNamed = first?.kind === "string" || (first !== undefined && isNone(first));
  const own = named.get("name");
  const text = first?.kind === "string" ? first : own && models.settle(own);
  const rest = isNamed ? given.slice(1) : given;
  const items = rest.filter((each) => schemaItems.test(wordOf(each) ?? ""));
  const types = rest.filter((each) => !schemaItems.test(wordOf(each) ?? "") && !isNone(each));
  const byName = named.get("type_");
  const type = types[0] ?? (byName && !isNone(byName) ? models.settle(byName) : null);
  const clause = items.find((each) => wordOf(each) === "DefaultClause");
  return {
    name: text?.kind === "string" ? text.value : null,
    // A sentinel is a whole number, unless it says otherwise.
    type: type ?? (isSentinel(call) ? sqlalchemy("Integer") : null),
    items,
    named: clause ? new Map([...named, ["server_default", clause]]) : named,
  };
}

const schemaItems =
  /^(ForeignKey|CheckConstraint|UniqueConstraint|PrimaryKeyConstraint|Computed|Identity|Sequence|FetchedValue|DefaultClause|ColumnDefault)$/;

/** What a base says of the types of its models: `type_annotation_map`, its own or its registry's. */
export function typeMapOf(value: PythonClassValue, base: PythonValue, models: Models): TypeMap {
  const given = [
    memberOf(value, "type_annotation_map", models),
    ...[memberOf(value, "registry", models), base].map((each) =>
      each?.kind === "call" ? each.args.named.get("type_annotation_map") : undefined,
    ),
  ].flatMap((each) => (each ? [models.settle(each)] : []));
  return given.flatMap((each) =>
    each.kind === "dict" ? each.entries.map(([key, type]) => [key, models.settle(type)] as const) : [],
  );
}
