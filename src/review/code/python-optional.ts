import { parsePython } from "./python.ts";
import type { PythonExpression } from "./python-tree.ts";

/** Whether a type that is written behind a colon takes None; null where a name of its own may hide that. */
export function takesNone(annotation: PythonExpression): boolean | null {
  switch (annotation.kind) {
    case "constant":
      return annotation.value === null ? true : null;
    case "string":
      return ofText(annotation);
    case "name":
    case "attribute":
      return plain.test(annotation.name) ? false : null;
    case "subscript":
      return ofSubscript(annotation);
    case "binary":
      return annotation.operator === "|" ? eitherOf([annotation.left, annotation.right]) : null;
    default:
      return null;
  }
}

/** Types that are what they are called. */
const plain =
  /^(?:str|int|float|bool|bytes|dict|list|set|tuple|Dict|List|Set|Tuple|Mapping|Sequence|Literal|datetime|date|time|timedelta|Decimal|UUID)$/;

/** A type in quotes, which is read later. */
function ofText({ parts }: Extract<PythonExpression, { kind: "string" }>): boolean | null {
  const text = parts.map((part) => (part.kind === "text" ? part.value : "")).join("");
  const read = parsePython(`${text}\n`);
  const [only] = read.kind === "module" ? read.body : [];
  return only?.kind === "expression" ? takesNone(only.value) : null;
}

function ofSubscript({ object, index }: Extract<PythonExpression, { kind: "subscript" }>): boolean | null {
  const word = lastNameOf(object);
  if (word === "Mapped") return takesNone(index);
  if (word === "Optional") return true;
  if (word === "Union")
    return eitherOf(index.kind === "sequence" ? index.items.map(({ value }) => value) : [index]);
  return plain.test(word ?? "") ? false : null;
}

function eitherOf(types: readonly PythonExpression[]): boolean | null {
  const each = types.map(takesNone);
  if (each.includes(true)) return true;
  return each.includes(null) ? null : false;
}

/** The last name of a dotted one; null for what is no name. */
export function lastNameOf(expression: PythonExpression): string | null {
  return expression.kind === "name" || expression.kind === "attribute" ? expression.name : null;
}
