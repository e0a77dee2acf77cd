import { itemsOf } from "./python-evaluate.ts";
import { describe } from "./python-run.ts";
import { joinStrings, percentFormat } from "./python-text.ts";
import { booleanOf, equal, isNone, numberOf, type PythonValue, unknown } from "./python-values.ts";

/** `left operator right` for constants; what is not known stays an operation. */
export function compare(operator: string, left: PythonValue, right: PythonValue): PythonValue {
  return (
    arithmetic(operator, left, right) ??
    truth(operator, left, right) ?? { kind: "operation", operator, left, right }
  );
}

function arithmetic(operator: string, left: PythonValue, right: PythonValue): PythonValue | null {
  if (operator === "+" && left.kind === "string" && right.kind === "string")
    return joinStrings([left, right]);
  if (operator === "+" && left.kind === "sequence" && right.kind === "sequence")
    return { ...left, items: [...left.items, ...right.items] };
  if (operator === "%" && left.kind === "string")
    return percentFormat(left, right) ?? unknown(describe(right));
  if (left.kind === "string" || right.kind === "string") {
    const outside = [left, right].find(({ kind }) => kind === "unknown");
    if (operator === "+" && outside) return outside;
  }
  if (left.kind !== "number" || right.kind !== "number") return null;
  switch (operator) {
    case "+":
      return numberOf(left.value + right.value);
    case "-":
      return numberOf(left.value - right.value);
    case "*":
      return numberOf(left.value * right.value);
    case "//":
      return right.value === 0 ? null : numberOf(Math.floor(left.value / right.value));
    case "<":
      return booleanOf(left.value < right.value);
    case ">":
      return booleanOf(left.value > right.value);
    case "<=":
      return booleanOf(left.value <= right.value);
    case ">=":
      return booleanOf(left.value >= right.value);
    default:
      return null;
  }
}

function truth(operator: string, left: PythonValue, right: PythonValue): PythonValue | null {
  switch (operator) {
    case "==":
    case "!=": {
      const same = equal(left, right);
      return same === null ? null : booleanOf(same === (operator === "=="));
    }
    case "is":
    case "is not": {
      if (!isNone(right) && right.kind !== "constant") return null;
      if (
        left.kind === "call" ||
        left.kind === "attribute" ||
        left.kind === "operation" ||
        left.kind === "unknown"
      )
        return null;
      const same = left.kind === "constant" && right.kind === "constant" && left.value === right.value;
      return booleanOf(same === (operator === "is"));
    }
    case "in":
    case "not in": {
      const found = contains(right, left);
      return found === null ? null : booleanOf(found === (operator === "in"));
    }
    default:
      return null;
  }
}

function contains(list: PythonValue, item: PythonValue): boolean | null {
  if (list.kind === "string") return item.kind === "string" ? list.value.includes(item.value) : null;
  const items = itemsOf(list);
  if (!items) return null;
  const same = items.map((candidate) => equal(candidate, item));
  if (same.includes(true)) return true;
  return same.includes(null) ? null : false;
}
