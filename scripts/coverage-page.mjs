// The page that answers, danger by danger, which rule speaks of it or why none does: from docs/coverage/*.json.

const groups = {
  a: "Locks and rewrites",
  b: "Data",
  c: "Running code",
  d: "Constraints and keys",
  e: "Indexes",
  f: "Types and design",
  g: "Transactions and timeouts",
  h: "Migrations as files",
  i: "Queries and plans",
  j: "Application code",
  k: "Connections",
  l: "Security",
  m: "SQLite",
};

/**
 * @param {Record<string, { row: number, check: string, rules: string[], note?: string }[]>} rows by the group's letter
 * @param {Record<string, unknown>} rules every rule by its id
 * @throws when a row names a rule that does not exist, or a rule is named by no row
 */
export function coveragePage(rows, rules) {
  const all = Object.values(rows).flat();
  const unknown = all.flatMap((row) =>
    row.rules.filter((id) => !(id in rules)).map((id) => `${row.row}: ${id}`),
  );
  if (unknown.length > 0)
    throw new Error(`docs/coverage names rules that do not exist: ${unknown.join(", ")}`);
  const covered = all.filter((row) => row.rules.length > 0).length;
  const named = new Set(all.flatMap((row) => row.rules));
  const own = Object.keys(rules).filter((id) => !named.has(id));
  return [
    "# What is covered",
    "",
    "<!-- Generated from docs/coverage/*.json: npm run generate. -->",
    "",
    `Dangers of database changes, one a row: the rules that speak of it, or why none does. ${covered} of ${all.length} have a rule;`,
    "the others are left out because what they say is not true, cannot be known from a change, or is a matter of taste.",
    ...Object.entries(groups).flatMap(([letter, title]) => section(title, rows[letter] ?? [])),
    ...(own.length > 0
      ? ["", "## Beyond these", "", ...own.map((id) => `- [\`${id}\`](rules/${id}.md)`)]
      : []),
    "",
  ].join("\n");
}

function section(title, rows) {
  if (rows.length === 0) return [];
  const line = ({ row, check, rules, note = "" }) =>
    `| ${row} | ${cell(check)} | ${rules.map((id) => `[\`${id}\`](rules/${id}.md)`).join(", ") || "–"} | ${cell(note)} |`;
  const ordered = rows.toSorted((a, b) => a.row - b.row);
  return ["", `## ${title}`, "", "| | Danger | Rules | |", "| --- | --- | --- | --- |", ...ordered.map(line)];
}

function cell(text) {
  return text.replace(/\|/g, "\\|").replace(/\s+/g, " ").trim();
}
