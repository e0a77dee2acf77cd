import { directoryOf, fileNameOf, joinPath } from "../paths.ts";
import type { ModelFile } from "../types.ts";
import { parseGo, pointed } from "./go.ts";
import type { GoExpression, GoField, GoFile, GoMethod, GoType, GoTypeDeclaration } from "./go-tree.ts";

/** One file of a program, with its package's place. */
export interface GoUnit {
  readonly path: string;
  readonly text: string;
  readonly file: GoFile;
}

/** What the name of a type stands for. */
export type GoNamed =
  | { readonly kind: "declared"; readonly unit: GoUnit; readonly declaration: GoTypeDeclaration }
  | { readonly kind: "outside"; readonly path: string; readonly name: string }
  | { readonly kind: "builtin"; readonly name: string };

/** The files of a module, or of several, as far as they are known. */
export interface GoProgram {
  readonly units: readonly GoUnit[];
  /** What a type's name means where it is written. */
  named(unit: GoUnit, type: Extract<GoType, { kind: "name" }>): GoNamed;
  /** A method of a declared type, its own or that of a type that is embedded in it. */
  method(named: GoNamed, name: string): { readonly unit: GoUnit; readonly method: GoMethod } | null;
  /** The text that an expression always has; null when that is not known. */
  textOf(unit: GoUnit, expression: GoExpression): string | null;
  /** The folder that an imported package is kept in; null when it belongs to no known module. */
  folderOf(path: string): string | null;
}

/** Puts Go files together by their packages; `go.mod` files among them tell the modules' names. */
export function readProgram(files: readonly ModelFile[]): GoProgram {
  const modules = files.flatMap(({ path, text }) => {
    const name = fileNameOf(path) === "go.mod" ? moduleNameOf(text) : null;
    return name === null ? [] : [{ name, folder: directoryOf(path) }];
  });
  const units = files
    .filter(({ path }) => path.endsWith(".go"))
    .map(({ path, text }) => ({ path, text, file: parseGo(text) }));
  const folders = new Map<string, GoUnit[]>();
  for (const unit of units) {
    const folder = directoryOf(unit.path);
    folders.set(folder, [...(folders.get(folder) ?? []), unit]);
  }
  const declarations = new Map<string, GoNamed>();
  const methods = new Map<string, { readonly unit: GoUnit; readonly method: GoMethod }>();
  for (const unit of units) {
    const folder = directoryOf(unit.path);
    for (const declaration of unit.file.types) {
      declarations.set(`${folder}#${declaration.name}`, { kind: "declared", unit, declaration });
    }
    for (const method of unit.file.methods) {
      methods.set(`${folder}#${method.receiver}.${method.name}`, { unit, method });
    }
  }
  const folderOf = (path: string) => {
    const home = modules.find(({ name }) => path === name || path.startsWith(`${name}/`));
    return home ? joinPath(home.folder, path.slice(home.name.length + 1)).replace(/\/$/, "") : null;
  };
  const importOf = ({ file }: GoUnit, name: string) => file.imports.get(name) ?? null;
  const inFolder = (folder: string, name: string) => declarations.get(`${folder}#${name}`) ?? null;

  const program: GoProgram = {
    units,
    folderOf,
    named(unit, { package: qualifier, name }) {
      if (qualifier === null) {
        return inFolder(directoryOf(unit.path), name) ?? { kind: "builtin", name };
      }
      const path = importOf(unit, qualifier);
      const folder = path === null ? null : folderOf(path);
      const own = folder === null ? null : inFolder(folder, name);
      return own ?? { kind: "outside", path: path ?? qualifier, name };
    },
    method: (named, name) => methodOf(named, name, 0),
    textOf: (unit, expression) => constantOf(unit, expression, 0),
  };

  function methodOf(named: GoNamed, name: string, depth: number): ReturnType<GoProgram["method"]> {
    if (named.kind !== "declared" || depth > 5) return null;
    const { unit, declaration } = named;
    const own = methods.get(`${directoryOf(unit.path)}#${declaration.name}.${name}`);
    if (own) return own;
    const type = pointed(declaration.type);
    if (type.kind === "name" && declaration.isAlias)
      return methodOf(program.named(unit, type), name, depth + 1);
    if (type.kind !== "struct") return null;
    for (const field of type.fields.filter(({ isEmbedded }) => isEmbedded)) {
      const found = methodOf(namedField(unit, field), name, depth + 1);
      if (found) return found;
    }
    return null;
  }

  function namedField(unit: GoUnit, { type, name }: GoField): GoNamed {
    const base = pointed(type);
    return base.kind === "name" ? program.named(unit, base) : { kind: "builtin", name };
  }

  function constantOf(unit: GoUnit, expression: GoExpression, depth: number): string | null {
    if (depth > 10) return null;
    if (expression.kind === "string") return expression.value;
    if (expression.kind === "sum") {
      const left = constantOf(unit, expression.left, depth + 1);
      const right = constantOf(unit, expression.right, depth + 1);
      return left === null || right === null ? null : left + right;
    }
    if (expression.kind === "call" && expression.callee.kind === "name") {
      const [only, ...more] = expression.args;
      const isConversion = expression.callee.package === null && expression.callee.name === "string";
      return isConversion && only && more.length === 0 ? constantOf(unit, only, depth + 1) : null;
    }
    if (expression.kind !== "name") return null;
    const path = expression.package === null ? null : importOf(unit, expression.package);
    const folder = expression.package === null ? directoryOf(unit.path) : path && folderOf(path);
    if (folder === null) return null;
    for (const other of folders.get(folder) ?? []) {
      const value = other.file.constants.get(expression.name);
      if (value) return constantOf(other, value, depth + 1);
    }
    return null;
  }

  return program;
}

/** The name that a `go.mod` gives its module. */
export function moduleNameOf(text: string): string | null {
  return /^\s*module\s+"?([^\s"]+)"?/m.exec(text)?.[1] ?? null;
}
