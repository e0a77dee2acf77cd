/** What a change of type does to values that the new type has no room for. */
export interface Narrowing {
  /** rejects: the statement fails on the first such value; changes: every such value is changed without a word. */
  readonly effect: "rejects" | "changes";
  /** "are cut", "lose the time of day": what happens to the values, or which of them do not fit. */
  readonly how: string;
}

/** How a type narrows to another, as PostgreSQL names them; null when every value fits, or nothing is known of it. */
export function narrowingOf(from: string, to: string, using: string | null): Narrowing | null {
  return (
    integers(from, to) ??
    strings(from, to, using) ??
    numbers(from, to) ??
    times(from, to) ??
    fromText(from, to, using)
  );
}

const sizes: readonly string[] = ["smallint", "integer", "bigint"];

function integers(from: string, to: string): Narrowing | null {
  const [old, next] = [sizes.indexOf(from), sizes.indexOf(to)];
  if (old < 0 || next < 0 || next >= old) return null;
  return { effect: "rejects", how: `is out of range for ${to}` };
}

/** The longest string; null for none; undefined when it is no string. */
function lengthOf(type: string): number | null | undefined {
  const match = /^(?:character varying|character|bpchar|text|citext)(?:\((\d+)\))?$/.exec(type);
  if (!match) return undefined;
  return match[1] === undefined ? null : Number(match[1]);
}

/** An explicit cast cuts; the cast of an assignment refuses (documentation, section 8.3). */
function strings(from: string, to: string, using: string | null): Narrowing | null {
  const [old, next] = [lengthOf(from), lengthOf(to)];
  if (old === undefined || next === undefined || next === null || (old !== null && next >= old)) return null;
  const characters = next === 1 ? "1 character" : `${next} characters`;
  return using === null
    ? { effect: "rejects", how: `is longer than ${characters}` }
    : { effect: "changes", how: `are cut after ${characters}` };
}

interface Digits {
  readonly before: number;
  readonly after: number;
}

/** Digits before and after the point; unlimited for numeric without precision. */
function digitsOf(type: string): Digits | null {
  if (type === "numeric") return { before: Number.POSITIVE_INFINITY, after: Number.POSITIVE_INFINITY };
  const match = /^numeric\((\d+),(-?\d+)\)$/.exec(type);
  return match ? { before: Number(match[1]) - Number(match[2]), after: Number(match[2]) } : null;
}

const floats: Readonly<Record<string, number>> = { real: 6, "double precision": 15 };

function numbers(from: string, to: string): Narrowing | null {
  const [old, next] = [digitsOf(from), digitsOf(to)];
  if (floats[from] !== undefined && floats[to] !== undefined)
    return floats[to] < floats[from] ? { effect: "changes", how: `keep ${floats[to]} digits` } : null;
  if (sizes.includes(to) && (floats[from] !== undefined || (old && old.after > 0)))
    return { effect: "changes", how: "are rounded to whole numbers" };
  if (old && floats[to] !== undefined && old.before + old.after > floats[to])
    return { effect: "changes", how: `keep ${floats[to]} digits` };
  if (!next || !(old || floats[from] !== undefined)) return null;
  const given = old ?? { before: Number.POSITIVE_INFINITY, after: Number.POSITIVE_INFINITY };
  if (next.after < given.after)
    return { effect: "changes", how: `are rounded to ${next.after} digits after the point` };
  return next.before < given.before
    ? { effect: "rejects", how: `has more than ${next.before} digits before the point` }
    : null;
}

function precisionOf(type: string): number {
  return Number(/\((\d)\)/.exec(type)?.[1] ?? 6);
}

function times(from: string, to: string): Narrowing | null {
  if (!from.startsWith("timestamp")) return null;
  if (to === "date") return { effect: "changes", how: "lose the time of day" };
  if (/^time\b/.test(to)) return { effect: "changes", how: "lose the date" };
  if (!to.startsWith("timestamp") || precisionOf(to) >= precisionOf(from)) return null;
  return { effect: "changes", how: `are rounded to ${precisionOf(to)} digits of a second` };
}

/** A cast of a string that is written down: whatever does not look like the new type is refused. */
function fromText(from: string, to: string, using: string | null): Narrowing | null {
  if (using === null || lengthOf(from) === undefined || lengthOf(to) !== undefined) return null;
  return /::|\bcast\s*\(/i.test(using) ? { effect: "rejects", how: `is no ${to}` } : null;
}
