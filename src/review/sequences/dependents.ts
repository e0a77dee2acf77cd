import { list } from "../advice.ts";
import { quoteIdentifier, quoteTable } from "../sql/names.ts";
import { say } from "../text.ts";
import type { Constraint, Index, PlannedStep, Schema, Table, Withheld } from "../types.ts";
import { alter, besideTable, concurrently, fileName, isTooLong, tooLong, withName } from "./names.ts";

/** What rests on a column, moved to another one. All but `steps` are statements of the migration in which the new column takes over. */
export interface Moved {
  /** Builds and proves what the new column needs, while others read and write. */
  readonly steps: readonly PlannedStep[];
  /** Takes away what holds the old column, before it is dropped or put aside. */
  readonly detach: readonly string[];
  /** Takes the names from what rests on the old column, where that one stays. */
  readonly putAside: readonly string[];
  /** Gives what was built for the new column the old names. */
  readonly take: readonly string[];
  /** Undoes `take`; `own` is what the new column is called then. */
  giveBack(own: string): readonly string[];
  /** Undoes `putAside` and `detach`, when the old column has its name again. */
  readonly putBack: readonly string[];
  /** The same, where the old column was dropped and added again. */
  readonly rebuild: readonly string[];
  /** Builds what waited beside the old column under the name under which it waits to be dropped. */
  rebuildAside(column: string): readonly string[];
}

/** One thing that rests on the column, as `Moved` has it for all of them. */
interface Dependent extends Partial<Omit<Moved, "steps" | "giveBack">> {
  readonly build?: PlannedStep;
  /** A check or a foreign key: added as NOT VALID, then validated. */
  readonly proof?: Proof;
  /** Undoes `take`, but for what `remake` makes again. */
  readonly untake?: readonly string[];
  remake?(own: string): readonly string[];
}

interface Proof {
  readonly name: string;
  readonly add: string;
  readonly validate: string;
  readonly drop: string;
}

interface Move {
  readonly table: Table;
  readonly column: string;
  readonly to: string;
}

/**
 * The indexes, keys, checks and foreign keys of a column, the foreign keys of other tables that refer to it, and the
 * sequence that it owns, on another column. Withheld where one of them cannot be moved: an exclusion, what is not valid or not
 * enforced, what is partitioned, and names that could not be made longer.
 */
export function moveDependents(schema: Schema, table: Table, column: string, to: string): Moved | Withheld {
  const move = { table, column, to };
  const constraints = table.constraints.filter(({ kind, columns, definition }) =>
    columns.includes(column)
      ? kind !== "not-null"
      : (kind === "check" || kind === "exclude") && mentions(definition, column),
  );
  const referring = schema.tables.flatMap((child) =>
    child.constraints
      .filter(({ references }) => references?.table === table.name && references.columns.includes(column))
      .map((constraint) => ({ child, constraint })),
  );
  const own = referring.find(
    ({ child, constraint }) => child === table && constraint.columns.includes(column),
  );
  if (own) return { withheld: say`${own.constraint.name} holds ${column} to itself` };
  const fixed = referring.find(({ child }) => child.kind !== "table");
  if (fixed)
    return {
      withheld: say`${fixed.constraint.name} of ${fixed.child.name} refers to it, and that one is partitioned`,
    };
  const backing = new Set(constraints.map(({ name }) => name));
  const indexes = table.indexes.filter(
    (index) =>
      !backing.has(index.name) && (index.columns.includes(column) || mentions(index.definition, column)),
  );
  const broken = indexes.find(({ valid }) => !valid);
  if (broken) return { withheld: say`the index ${broken.name} is not valid` };
  const long = indexes.find(({ name }) => isTooLong(name));
  if (long) return { withheld: tooLong(long.name) };
  const isIdentity = table.columns.some(({ name, identity }) => name === column && identity !== null);
  const all = [
    ...schema.sequences
      .filter(({ ownedBy }) => !isIdentity && ownedBy?.table === table.name && ownedBy.column === column)
      .map(({ name }) => movedSequence(name, move)),
    ...indexes.map((index) => movedIndex(index, move)),
    ...constraints.map((constraint) => movedConstraint(constraint, move)),
    ...referring.map(({ child, constraint }) => movedReference(child, constraint, move)),
  ];
  const known = all.filter((one): one is Dependent => !("withheld" in one));
  return all.find((one) => "withheld" in one) ?? together(known, move);
}

