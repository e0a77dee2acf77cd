import { describe } from "../code/python-run.ts";
import { calleeOf, type PythonValue } from "../code/python-values.ts";
import { quoteName, stringIn } from "./names.ts";
import { unreadable } from "./unreadable.ts";

/** Functions, triggers, views and extensions of alembic_utils, whose operations are named `create_entity` and so on. */
export function entitySql(operation: string, entity: PythonValue | undefined): string[] {
  const word = entity && calleeOf(entity);
  if (entity?.kind !== "call" || !word)
    return unreadable(`an entity is ${entity ? describe(entity) : "missing"}, known only when it runs`);
  const { positional, named } = entity.args;
  const of = (i: number, key: string) => stringIn(named.get(key) ?? positional[i], key).trim();
  const schema = quoteName(of(0, "schema"));
  const verb = operation.split("_")[0] ?? "";
  switch (word) {
    case "PGExtension":
      return verb === "drop"
        ? [`DROP EXTENSION "${of(1, "signature")}"`]
        : [`CREATE EXTENSION "${of(1, "signature")}" WITH SCHEMA ${schema}`];
    case "PGFunction":
      return functionSql(verb, schema, of(1, "signature"), () => of(2, "definition"));
    case "PGTrigger": {
      const on = of(3, "on_entity");
      const name = quoteName(of(1, "signature"));
      const drop = `DROP TRIGGER ${name} ON ${on}`;
      const create = () => createTrigger(name, on, of(2, "definition"));
      if (verb === "drop") return [drop];
      return verb === "replace" ? [drop, create()] : [create()];
    }
    case "PGView":
    case "PGMaterializedView": {
      const kind = word === "PGView" ? "VIEW" : "MATERIALIZED VIEW";
      const name = `${schema}.${quoteName(of(1, "signature"))}`;
      if (verb === "drop") return [`DROP ${kind} ${name}`];
      const definition = () => of(2, "definition").replace(/;\s*$/, "");
      return [
        `CREATE ${verb === "replace" && word === "PGView" ? "OR REPLACE " : ""}${kind} ${name} AS ${definition()}`,
      ];
    }
    default:
      return unreadable(`${describe(entity)} is an entity that is not followed`);
  }
}

function functionSql(verb: string, schema: string, signature: string, definition: () => string): string[] {
  const [, name = "", parameters = "()"] = /^([^(]+)(\(.*\))?$/s.exec(signature) ?? [];
  const own = `${schema}.${quoteName(name.trim())}`;
  if (verb === "drop") return [`DROP FUNCTION ${own}${parameters.replace(/\s+default\s+[^,)]+/gi, "")}`];
  return [`CREATE ${verb === "replace" ? "OR REPLACE " : ""}FUNCTION ${own}${parameters} ${definition()}`];
}

function createTrigger(name: string, on: string, definition: string): string {
  const [, isConstraint = "", rest = ""] =
    /^(?:CREATE\s+(CONSTRAINT\s+)?TRIGGER\s+\S+\s+)?(.*)$/is.exec(definition) ?? [];
  const body = rest.includes(on) || / ON /i.test(rest) ? rest : rest.replace(/\b(FOR EACH)/i, `ON ${on} $1`);
  return `CREATE ${isConstraint}TRIGGER ${name} ${body}`;
}
