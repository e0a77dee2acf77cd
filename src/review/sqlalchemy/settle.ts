import { isTrue } from "../alembic/types.ts";
import { Unreadable } from "../alembic/unreadable.ts";
import { type PythonCall, type PythonValue, stringOf } from "../code/python-values.ts";
import { type Models, wordOf } from "./classes.ts";
import type { ModelColumn } from "./columns.ts";
import { readySequence } from "./items.ts";
import type { ModelTable } from "./model-table.ts";
import { fullName, ownTypeOf, plain, type References } from "./references.ts";

/** Makes columns and other parts of a table what Alembic's operations take: with types, and with names in place of attributes. */
export function settling(models: Models, { refer, named, nameOfColumn, typeBehind }: References) {
  function readyColumn(column: ModelColumn, table: ModelTable): PythonCall {
    const { column: call } = column;
    const [name, ...rest] = call.args.positional;
    const type = ownTypeOf(call);
    const items = rest
      .filter((each) => each !== type)
      .map((item) =>
        wordOf(item) === "ForeignKey" && item.kind === "call" ? readyForeignKey(item, table) : item,
      );
    const args = new Map(
      [...call.args.named]
        .map(([key, value]) => [key, readySequence(models.settle(value), models)] as const)
        .filter(([key, value]) => key !== "server_default" || wordOf(value) !== "FetchedValue"),
    );
    const enumerated = type ?? typeBehind(table, column);
    if (!enumerated && items.some((each) => wordOf(each) === "ForeignKey"))
      throw new Unreadable("it has the type of a column that is not known");
    if (!enumerated && !isTrue(args.get("system"))) throw new Unreadable("it has no type");
    const withSchema = enumerated && inherit(enumerated, table);
    return {
      ...call,
      args: {
        positional: [
          name ?? stringOf(""),
          ...(withSchema ? [withSchema] : []),
          ...items.filter((each) => wordOf(each) !== "FetchedValue"),
        ],
        named: args,
      },
    };
  }

  /** `Enum(…, inherit_schema=True)` is made in the table's schema. */
  function inherit(type: PythonValue, table: ModelTable): PythonValue {
    if (type.kind !== "call" || !isTrue(type.args.named.get("inherit_schema")) || table.ref.schema === null)
      return type;
    return {
      ...type,
      args: { ...type.args, named: new Map([...type.args.named, ["schema", stringOf(table.ref.schema)]]) },
    };
  }

  function readyForeignKey(item: PythonCall, table: ModelTable): PythonCall {
    const [first, ...rest] = item.args.positional;
    const target = first ?? item.args.named.get("column");
    const at = target && refer(target, table);
    return at
      ? { ...item, args: { ...item.args, positional: [stringOf(fullName(at)), ...rest] } }
      : {
          ...item,
          args: { ...item.args, positional: item.args.positional.map((each) => models.settle(each)) },
        };
  }

  function readyItem(item: PythonCall, table: ModelTable): PythonCall {
    const word = wordOf(item);
    if (word === "ForeignKeyConstraint") {
      const [own, other, ...rest] = [
        item.args.positional[0] ?? item.args.named.get("columns"),
        item.args.positional[1] ?? item.args.named.get("refcolumns"),
        ...item.args.positional.slice(2),
      ];
      const list =
        own?.kind === "sequence"
          ? { ...own, items: own.items.map((each) => nameOfColumn(each, table)) }
          : own;
      const targets =
        other?.kind === "sequence"
          ? {
              ...other,
              items: other.items.map((each) => {
                const at = refer(each, table);
                return at ? stringOf(fullName(at)) : each;
              }),
            }
          : other;
      const left = new Map([...item.args.named].filter(([key]) => key !== "columns" && key !== "refcolumns"));
      return {
        ...item,
        args: { positional: [list, targets, ...rest].flatMap((each) => each ?? []), named: left },
      };
    }
    const isIndex = word === "Index";
    const positional = item.args.positional.map((each, i) =>
      isIndex && i === 0 ? models.settle(each) : plain(named(models.settle(each), table)),
    );
    // An attribute's name stands for its column.
    const byKey = positional.map((each, i) =>
      word === "CheckConstraint" || (isIndex && i === 0) ? each : nameOfColumn(each, table),
    );
    const options = new Map(
      [...item.args.named].map(([key, each]) => [key, named(models.settle(each), table)] as const),
    );
    return { ...item, args: { positional: byKey, named: options } };
  }

  return { readyColumn, readyItem };
}
