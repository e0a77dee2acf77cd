import {
  describe,
  stringOf,
  type TypeScriptValue,
  truthOf,
  undefinedValue,
  unknown,
} from "./typescript-values.ts";

/** What an operator makes of two values; `&&`, `||` and `??` aside, which may not need the second. */
export function operate(operator: string, left: TypeScriptValue, right: TypeScriptValue): TypeScriptValue {
  if (operator === "+" && (left.kind === "string" || right.kind === "string")) {
    const [a, b] = [printed(left), printed(right)];
    return a === null || b === null ? unknown(describe(a === null ? left : right)) : stringOf(a + b);
  }
  if (left.kind === "number" && right.kind === "number") {
    const value = arithmetic(operator, left.value, right.value);
    if (value !== null) return { kind: "number", value };
  }
  const isKnown = [left, right].every(
    (one) => "value" in one || one.kind === "null" || one.kind === "undefined",
  );
  if (isKnown && /^[!=]==?$/.test(operator)) {
    const isSame = left.kind === right.kind && printed(left) === printed(right);
    return { kind: "boolean", value: operator.startsWith("!") ? !isSame : isSame };
  }
  return unknown(`${describe(left)} ${operator} ${describe(right)}`);
}

function arithmetic(operator: string, a: number, b: number): number | null {
  switch (operator) {
    case "+":
      return a + b;
    case "-":
      return a - b;
    case "*":
      return a * b;
    case "/":
      return a / b;
    case "%":
      return a % b;
    case "**":
      return a ** b;
    default:
      return null;
  }
}

/** What an operator makes of one value. */
export function unaryOf(operator: string, value: TypeScriptValue): TypeScriptValue {
  if (operator === "!") {
    const isTrue = truthOf(value);
    return isTrue === null ? unknown(describe(value)) : { kind: "boolean", value: !isTrue };
  }
  if (operator === "-" && value.kind === "number") return { kind: "number", value: -value.value };
  if (operator === "-" && value.kind === "bigint") return { kind: "bigint", value: `-${value.value}` };
  if (operator === "+" && value.kind === "number") return value;
  if (operator === "typeof") {
    const name = typeNameOf(value);
    return name === null ? unknown(`typeof ${describe(value)}`) : stringOf(name);
  }
  return operator === "void" ? undefinedValue : unknown(`${operator} ${describe(value)}`);
}

/** What `typeof` calls a value; null where that is not known. */
function typeNameOf({ kind }: TypeScriptValue): string | null {
  if (/^(string|number|bigint|boolean|undefined|object|function)$/.test(kind)) return kind;
  return kind === "null" || kind === "array" ? "object" : null;
}

/** A value as text, as a template prints it. */
export function printed(value: TypeScriptValue): string | null {
  switch (value.kind) {
    case "string":
    case "bigint":
      return value.value;
    case "number":
    case "boolean":
      return String(value.value);
    case "null":
    case "undefined":
      return value.kind;
    case "array": {
      const parts = value.items.map(printed);
      return parts.includes(null) ? null : parts.join(",");
    }
    default:
      return null;
  }
}
