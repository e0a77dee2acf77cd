import type { PythonValue } from "../code/python-values.ts";
import type { Dialect } from "../types.ts";

/** Names that constraints get by themselves: `MetaData(naming_convention=…)`, by "pk", "fk", "uq", "ix" and "ck". */
export type NamingConvention = Readonly<Record<string, string>>;

/** What the translation of every call leans on. */
export interface Context {
  readonly dialect: Dialect;
  readonly naming: NamingConvention;
  /** The name of an enumeration that this script has created, in SQL: a second table that uses it does not create it again. */
  readonly createdTypes: Set<string>;
  /** Whether columns are named with their tables, as in statements that have several. */
  readonly qualifies: boolean;
  /** Tables of the statements around the one that is rendered. */
  readonly around: ReadonlySet<string>;
  /** Functions of SQL that the project writes in its own way. */
  readonly compiled: ReadonlySet<string>;
  /** What a type of the project's own stands for in this database; null when that cannot be read. */
  readonly ownType: (type: PythonValue) => PythonValue | null;
}
