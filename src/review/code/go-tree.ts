import type { Span } from "../types.ts";

interface At {
  readonly at: Span;
}

/** A type as it is written; `package` is the name that the file calls it by. */
export type GoType =
  | {
      readonly kind: "name";
      readonly package: string | null;
      readonly name: string;
      readonly args: readonly GoType[];
    }
  | { readonly kind: "pointer"; readonly to: GoType }
  | { readonly kind: "slice"; readonly of: GoType }
  | { readonly kind: "array"; readonly of: GoType }
  | { readonly kind: "struct"; readonly fields: readonly GoField[]; readonly at: Span }
  | { readonly kind: "other"; readonly node: string };

/** One name of a field; an embedded one has the name of its type. */
export interface GoField extends At {
  readonly name: string;
  readonly isEmbedded: boolean;
  readonly type: GoType;
  /** What the tag's text is, unquoted; null without one. */
  readonly tag: string | null;
}

export interface GoTypeDeclaration extends At {
  readonly name: string;
  readonly parameters: readonly string[];
  /** Whether it only is another name of the type: `type A = B`. */
  readonly isAlias: boolean;
  readonly type: GoType;
}

export interface GoMethod extends At {
  /** The receiver's type. */
  readonly receiver: string;
  readonly name: string;
  /** How many values it takes. */
  readonly takes: number;
  /** What its returns give, each as a list; null for a return whose values are named elsewhere. */
  readonly returns: readonly (readonly GoExpression[])[];
  /** Whether it does nothing but return once. */
  readonly isPlain: boolean;
}

/** What an expression can be, as far as constants and the types of values are read from it. */
export type GoExpression =
  | ({ readonly kind: "string"; readonly value: string } & At)
  | ({ readonly kind: "number"; readonly text: string } & At)
  | ({ readonly kind: "boolean"; readonly value: boolean } & At)
  | ({ readonly kind: "name"; readonly package: string | null; readonly name: string } & At)
  | ({ readonly kind: "sum"; readonly left: GoExpression; readonly right: GoExpression } & At)
  | ({ readonly kind: "call"; readonly callee: GoExpression; readonly args: readonly GoExpression[] } & At)
  | ({ readonly kind: "literal"; readonly type: GoType; readonly entries: readonly GoEntry[] } & At)
  | ({ readonly kind: "new"; readonly type: GoType } & At)
  | ({ readonly kind: "address"; readonly of: GoExpression } & At)
  | ({ readonly kind: "member"; readonly of: GoExpression; readonly name: string } & At)
  | ({ readonly kind: "other"; readonly node: string } & At);

export interface GoEntry {
  /** The field that is named; null where values stand in a row. */
  readonly key: string | null;
  readonly value: GoExpression;
}

export interface GoCall extends At {
  /** The last name of what is called: `AutoMigrate` of `db.AutoMigrate`. */
  readonly name: string;
  readonly args: readonly GoExpression[];
}

/** What stands at the top of a Go file, and the calls and literals anywhere in it. */
export interface GoFile {
  readonly package: string;
  /** Paths by the names that the file knows them by. */
  readonly imports: ReadonlyMap<string, string>;
  readonly types: readonly GoTypeDeclaration[];
  readonly methods: readonly GoMethod[];
  readonly constants: ReadonlyMap<string, GoExpression>;
  readonly calls: readonly GoCall[];
  readonly literals: readonly Extract<GoExpression, { kind: "literal" }>[];
  /** Where the grammar was lost; empty when all was read. */
  readonly wrong: readonly Span[];
}
