import type { LoadedModule } from "../code/python-modules.ts";
import type { Run } from "../code/python-run.ts";
import { calleeOf, type PythonValue, pathOf, type Scope, stringOf } from "../code/python-values.ts";

export type PythonClassValue = Extract<PythonValue, { kind: "class" }>;

/** What the reading of models leans on: names of other modules, and where a class stands. */
export interface Models {
  settle(value: PythonValue): PythonValue;
  /** The module whose names a class sees. */
  moduleOf(value: { readonly scope: Scope }): LoadedModule | null;
  /** Calls a function of the project; what it gives is not known where only a run shows which way it goes. */
  call(callee: PythonValue, positional: readonly PythonValue[], run: Run): PythonValue;
  /** Classes that inherit from one with a table, as far as that was seen. */
  readonly inheriting: Set<PythonValue>;
}

/** A base that is no class of the project: `db.Model`, `declarative_base()`, `SQLModel`, a class of a library. */
export interface Lineage {
  /** The class and what it inherits from, nearest first, as Python looks attributes up. */
  readonly classes: readonly PythonClassValue[];
  /** What is inherited from outside, by its path or the call that made it. */
  readonly outside: readonly PythonValue[];
}

const lineages = new WeakMap<PythonClassValue, Lineage>();

/** The method resolution order of a class, as far as the project defines it (Python, "The Python 2.3 Method Resolution Order"). */
export function lineageOf(value: PythonClassValue, models: Models): Lineage {
  const known = lineages.get(value);
  if (known) return known;
  // A class that inherits from itself ends here.
  lineages.set(value, { classes: [value], outside: [] });
  const bases = basesOf(value, models);
  const outside: PythonValue[] = [];
  const orders: PythonClassValue[][] = [];
  const direct: PythonClassValue[] = [];
  for (const base of bases) {
    const own = base.kind === "call" ? settledArgument(base, "cls", models) : null;
    if (base.kind === "class") {
      const lineage = lineageOf(base, models);
      orders.push([...lineage.classes]);
      outside.push(...lineage.outside);
      direct.push(base);
    } else {
      outside.push(base);
      // `declarative_base(cls=Base)`: what that class has, its children have.
      if (own?.kind === "class") {
        const lineage = lineageOf(own, models);
        orders.push([...lineage.classes]);
        outside.push(...lineage.outside);
        direct.push(own);
      }
    }
  }
  const lineage = { classes: [value, ...merge([...orders, direct])], outside };
  lineages.set(value, lineage);
  return lineage;
}

function settledArgument(call: PythonValue, name: string, models: Models): PythonValue | null {
  const given = call.kind === "call" ? call.args.named.get(name) : undefined;
  return given ? models.settle(given) : null;
}

function merge(orders: PythonClassValue[][]): PythonClassValue[] {
  const merged: PythonClassValue[] = [];
  let left = orders.filter((order) => order.length > 0);
  while (left.length > 0) {
    const heads = left.flatMap(([head]) => head ?? []);
    const next =
      heads.find((head) => !left.some((order) => order.indexOf(head) > 0)) ?? (heads[0] as PythonClassValue);
    merged.push(next);
    left = left.map((order) => order.filter((each) => each !== next)).filter((order) => order.length > 0);
  }
  return merged;
}

/** What stands between the parentheses of a class, names of other modules followed. */
export function basesOf({ definition, scope }: PythonClassValue, models: Models): PythonValue[] {
  const module = models.moduleOf({ scope });
  if (!module) return [];
  return definition.bases
    .filter(({ name }) => name === null)
    .map(({ value }) => {
      const base = models.settle(module.run.evaluate(value, scope));
      // `Generic[T]`, `Base[T]`
      return base.kind === "subscript" ? models.settle(base.object) : base;
    });
}

/** What a class is given beside its bases: `table=True`. */
export function keywordOf(
  { definition, scope }: PythonClassValue,
  keyword: string,
  run: Run,
): PythonValue | undefined {
  const argument = definition.bases.find(({ name }) => name === keyword);
  return argument && run.evaluate(argument.value, scope);
}

/** The nearest value of a name in a class and what it inherits from. */
export function memberOf(value: PythonClassValue, name: string, models: Models): PythonValue | undefined {
  for (const { members } of lineageOf(value, models).classes) {
    const found = members.names.get(name);
    if (found) return found;
  }
  return undefined;
}

/** Whether an attribute is made anew for every class that inherits it: `@declared_attr.cascading`. */
export function isCascading(value: PythonValue | undefined): boolean {
  return (
    value?.kind === "function" &&
    value.definition.decorators.some((one) => one.kind === "attribute" && one.name === "cascading")
  );
}

/** Whether a function of a class is called when its attribute is asked for: `@declared_attr`, `@property`, `@classproperty`. */
export function isComputed(value: PythonValue): boolean {
  return (
    value.kind === "function" &&
    value.definition.decorators.some((decorator) => {
      let at = decorator;
      const words: string[] = [];
      while (at.kind === "attribute") {
        words.push(at.name);
        at = at.object;
      }
      if (at.kind === "name") words.push(at.name);
      return words.some((word) =>
        /^(declared_attr|declared_directive|property|classproperty|classattribute)$/.test(word),
      );
    })
  );
}

/** The words that a class and its bases outside of the project are told by. */
export type Root =
  | { readonly kind: "declarative"; readonly base: PythonValue }
  | { readonly kind: "flask"; readonly base: PythonValue }
  | { readonly kind: "sqlmodel"; readonly base: PythonValue };

