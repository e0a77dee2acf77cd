import type { Script } from "./types.ts";

/**
 * Tables, views and schemas that scripts make or name anew, without the schemas that they are in, in lower case. One that they take away before, to put
 * another in its place, was there already.
 */
export function namesMadeBy(scripts: readonly Script[]): string[] {
  const made = new Set<string>();
  const older = new Set<string>();
  for (const one of scripts.flatMap(({ statements }) => statements.flatMap(({ operations }) => operations))) {
    if (one.kind === "createTable") made.add(lastPart(one.table));
    if (one.kind === "createView") made.add(lastPart(one.name));
    if ((one.kind === "dropTable" || one.kind === "renameTable") && !made.has(lastPart(one.table)))
      older.add(lastPart(one.table));
    if (one.kind === "renameTable" || one.kind === "renameObject") made.add(lastPart(one.to));
  }
  return [...[...made].filter((name) => !older.has(name)), ...schemasMadeBy(scripts)];
}

function schemasMadeBy(scripts: readonly Script[]): string[] {
  return scripts.flatMap(({ statements }) =>
    statements.flatMap(({ sql }) => {
      const name = /^\s*CREATE\s+SCHEMA\s+(?:IF\s+NOT\s+EXISTS\s+)?"?([\w$]+)/i.exec(sql)?.[1];
      return name === undefined ? [] : [name.toLowerCase()];
    }),
  );
}

/** Tables, columns, keys, indexes, types and labels that scripts add, each by the name that differences of models have for it. */
export function objectsAddedBy(scripts: readonly Script[]): string[] {
  return scripts
    .flatMap(({ statements }) => statements.flatMap(({ operations }) => operations))
    .flatMap((one) => {
      switch (one.kind) {
        case "createTable":
          return [one.table];
        case "addColumn":
          return [`${one.table}.${one.column.name}`];
        case "createIndex":
          return [`${one.table}(${one.columns.join(", ")})`];
        case "addConstraint":
          return [`${one.table}(${one.constraint.columns.join(", ")})`];
        case "createType":
          return [one.name];
        case "addEnumValue":
          return [`${one.type}.${one.value}`];
        default:
          return [];
      }
    });
}

/** A name without its schema, in lower case. */
export function lastPart(name: string): string {
  return name.split(".").at(-1)?.toLowerCase() ?? name;
}
