import type { Run } from "./python-run.ts";
import type { PythonExpression, PythonParameter, PythonStatement } from "./python-tree.ts";
import { type CallArguments, type Scope, stringOf, unknown } from "./python-values.ts";

/** The names that a function's body starts with. */
export function parametersIn(
  parameters: readonly PythonParameter[],
  { positional, named }: CallArguments,
  parent: Scope,
  run: Run,
): Scope {
  const inner: Scope = { names: new Map(), parent };
  let at = 0;
  for (const { name, stars, defaultValue } of parameters) {
    if (stars === "*") {
      inner.names.set(name, { kind: "sequence", type: "tuple", items: positional.slice(at) });
      at = positional.length;
    } else if (stars === "**") {
      const others = [...named].filter(([each]) => !parameters.some((one) => one.name === each));
      inner.names.set(name, {
        kind: "dict",
        entries: others.map(([each, value]) => [stringOf(each), value]),
      });
    } else {
      const given = positional[at] ?? named.get(name);
      if (positional[at]) at += 1;
      inner.names.set(name, given ?? (defaultValue ? run.evaluate(defaultValue, parent) : unknown(name)));
    }
  }
  return inner;
}

/** Names that statements give a value to, at any depth below them. */
export function assignedIn(statements: readonly PythonStatement[]): string[] {
  return statements.flatMap((statement): string[] => {
    switch (statement.kind) {
      case "assign":
        return statement.targets.flat().flatMap(namesIn);
      case "update":
        return namesIn(statement.target);
      case "if":
        return statement.branches.flatMap(({ body }) => assignedIn(body));
      case "for":
        return [...statement.targets.flatMap(namesIn), ...assignedIn(statement.body)];
      case "while":
      case "with":
        return assignedIn(statement.body);
      case "try":
        return [statement.body, ...statement.handlers, statement.otherwise, statement.last].flatMap(
          assignedIn,
        );
      default:
        return [];
    }
  });
}

/** Names that statements give a meaning to: values, functions, classes and imports, in blocks as well. */
export function definedIn(statements: readonly PythonStatement[]): string[] {
  return statements.flatMap((statement): string[] => {
    switch (statement.kind) {
      case "function":
      case "class":
        return [statement.name];
      case "import":
        return statement.names.map(({ name, as }) => as ?? (statement.from === null ? firstOf(name) : name));
      case "if":
        return statement.branches.flatMap(({ body }) => definedIn(body));
      case "with":
      case "for":
      case "while":
        return [...assignedIn([statement]), ...definedIn(statement.body)];
      case "try":
        return [statement.body, ...statement.handlers, statement.otherwise, statement.last].flatMap(
          definedIn,
        );
      default:
        return assignedIn([statement]);
    }
  });
}

function firstOf(path: string): string {
  return path.split(".")[0] ?? path;
}

function namesIn(target: PythonExpression): string[] {
  if (target.kind === "name") return [target.name];
  return target.kind === "sequence" ? target.items.flatMap(({ value }) => namesIn(value)) : [];
}
