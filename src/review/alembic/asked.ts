import {
  calleeOf,
  isNone,
  type PythonCall,
  type PythonListed,
  type PythonValue,
  pathOf,
  truthOf,
} from "../code/python-values.ts";
import type { Dialect } from "../types.ts";
import { lost, type Row, type Rows, rowsIn, type Term, termOf } from "./asked-rows.ts";
import { askedWords } from "./asked-words.ts";
import { existsSql, inspected } from "./catalogue.ts";
import { isDatabase } from "./database.ts";

/** What a question is made of. */
export interface Sources {
  readonly dialect: Dialect;
  /** The one SELECT that a call sends; null when it sends none, or something else. */
  queryOf(call: PythonCall): string | null;
  /** A call to the database that the question leans on. */
  leans(call: PythonCall): void;
}

/** Whether something of the file holds, as one SQL expression. Throws where it cannot be said in SQL. */
export function askedSql(value: PythonValue, sources: Sources): string {
  const { dialect } = sources;
  const words = askedWords[dialect];
  const { exists, count, firstOf, scalarsOf, scalarOf, selected, told } = rowsIn(dialect);
  const elements = new Map<PythonValue, Rows["item"]>();

  function test(tested: PythonValue): string {
    const truth = truthOf(tested);
    if (truth !== null) return truth ? "TRUE" : "FALSE";
    if (tested.kind === "operation") return operation(tested.operator, tested.left, tested.right);
    if (tested.kind === "call") {
      const called = builtinOf(tested);
      const [first] = tested.args.positional;
      if (called === "bool" && first) return test(first);
      if ((called === "any" || called === "all") && first) return overAll(called, first);
      const known = named(tested);
      if (known !== null) return known;
    }
    return truthSql(read(tested));
  }

  function operation(operator: string, left: PythonValue | null, right: PythonValue): string {
    if (operator === "not") return `NOT ${test(right)}`;
    if (left === null) return lost();
    switch (operator) {
      case "and":
        return `(${test(left)} AND ${test(right)})`;
      case "or":
        return `(${test(left)} OR ${test(right)})`;
      case "in":
        return isIn(left, right);
      case "not in":
        return `NOT ${isIn(left, right)}`;
      case "is":
      case "==":
        return isSame(left, right);
      case "is not":
      case "!=":
        return `NOT ${isSame(left, right)}`;
      case "<":
      case ">":
      case "<=":
      case ">=":
        return `((${termIn(left).sql}) ${operator} (${termIn(right).sql})) IS TRUE`;
      default:
        return lost();
    }
  }

  function isIn(left: PythonValue, right: PythonValue): string {
    const item = termIn(left);
    if (right.kind === "sequence") {
      const list = right.items.map((each) => termIn(each).sql);
      return list.length === 0 ? "FALSE" : `((${item.sql}) IN (${list.join(", ")})) IS TRUE`;
    }
    const container = read(right);
    if (container.kind === "rows") {
      const each = itemOf(container);
      return exists(container, [`${each.sql} = ${item.sql}`]);
    }
    if (container.kind === "row") return lost();
    return container.isList
      ? words.contains(container.sql, item.sql)
      : `(${words.position(container.sql, item.sql)} > 0) IS TRUE`;
  }

  function isSame(left: PythonValue, right: PythonValue): string {
    const [a, b] = isNone(left) ? [right, left] : [left, right];
    if (isNone(b)) {
      const own = read(a);
      if (own.kind === "row") return own.exists === null ? "FALSE" : `NOT ${own.exists}`;
      if (own.kind === "rows") return "FALSE";
      return `((${own.sql}) IS NULL)`;
    }
    const [first, second] = [read(a), read(b)];
    if (first.kind === "term" && second.kind === "term") return words.isSame(first.sql, second.sql);
    return lost();
  }

  function overAll(word: "any" | "all", items: PythonValue): string {
    if (items.kind === "sequence")
      return `(${items.items.map(test).join(word === "any" ? " OR " : " AND ")})`;
    const rows = listOf(items);
    const each = items.kind === "listed" ? test(items.value) : truthSql(rows.item());
    return word === "any" ? exists(rows, [each]) : `NOT ${exists(rows, [`NOT ${each}`])}`;
  }

  /** `has_table` and its like; `issubset` of names. */
  function named(call: PythonCall): string | null {
    const { callee, args } = call;
    if (callee.kind !== "attribute") return null;
    const { object, name } = callee;
    if (/^has_(table|index|sequence|schema)$/.test(name) && isDatabase(object)) {
      const given = args.positional.filter((each) => !isDatabase(each));
      const text = (i: number, key: string) => stringOrNull(args.named.get(key) ?? given[i]);
      const isIndex = name === "has_index";
      const asked = {
        table: text(0, "table_name"),
        name: isIndex ? text(1, "index_name") : text(0, `${name.slice(4)}_name`),
        schema: text(isIndex ? 2 : 1, "schema"),
      };
      sources.leans(call);
      return existsSql(name, asked, dialect) ?? lost();
    }
    const [first] = args.positional;
    if (name === "issubset" && object.kind === "sequence" && first)
      return `(${object.items.map((item) => isIn(item, first)).join(" AND ")})`;
    if (name === "startswith" && first?.kind === "string")
      return `(${words.position(termIn(object).sql, termIn(first).sql)} = 1) IS TRUE`;
    return null;
  }

  function truthSql(known: Term | Row | Rows): string {
    if (known.kind === "rows") return exists(known, []);
    if (known.kind === "row") return known.exists ?? "TRUE";
    return known.isList ? words.isFilled(known.sql) : words.isTrue(known.sql);
  }

  function termIn(asked: PythonValue): Term {
    const known = read(asked);
    return known.kind === "term" ? known : lost();
  }

  /** Of rows with one column, that column. */
  function itemOf(rows: Rows): Term {
    const item = rows.item();
    return item.kind === "term" ? item : lost();
  }

  function listOf(asked: PythonValue): Rows {
    const known = read(asked);
    return known.kind === "rows" ? known : lost();
  }

  function read(asked: PythonValue): Term | Row | Rows {
    switch (asked.kind) {
      case "string":
        return termOf(words.text(asked.value));
      case "number":
        return termOf(asked.text);
      case "constant":
        if (asked.value === null) return termOf("NULL");
        return termOf(asked.value ? "TRUE" : "FALSE");
      case "sequence":
        return termOf(words.list(asked.items.map((item) => stringOrNull(item) ?? lost())), true);
      case "element":
        return (elements.get(asked) ?? lost)();
      case "listed":
        return listed(asked);
      case "subscript":
        return member(asked.object, asked.index);
      case "attribute":
        return member(asked.object, { kind: "string", value: asked.name, offsets: [] });
      case "operation":
        if (asked.operator === "or" && asked.left !== null && truthOf(asked.right) === false)
          return read(asked.left);
        return termOf(`(${test(asked)})`);
      case "call":
        return called(asked);
      default:
        return lost();
    }
  }

  function listed(list: PythonListed): Rows {
    const rows = listOf(list.source);
    elements.set(list.element, rows.item);
    const where = [...rows.where, ...list.conditions.map(test)];
    const item = () => oneOf(read(list.key ?? list.value));
    return { ...rows, where, item };
  }

  function member(object: PythonValue, key: PythonValue): Term | Row {
    // A dict by names: the one of that name.
    if (object.kind === "listed" && object.key !== null) {
      const rows = listed(object);
      const found = { ...rows, where: [...rows.where, `${itemOf(rows).sql} = ${termIn(key).sql}`] };
      return firstOf({ ...found, item: () => oneOf(read(object.value)) });
    }
    const known = read(object);
    if (known.kind === "rows") return key.kind === "number" && key.value === 0 ? firstOf(known) : lost();
    if (known.kind === "term") return lost();
    if (key.kind === "string") return known.column(key.value);
    return key.kind === "number" ? known.column(key.value) : lost();
  }

  function called(call: PythonCall): Term | Row | Rows {
    const { callee, args } = call;
    const [first] = args.positional;
    const builtin = builtinOf(call);
    if (builtin !== null && first) {
      if (/^(list|tuple|set|sorted|frozenset|iter)$/.test(builtin)) return read(first);
      if (builtin === "len") return count(read(first));
      if (builtin === "str" || builtin === "int") return read(first);
      if (builtin === "bool" || builtin === "any" || builtin === "all") return termOf(test(call));
      if (builtin === "next") return firstOf(listOf(first));
      return lost();
    }
    if (callee.kind !== "attribute") return lost();
    const { object, name } = callee;
    const query = sources.queryOf(call);
    if (query !== null) {
      sources.leans(call);
      const rows = selected(query);
      if (name === "scalar") return scalarOf(rows);
      return name === "scalars" ? scalarsOf(rows) : rows;
    }
    if (/^get_\w+$/.test(name) && isDatabase(object)) return inspectedBy(call, name);
    switch (name) {
      case "fetchall":
      case "all":
      case "mappings":
      case "unique":
      case "partitions":
        return listOf(object);
      case "scalars":
        return scalarsOf(listOf(object));
      case "count":
        return count(listOf(object));
      case "fetchone":
      case "first":
      case "one":
      case "one_or_none":
        return firstOf(listOf(object));
      case "scalar":
      case "scalar_one":
      case "scalar_one_or_none":
        return scalarOf(listOf(object));
      case "keys":
        return listOf(object);
      case "get":
        return first ? member(object, first) : lost();
      case "lower":
      case "upper":
        return termOf(`${name}(${termIn(object).sql})`);
      default:
        return named(call) === null ? lost() : termOf(named(call) ?? lost());
    }
  }

  function inspectedBy(call: PythonCall, method: string): Row | Rows {
    const { args } = call;
    const hasTable = !/^get_(table|view|materialized_view|schema|sequence)_names$|^get_enums$/.test(method);
    const table = hasTable ? stringOrNull(args.named.get("table_name") ?? args.positional[0]) : null;
    const schema = stringOrNull(args.named.get("schema") ?? args.positional[hasTable ? 1 : 0]);
    if (hasTable && table === null) return lost();
    const found = inspected(method, { table, schema }, dialect);
    if (!found) return lost();
    sources.leans(call);
    const rows = told(found);
    if (method !== "get_pk_constraint") return rows;
    const first = firstOf(rows);
    // It is a dict in any case.
    return first.kind === "row" ? { ...first, exists: null } : lost();
  }

  return test(value);
}

function builtinOf(call: PythonCall): string | null {
  const path = pathOf(call.callee);
  return path?.startsWith("builtins.") ? calleeOf(call) : null;
}

function stringOrNull(value: PythonValue | undefined): string | null {
  if (value === undefined || isNone(value)) return null;
  return value.kind === "string" ? value.value : lost();
}

function oneOf(known: Term | Row | Rows): Term | Row {
  return known.kind === "rows" ? lost() : known;
}
