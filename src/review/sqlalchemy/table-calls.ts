import type { LoadedModule } from "../code/python-modules.ts";
import { describe } from "../code/python-run.ts";
import { isNone, type PythonCall, type PythonValue, pathOf } from "../code/python-values.ts";
import { sqlalchemy } from "./annotations.ts";
import { isColumnCall, lineageOf, type Models, type PythonClassValue, wordOf } from "./classes.ts";
import { attributesOf, columnCall, columnOf, type ModelColumn, partsOf } from "./columns.ts";
import { metadataOf, ofBase } from "./metadata.ts";
import { type LostModel, type ModelTable, newTable, withSchema } from "./model-table.ts";

/** `Table("a", metadata, Column(…), …)`. */
export function readTableCall(
  call: PythonCall,
  module: LoadedModule,
  models: Models,
  lost: LostModel[],
): ModelTable | null {
  const [first, ...rest] = call.args.positional.map((each) => models.settle(each));
  const isFlaskTable = call.callee.kind === "attribute" && pathOf(call.callee) === null;
  const name = first ?? call.args.named.get("name");
  if (name?.kind !== "string") {
    lost.push({ module, at: call.at, reason: "a table's name is known only when it runs" });
    return null;
  }
  const second = rest[0] ?? call.args.named.get("metadata");
  const given = second ? metadataOf(second, models) : null;
  const metadata =
    given ??
    (isFlaskTable && call.callee.kind === "attribute" ? ofBase(models.settle(call.callee.object)) : null);
  if (!metadata) {
    lost.push({ module, at: call.at, reason: `the metadata of ${name.value} is known only when it runs` });
    return null;
  }
  const items = given && rest.length > 0 ? rest.slice(1) : rest;
  const table = newTable(name.value, metadata, [], { module, at: call.at, owner: null, source: call });
  for (const [key, value] of call.args.named) table.named.set(key, models.settle(value));
  for (const item of items) {
    const typed = item.kind === "class" ? typedColumns(item, models) : null;
    if (typed) table.columns.push(...typed);
    else if (isColumnCall(item) && item.kind === "call")
      table.columns.push(tableColumn(item, module, models));
    else if (item.kind === "call") table.items.push(item);
    else
      table.lost.push({ module, at: call.at, reason: `it has ${describe(item)}, known only when it runs` });
  }
  if (isReflected(table.named)) {
    lost.push({ module, at: call.at, reason: `${name.value} takes its columns from the database` });
    return null;
  }
  return withSchema(table);
}

/** The columns that a class of `TypedColumns` declares; null for another class. */
function typedColumns(value: PythonClassValue, models: Models): ModelColumn[] | null {
  const { classes, outside } = lineageOf(value, models);
  if (!outside.some((base) => /^sqlalchemy\.(.*\.)?TypedColumns$/.test(pathOf(base) ?? ""))) return null;
  const found = new Map<string, ModelColumn>();
  for (const each of classes.toReversed()) {
    const module = models.moduleOf(each);
    if (!module) continue;
    for (const { name, at, value: given, annotation } of attributesOf(each, module, models)) {
      const source = given && models.settle(given);
      if (/^__\w+__$/.test(name) || (source ? !isColumnCall(source) : !annotation)) continue;
      // Here an annotation counts for `Column(…)` as it does for `mapped_column(…)` elsewhere.
      const call = source?.kind === "call" ? { ...source, callee: sqlalchemy("mapped_column") } : null;
      const around = { map: [], models, module, at };
      found.set(name, {
        ...columnOf(name, call, annotation && { ...annotation, isMapped: true }, around),
        source,
      });
    }
  }
  return [...found.values()];
}

function isReflected(named: ReadonlyMap<string, PythonValue>): boolean {
  const found = named.get("autoload_with") ?? named.get("autoload");
  return found !== undefined && !isNone(found);
}

/** A column of a `Table`, which is asked for by its key where it has one. */
export function tableColumn(call: PythonCall, module: LoadedModule, models: Models): ModelColumn {
  const { name, type, items, named } = partsOf(call, models);
  const own = new Map(named);
  const sequence = items.find((item) => wordOf(item) === "Sequence");
  if (sequence) own.set("default", sequence);
  const key = named.get("key");
  return {
    key: key?.kind === "string" ? key.value : (name ?? ""),
    name: name ?? "",
    column: columnCall(name ?? "", type, items, own),
    source: call,
    module,
    at: call.at,
    unsaid: [],
    problem: null,
  };
}
