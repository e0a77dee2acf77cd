import type { Span } from "../types.ts";

/** A TypeScript or JavaScript file as far as it is followed: declarations, and the expressions that they hold. Types are left out. */
export type TypeScriptModule =
  | {
      readonly kind: "module";
      readonly body: readonly TypeScriptStatement[];
      /** Names that are given another value, or are changed in place, after they are declared. */
      readonly changed: ReadonlySet<string>;
    }
  | { readonly kind: "unreadable"; readonly reason: string };

export type TypeScriptStatement =
  | {
      readonly kind: "import";
      readonly from: string;
      /** `default` and `*` stand for themselves. */
      readonly names: readonly { readonly name: string; readonly as: string }[];
    }
  | {
      readonly kind: "export";
      /** null for names of the file itself. */
      readonly from: string | null;
      readonly names: readonly { readonly name: string; readonly as: string }[];
    }
  | { readonly kind: "export all"; readonly from: string }
  | {
      readonly kind: "declare";
      readonly pattern: TypeScriptPattern;
      readonly value: TypeScriptExpression | null;
      readonly isExported: boolean;
    }
  | { readonly kind: "export default"; readonly value: TypeScriptExpression }
  /** `module.exports = …`, `exports.x = …`: the name is null for the first. */
  | { readonly kind: "assign exports"; readonly name: string | null; readonly value: TypeScriptExpression }
  | { readonly kind: "return"; readonly value: TypeScriptExpression | null }
  | {
      readonly kind: "if";
      readonly test: TypeScriptExpression;
      readonly whenTrue: readonly TypeScriptStatement[];
      readonly otherwise: readonly TypeScriptStatement[];
    }
  | { readonly kind: "throw" }
  | { readonly kind: "expression"; readonly value: TypeScriptExpression }
  /** Anything else that may have an effect. */
  | { readonly kind: "other"; readonly node: string };

/** What a declaration or a parameter takes apart. */
export type TypeScriptPattern =
  | { readonly kind: "name"; readonly name: string }
  | {
      readonly kind: "object";
      readonly entries: readonly { readonly key: string; readonly value: TypeScriptPattern }[];
      readonly rest: string | null;
    }
  | {
      readonly kind: "array";
      readonly items: readonly (TypeScriptPattern | null)[];
      readonly rest: string | null;
    }
  | {
      readonly kind: "default";
      readonly target: TypeScriptPattern;
      readonly value: TypeScriptExpression;
    }
  | { readonly kind: "other" };

export type TypeScriptExpression = TypeScriptShape & { readonly at: Span };

type TypeScriptShape =
  | { readonly kind: "string"; readonly value: string }
  | { readonly kind: "number"; readonly value: number }
  | { readonly kind: "bigint"; readonly value: string }
  | { readonly kind: "boolean"; readonly value: boolean }
  | { readonly kind: "null" }
  | {
      readonly kind: "template";
      /** Null for the text itself; else the tag that is called with it. */
      readonly tag: TypeScriptExpression | null;
      readonly texts: readonly string[];
      readonly values: readonly TypeScriptExpression[];
    }
  | { readonly kind: "array"; readonly items: readonly TypeScriptItem[] }
  | { readonly kind: "object"; readonly entries: readonly TypeScriptEntry[] }
  | { readonly kind: "name"; readonly name: string }
  | {
      readonly kind: "member";
      readonly object: TypeScriptExpression;
      readonly property: string | TypeScriptExpression;
      /** `a?.b`, and what goes on from there: nothing where there is no object. */
      readonly isOptional: boolean;
    }
  | {
      readonly kind: "call";
      readonly callee: TypeScriptExpression;
      readonly args: readonly TypeScriptItem[];
      readonly isNew: boolean;
    }
  | TypeScriptFunction
  | {
      readonly kind: "conditional";
      readonly test: TypeScriptExpression;
      readonly whenTrue: TypeScriptExpression;
      readonly otherwise: TypeScriptExpression;
    }
  | {
      readonly kind: "binary";
      readonly operator: string;
      readonly left: TypeScriptExpression;
      readonly right: TypeScriptExpression;
    }
  | { readonly kind: "unary"; readonly operator: string; readonly value: TypeScriptExpression }
  | { readonly kind: "other"; readonly node: string };

export interface TypeScriptFunction {
  readonly kind: "function";
  readonly parameters: readonly TypeScriptPattern[];
  readonly rest: string | null;
  readonly body: readonly TypeScriptStatement[];
  /** As `changed` of a module. */
  readonly changed: ReadonlySet<string>;
}

export interface TypeScriptItem {
  readonly value: TypeScriptExpression;
  readonly isSpread: boolean;
}

export type TypeScriptEntry =
  | {
      readonly kind: "property";
      readonly key: string | TypeScriptExpression;
      readonly value: TypeScriptExpression;
      readonly at: Span;
    }
  | { readonly kind: "spread"; readonly value: TypeScriptExpression; readonly at: Span };
