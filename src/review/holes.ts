type Parts = readonly (string | { readonly hole: string })[];

/**
 * SQL with its interpolated code as placeholders `$n`; null when one of them cannot be a value, because it stands where a
 * name, a condition, a list or a whole clause would stand, or inside quotes.
 */
export function fillHoles(parts: Parts): string | null {
  let next = 1 + Math.max(0, ...parts.flatMap((part) => (typeof part === "string" ? numbersIn(part) : [])));
  let sql = "";
  for (const [i, part] of parts.entries()) {
    if (typeof part === "string") {
      sql += part;
      continue;
    }
    const after = parts[i + 1];
    if (!canBeValue(sql, typeof after === "string" ? after : "")) return null;
    sql += `$${next}`;
    next += 1;
  }
  return sql;
}

function numbersIn(sql: string): number[] {
  return [...sql.matchAll(/\$(\d{1,5})/g)].map((match) => Number(match[1]));
}

const valueWords = new Set(["limit", "offset", "like", "ilike", "then", "else", "between"]);

function canBeValue(before: string, after: string): boolean {
  if (/[\w"'.$]$/.test(before) || /^[\w"'.$(]/.test(after) || isQuoted(before)) return false;
  const lead = before.trimEnd();
  const word = /\w+$/.exec(lead.slice(-80))?.[0].toLowerCase();
  if (word === "and") return /\bbetween\b(?:(?!\band\b)[^;])*\sand$/i.test(lead.slice(-400));
  if (word !== undefined) return valueWords.has(word);
  if (lead.endsWith(",")) return depthOf(lead) > 0;
  return /[=<>+\-*/%|([~@&#]$/.test(lead);
}

function isQuoted(before: string): boolean {
  return (before.match(/'/g)?.length ?? 0) % 2 === 1 || (before.match(/"/g)?.length ?? 0) % 2 === 1;
}

function depthOf(sql: string): number {
  const bare = sql.replace(/'[^']*'|--[^\n]*/g, "");
  return (bare.match(/\(/g)?.length ?? 0) - (bare.match(/\)/g)?.length ?? 0);
}
