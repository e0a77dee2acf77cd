import type { Span } from "../types.ts";

interface At {
  readonly at: Span;
}

/** One piece of a string: characters, each with its offset in the file, or an expression between braces. */
export type StringPart =
  | { readonly kind: "text"; readonly value: string; readonly offsets: readonly number[] }
  | { readonly kind: "field"; readonly value: PythonExpression; readonly plain: boolean };

export interface PythonArgument {
  readonly name: string | null;
  readonly stars: "" | "*" | "**";
  readonly value: PythonExpression;
}

export interface PythonParameter {
  readonly name: string;
  readonly stars: "" | "*" | "**";
  readonly defaultValue: PythonExpression | null;
}

export interface PythonComprehension {
  readonly targets: readonly PythonExpression[];
  readonly iterable: PythonExpression;
  readonly conditions: readonly PythonExpression[];
}

/** What a Python expression can be, as far as constants are read from it. */
export type PythonExpression =
  | ({ readonly kind: "name"; readonly name: string } & At)
  | ({ readonly kind: "string"; readonly parts: readonly StringPart[] } & At)
  | ({ readonly kind: "number"; readonly text: string } & At)
  | ({ readonly kind: "constant"; readonly value: boolean | null } & At)
  | ({
      readonly kind: "sequence";
      readonly type: SequenceType;
      readonly items: readonly PythonArgument[];
    } & At)
  | ({
      readonly kind: "dict";
      readonly entries: readonly {
        readonly key: PythonExpression | null;
        readonly value: PythonExpression;
      }[];
    } & At)
  | ({ readonly kind: "attribute"; readonly object: PythonExpression; readonly name: string } & At)
  | ({ readonly kind: "subscript"; readonly object: PythonExpression; readonly index: PythonExpression } & At)
  | ({
      readonly kind: "call";
      readonly callee: PythonExpression;
      readonly args: readonly PythonArgument[];
    } & At)
  | ({ readonly kind: "unary"; readonly operator: string; readonly operand: PythonExpression } & At)
  | ({
      readonly kind: "binary";
      readonly operator: string;
      readonly left: PythonExpression;
      readonly right: PythonExpression;
    } & At)
  | ({
      readonly kind: "conditional";
      readonly test: PythonExpression;
      readonly body: PythonExpression;
      readonly otherwise: PythonExpression;
    } & At)
  | ({
      readonly kind: "comprehension";
      readonly type: SequenceType | "dict";
      readonly key: PythonExpression | null;
      readonly value: PythonExpression;
      readonly clauses: readonly PythonComprehension[];
    } & At)
  | ({
      readonly kind: "lambda";
      readonly parameters: readonly PythonParameter[];
      readonly value: PythonExpression;
    } & At)
  | ({ readonly kind: "assigned"; readonly name: string; readonly value: PythonExpression } & At)
  | ({ readonly kind: "other"; readonly node: string } & At);

export type SequenceType = "list" | "tuple" | "set";

export interface PythonFunction extends At {
  readonly kind: "function";
  readonly name: string;
  readonly parameters: readonly PythonParameter[];
  /** The type behind the arrow. */
  readonly returns: PythonExpression | null;
  readonly body: readonly PythonStatement[];
  readonly decorators: readonly PythonExpression[];
}

export interface PythonClass extends At {
  readonly kind: "class";
  readonly name: string;
  readonly bases: readonly PythonArgument[];
  readonly body: readonly PythonStatement[];
  readonly decorators: readonly PythonExpression[];
}

/** What a Python statement can be, as far as it is followed. */
export type PythonStatement =
  | PythonFunction
  | PythonClass
  | ({
      readonly kind: "import";
      /** The dotted module of a `from` import, with its leading dots; null otherwise. */
      readonly from: string | null;
      readonly names: readonly { readonly name: string; readonly as: string | null }[];
    } & At)
  | ({
      readonly kind: "assign";
      readonly targets: readonly (readonly PythonExpression[])[];
      /** The type behind a colon. */
      readonly annotation: PythonExpression | null;
      readonly value: PythonExpression | null;
    } & At)
  | ({
      readonly kind: "update";
      readonly target: PythonExpression;
      readonly operator: string;
      readonly value: PythonExpression;
    } & At)
  | ({ readonly kind: "expression"; readonly value: PythonExpression } & At)
  | ({
      readonly kind: "if";
      readonly branches: readonly {
        readonly test: PythonExpression | null;
        readonly body: readonly PythonStatement[];
      }[];
    } & At)
  | ({
      readonly kind: "for";
      readonly targets: readonly PythonExpression[];
      readonly iterable: PythonExpression;
      readonly body: readonly PythonStatement[];
      readonly otherwise: readonly PythonStatement[];
    } & At)
  | ({
      readonly kind: "while";
      readonly test: PythonExpression;
      readonly body: readonly PythonStatement[];
    } & At)
  | ({
      readonly kind: "with";
      readonly items: readonly { readonly value: PythonExpression; readonly as: PythonExpression | null }[];
      readonly body: readonly PythonStatement[];
    } & At)
  | ({
      readonly kind: "try";
      readonly body: readonly PythonStatement[];
      readonly handlers: readonly (readonly PythonStatement[])[];
      readonly otherwise: readonly PythonStatement[];
      readonly last: readonly PythonStatement[];
    } & At)
  | ({ readonly kind: "return"; readonly value: PythonExpression | null } & At)
  | ({ readonly kind: "raise"; readonly value: PythonExpression | null } & At)
  | ({ readonly kind: "pass" | "break" | "continue" } & At)
  | ({ readonly kind: "other"; readonly node: string } & At);

/** A module's statements; or the place of the first thing that is no Python. */
export type PythonModule =
  | { readonly kind: "module"; readonly text: string; readonly body: readonly PythonStatement[] }
  | { readonly kind: "unreadable"; readonly at: Span };