function together(all: readonly Dependent[], move: Move): Moved {
  const last = all.toReversed();
  const proofs = all.flatMap(({ proof }) => proof ?? []);
  return {
    steps: [...all.flatMap(({ build }) => build ?? []), ...proofSteps(proofs, move)],
    detach: last.flatMap(({ detach = [] }) => detach),
    putAside: last.flatMap(({ putAside = [] }) => putAside),
    take: all.flatMap(({ take = [] }) => take),
    giveBack: (own) => [
      ...last.flatMap(({ untake = [] }) => untake),
      ...all.flatMap(({ remake }) => remake?.(own) ?? []),
    ],
    putBack: all.flatMap(({ putBack = [] }) => putBack),
    rebuild: all.flatMap(({ rebuild = [] }) => rebuild),
    rebuildAside: (column) => all.flatMap(({ rebuildAside }) => rebuildAside?.(column) ?? []),
  };
}

/** A sequence goes with the column that owns it. */
function movedSequence(name: string, { table, column, to }: Move): Dependent {
  const owned = (by: string) => [
    `ALTER SEQUENCE ${quoteTable(name)} OWNED BY ${quoteTable(table.name)}.${quoteIdentifier(by)}`,
  ];
  return { detach: owned(to), putBack: owned(column), rebuild: owned(column) };
}

function movedIndex(index: Index, { table, column, to }: Move): Dependent {
  const { name, definition } = index;
  const [fresh, aside] = [`${name}_new`, `${name}_old`];
  const rename = (from: string, next: string) => [
    `ALTER INDEX ${besideTable(table.name, from)} RENAME TO ${quoteIdentifier(next)}`,
  ];
  return {
    build: buildStep(table, index, withName(withName(definition, name, fresh), column, to)),
    putAside: rename(name, aside),
    take: rename(fresh, name),
    untake: rename(name, fresh),
    putBack: rename(aside, name),
    rebuild: [definition],
    rebuildAside: (last) => [withName(withName(definition, name, aside), column, last)],
  };
}

function movedConstraint(constraint: Constraint, move: Move): Dependent | Withheld {
  const { kind, name } = constraint;
  const unfit = unfitness(constraint);
  if (unfit) return unfit;
  if (kind === "unique" || kind === "primary-key") return movedKey(constraint, move);
  if (kind === "check")
    return movedCheck(constraint, move, withName(constraint.definition, move.column, move.to));
  if (kind === "foreign-key") return movedForeignKey(constraint, move);
  return { withheld: say`the exclusion ${name} cannot be built while others write` };
}

/** Why no second one of its kind can take its place. */
function unfitness({ name, valid, enforced }: Constraint): Withheld | null {
  if (!valid) return { withheld: say`the constraint ${name} is not valid` };
  if (!enforced) return { withheld: say`the constraint ${name} is not enforced` };
  return isTooLong(name) ? { withheld: tooLong(name) } : null;
}

/** A unique or primary key, whose index is built first. */
function movedKey({ kind, name, definition }: Constraint, { table, column, to }: Move): Dependent | Withheld {
  const index = table.indexes.find((one) => one.name === name);
  if (!index?.valid) return { withheld: say`the index ${name} is not valid` };
  const fresh = `${name}_new`;
  const onColumn = (own: string) => withName(withName(index.definition, name, fresh), column, own);
  const later = /\b(?:NOT )?DEFERRABLE\b.*$/s.exec(definition)?.[0];
  const words = kind === "unique" ? "UNIQUE" : "PRIMARY KEY";
  const using = `ADD CONSTRAINT ${quoteIdentifier(name)} ${words} USING INDEX ${quoteIdentifier(fresh)}`;
  const drop = alter(table.name, `DROP CONSTRAINT ${quoteIdentifier(name)}`);
  const add = alter(table.name, `ADD CONSTRAINT ${quoteIdentifier(name)} ${definition}`);
  return {
    build: buildStep(table, index, onColumn(to)),
    putAside: [drop],
    take: [alter(table.name, later ? `${using} ${later}` : using)],
    untake: [drop],
    remake: (own) => [onColumn(own)],
    putBack: [add],
    rebuild: [add],
  };
}

