/** An attribute of a field or, with a name that begins with `@`, of a model. */
export interface PrismaAttribute {
  /** E.g. "map", "db.VarChar", "@index". */
  readonly name: string;
  /** What stands in its brackets; "" without any. */
  readonly body: string;
}

/** The attributes of a line, in their order. */
export function attributesOf(line: string): PrismaAttribute[] {
  const found: PrismaAttribute[] = [];
  const start = /"(?:[^"\\]|\\.)*"|@(@?[\w.]+)(\()?/g;
  for (let match = start.exec(line); match !== null; match = start.exec(line)) {
    const [, name, bracket] = match;
    if (name === undefined) continue;
    const from = start.lastIndex;
    const end = bracket === undefined ? from : closing(line, from);
    found.push({ name, body: bracket === undefined ? "" : line.slice(from, end) });
    start.lastIndex = Math.max(from, end);
  }
  return found;
}

/** An argument by its name, or the first that has none; null when there is no such argument. */
export function argumentOf(body: string, name: string | null): string | null {
  for (const part of parts(body)) {
    const [, own = null, value = ""] = /^(?:(\w+)\s*:\s*)?([\s\S]*)$/.exec(part) ?? [];
    if (own === name && value !== "") return value;
  }
  return null;
}

/** The fields of a list such as `[userId, createdAt(sort: Desc)]`. */
export function fieldsIn(list: string): string[] {
  const inner = list.trim().replace(/^\[/, "").replace(/\]$/, "");
  return parts(inner).flatMap((part) => /^\w+/.exec(part)?.[0] ?? []);
}

/** The text of an attribute's first argument, which has a name where that is said: `map` for `@@schema`, `name` for the others. */
export function textIn(body: string): string | null {
  const value = argumentOf(body, null) ?? argumentOf(body, "name") ?? argumentOf(body, "map");
  const quoted = /^"((?:[^"\\]|\\.)*)"$/.exec(value?.trim() ?? "")?.[1];
  return quoted === undefined ? null : quoted.replace(/\\(.)/g, "$1");
}

/** What commas part, brackets and strings aside. */
function parts(body: string): string[] {
  const found: string[] = [];
  let depth = 0;
  let from = 0;
  for (const match of body.matchAll(/"(?:[^"\\]|\\.)*"|[([{\])},]/g)) {
    const [token] = match;
    if (/^[([{]$/.test(token)) depth += 1;
    if (/^[\])}]$/.test(token)) depth -= 1;
    if (token !== "," || depth > 0) continue;
    found.push(body.slice(from, match.index));
    from = match.index + 1;
  }
  return [...found, body.slice(from)].map((part) => part.trim()).filter((part) => part !== "");
}

/** Where the bracket that was opened before ends. */
function closing(line: string, from: number): number {
  let depth = 1;
  for (const match of line.slice(from).matchAll(/"(?:[^"\\]|\\.)*"|[()]/g)) {
    if (match[0] === "(") depth += 1;
    if (match[0] === ")") depth -= 1;
    if (depth === 0) return from + match.index;
  }
  return line.length;
}