/** What makes a class a model: the declarative base that it inherits from; null when none does. */
export function rootOf(value: PythonClassValue, models: Models): Root | null {
  const { classes, outside } = lineageOf(value, models);
  for (const base of outside) {
    const path = pathOf(base) ?? "";
    const called = calleeOf(base);
    if (/^sqlmodel(\.main)?\.SQLModel$/.test(path))
      return { kind: "sqlmodel", base: { kind: "name", path: "sqlmodel.SQLModel" } };
    if (/(^|\.)DeclarativeBase(NoMeta)?$/.test(path) && path.startsWith("sqlalchemy.")) {
      // The class that inherits from it directly is the base of all that follow.
      const direct = classes.find((each) => basesOf(each, models).some((one) => pathOf(one) === path));
      return direct ? { kind: "declarative", base: direct } : null;
    }
    if (called === "declarative_base" || called === "automap_base") return { kind: "declarative", base };
    if (base.kind === "call" && base.callee.kind === "attribute" && base.callee.name === "generate_base")
      return { kind: "declarative", base: base.callee.object };
    if (base.kind === "attribute" && base.name === "Model" && isFlask(base.object, models))
      return { kind: "flask", base: base.object };
  }
  const decorated = classes.find((each) =>
    decoratorsOf(each, models).some((word) => /(^|\.)as_declarative(_base)?$/.test(word)),
  );
  if (decorated) return { kind: "declarative", base: decorated };
  const mapped = classes.find((each) =>
    decoratorsOf(each, models).some((word) => /\.mapped(_as_dataclass)?$/.test(word)),
  );
  return mapped ? { kind: "declarative", base: registryOf(mapped, models) } : null;
}

/**
 * The registry that a class is given to, whose metadata has its table or those of its children: `@mapper.mapped`,
 * `@mapper.as_declarative_base()`; the class itself where there is none.
 */
export function registryOf(value: PythonClassValue, models: Models): PythonValue {
  const module = models.moduleOf(value);
  for (const decorator of value.definition.decorators) {
    const callee = decorator.kind === "call" ? decorator.callee : decorator;
    // `@mapped_as_dataclass(registry)` of a module, or the registry's own.
    const [first] = decorator.kind === "call" ? decorator.args : [];
    const given = callee.kind === "attribute" && givesTo.test(callee.name) ? callee.object : first?.value;
    const registry = module && given && models.settle(module.run.evaluate(given, value.scope));
    if (registry?.kind === "call") return registry;
  }
  return value;
}

const givesTo = /^(mapped(_as_dataclass)?|as_declarative_base)$/;

/** `db = SQLAlchemy()` of Flask-SQLAlchemy, or of a class derived from it. */
export function isFlask(value: PythonValue, models: Models): boolean {
  const settled = models.settle(value);
  if (settled.kind !== "call") return false;
  const callee = models.settle(settled.callee);
  if (callee.kind === "class")
    return lineageOf(callee, models).outside.some((base) => /(^|\.)SQLAlchemy$/.test(pathOf(base) ?? ""));
  return /(^|\.)SQLAlchemy$/.test(pathOf(callee) ?? "");
}

/** The decorators of a class, as dotted words. */
export function decoratorsOf({ definition, scope }: PythonClassValue, models: Models): string[] {
  return definition.decorators.flatMap((decorator) => {
    let at = decorator.kind === "call" ? decorator.callee : decorator;
    const words: string[] = [];
    while (at.kind === "attribute") {
      words.unshift(at.name);
      at = at.object;
    }
    if (at.kind === "name") {
      const found = scope.names.get(at.name);
      const path = found && pathOf(models.settle(found));
      words.unshift(path ?? at.name);
    }
    return words.join(".");
  });
}

/** Whether a class is an enumeration of Python's own. */
export function isEnum(value: PythonClassValue, models: Models): boolean {
  return lineageOf(value, models).outside.some((base) =>
    /(^|\.)(Str|Int)?(Enum|Flag)$|Enum(Meta)?$/.test(pathOf(base) ?? ""),
  );
}

/** What is known of a class by asking it, as a method would. */
export function classAttribute(
  value: PythonClassValue,
  name: string,
  run: Run,
  models: Models,
): PythonValue | null {
  if (name === "__name__" || name === "__qualname__") return stringOf(value.definition.name);
  if (isEnum(value, models)) return null;
  const member = memberOf(value, name, models);
  if (!member) return null;
  if (isComputed(member)) {
    // A column that is made for each class is told by its name.
    const made = models.call(member, [value], run);
    return isColumnCall(made) ? { kind: "attribute", object: value, name } : made;
  }
  if (isColumnCall(member)) return { kind: "attribute", object: value, name };
  return member;
}

/** `Column(…)` and `mapped_column(…)`, also within `deferred(…)` and `column_property(…)`. */
export function isColumnCall(value: PythonValue): boolean {
  return /^(Column|mapped_column|(orm_)?insert_sentinel)$/.test(wordOf(value) ?? "");
}

/** `insert_sentinel(…)`: a column by which rows are told apart, and no attribute of its class. */
export function isSentinel(value: PythonValue): boolean {
  return /^(orm_)?insert_sentinel$/.test(wordOf(value) ?? "");
}

/** The last word of what is called: `Column` of `sa.Column(…)` and of `db.Column(…)`. */
export function wordOf(value: PythonValue): string | null {
  if (value.kind !== "call") return null;
  return calleeOf(value) ?? (value.callee.kind === "attribute" ? value.callee.name : null);
}