/** A check or a foreign key: added as NOT VALID, then validated. `moved` is its definition on the new column. */
function movedCheck({ name, definition }: Constraint, { table }: Move, moved: string): Dependent {
  const drop = alter(table.name, `DROP CONSTRAINT ${quoteIdentifier(name)}`);
  const add = alter(table.name, `ADD CONSTRAINT ${quoteIdentifier(name)} ${definition}`);
  return {
    proof: proofOf(table, `${name}_new`, moved),
    putAside: [drop],
    take: [rename(table, name, "from-fresh")],
    untake: [rename(table, name, "to-fresh")],
    putBack: [add],
    rebuild: [add],
  };
}

function movedForeignKey(constraint: Constraint, move: Move): Dependent | Withheld {
  const [, own, rest] = /^(FOREIGN KEY \(.*?\)) (REFERENCES .*)$/s.exec(constraint.definition) ?? [];
  // ON DELETE SET NULL (column): the columns stand behind the table that is referred to.
  if (own === undefined || rest === undefined || /\bSET (?:NULL|DEFAULT) \(/.test(rest))
    return { withheld: say`the foreign key ${constraint.name} names its columns twice` };
  return movedCheck(constraint, move, `${withName(own, move.column, move.to)} ${rest}`);
}

/** Another table's foreign key: it must go before the key that it refers to can, and be there when that one is gone. */
function movedReference(child: Table, constraint: Constraint, move: Move): Dependent | Withheld {
  const { name, definition } = constraint;
  const [, own, target, rest] = /^(FOREIGN KEY \(.*?\) REFERENCES .*?\()(.*?)(\).*)$/s.exec(definition) ?? [];
  const unfit = unfitness(constraint);
  if (unfit) return unfit;
  if (own === undefined || target === undefined)
    return { withheld: say`the foreign key ${name} of ${child.name} refers to it` };
  const refer = (to: string) => `${own}${withName(target, move.column, to)}${rest}`;
  const drop = alter(child.name, `DROP CONSTRAINT ${quoteIdentifier(name)}`);
  const add = (as: string, what: string) =>
    alter(child.name, `ADD CONSTRAINT ${quoteIdentifier(as)} ${what}`);
  return {
    proof: proofOf(child, `${name}_new`, refer(move.to)),
    detach: [drop],
    take: [rename(child, name, "from-fresh")],
    untake: [drop],
    remake: (to) => [add(`${name}_new`, refer(to))],
    putBack: [add(name, definition)],
    rebuild: [add(name, definition)],
  };
}

function rename({ name: table }: Table, name: string, direction: "from-fresh" | "to-fresh"): string {
  const [plain, fresh] = [quoteIdentifier(name), quoteIdentifier(`${name}_new`)];
  const [from, to] = direction === "from-fresh" ? [fresh, plain] : [plain, fresh];
  return alter(table, `RENAME CONSTRAINT ${from} TO ${to}`);
}

function buildStep({ name: table }: Table, { name }: Index, definition: string): PlannedStep {
  return {
    phase: "migrate",
    title: say`Build ${name} for the new column, while others read and write.`,
    name: fileName("build", name, "new"),
    up: [concurrently(definition)],
    down: [`DROP INDEX CONCURRENTLY ${besideTable(table, `${name}_new`)}`],
    outsideTransaction: true,
  };
}

function proofOf({ name: table }: Table, name: string, definition: string): Proof {
  const quoted = quoteIdentifier(name);
  return {
    name,
    add: alter(table, `ADD CONSTRAINT ${quoted} ${definition} NOT VALID`),
    validate: alter(table, `VALIDATE CONSTRAINT ${quoted}`),
    drop: alter(table, `DROP CONSTRAINT ${quoted}`),
  };
}

function proofSteps(proofs: readonly Proof[], { table: { name: table }, to }: Move): PlannedStep[] {
  if (proofs.length === 0) return [];
  const names = list(proofs.map(({ name }) => name));
  const add = proofs.map((proof) => proof.add);
  const drop = proofs.toReversed().map((proof) => proof.drop);
  return [
    {
      phase: "migrate",
      title: say`Hold new and changed rows to ${names}; the others are not looked at.`,
      name: fileName("add", table, to, "constraints"),
      up: add,
      down: drop,
      outsideTransaction: false,
    },
    {
      phase: "migrate",
      title: say`Check the rows that are there, while others read and write.`,
      name: fileName("validate", table, to, "constraints"),
      up: proofs.map((proof) => proof.validate),
      down: [...drop, ...add],
      outsideTransaction: false,
    },
  ];
}

function mentions(definition: string, column: string): boolean {
  return withName(definition, column, `${column}?`) !== definition;
}
