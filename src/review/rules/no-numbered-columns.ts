import { type Additions, groupByTable, placeOfColumn, placeOfTable } from "../additions.ts";
import { list } from "../advice.ts";
import { isLandingTable } from "../convention.ts";
import { type Context, defineRule } from "../rule.ts";
import { say } from "../text.ts";
import type { Column, Problem, Table } from "../types.ts";

export default defineRule({
  summary: "Number rows, not columns or tables",
  why: "Numbered copies set a limit for ever: the next one is a migration and a change of every query, and whoever looks for a value looks in each of them.",
  instead: "Make a table with one row per value, or partitions of one table.",
  // Advice: told by names.
  severity: "info",
  ignoreWhen: "the number of copies can never change.",
  sources: ["PostgreSQL documentation, section 5.12, Table Partitioning"],
  check: {
    additions(added, context) {
      return [...ofColumns(added), ...ofTables(added, context)];
    },
  },
});

/** Two of them are enough to be a list of these. */
const lists =
  /(?:phone|tel|mobile|email|image|photo|picture|tag|contact|attachment|keyword|category|question|answer)$/i;

/** Lines of an address, coordinates, hashes and the two sides of a game are no lists. */
const pairs =
  /(?:address|addr|line|street|sha|md|x|y|z|lat|lon|lng|ipv|utf|base|player|team|party|user|person|hash|key|level|quarter|q|p|oauth|s|v|h)$/i;

function ofColumns(added: Additions): Problem[] {
  const { columns } = added;
  return groupByTable(columns).flatMap(({ table, items }): Problem[] => {
    if (isLandingTable(table.name)) return [];
    const names = new Set(items.map(({ column }) => column.name));
    const series = seriesOf(table.columns).find((series) => series.some((name) => names.has(name)));
    const first = series?.find((name) => names.has(name));
    if (!series || first === undefined) return [];
    return [
      {
        message: say`${list(series)} of ${table.name} are one list with a fixed number of places.`,
        instead: say`Make a table with one row per value.`,
        ...placeOfColumn(added, table, first),
        object: `${table.name}.${series[0] ?? ""}`,
      },
    ];
  });
}

/** Columns of one type whose names differ in a number that counts from 1 (or 0) without a gap. */
function seriesOf(columns: readonly Column[]): string[][] {
  const groups = new Map<string, Map<number, string>>();
  for (const { name, type } of columns) {
    const [, stem = "", number = "", suffix = ""] = /^(.*?[a-z]_?)(\d)(_[a-z]+)?$/i.exec(name) ?? [];
    if (stem.length < 3) continue;
    const key = `${stem}|${suffix}|${type}`;
    groups.set(key, (groups.get(key) ?? new Map()).set(Number(number), name));
  }
  return [...groups].flatMap(([key, members]) => {
    const stem = key.slice(0, key.indexOf("|")).replace(/_$/, "");
    const numbers = [...members.keys()].sort();
    const isCounted = (numbers[0] ?? 9) <= 1 && numbers.every((n, i) => n === (numbers[0] ?? 0) + i);
    const least = lists.test(stem) ? 2 : 3;
    return isCounted && numbers.length >= least && !pairs.test(stem)
      ? [numbers.map((n) => members.get(n) ?? "")]
      : [];
  });
}

/** A second table of the same columns for another year. */
function ofTables(added: Additions, context: Context): Problem[] {
  return added.tables.flatMap((table): Problem[] => {
    const stem = stemOf(table);
    if (stem === null || table.kind !== "table") return [];
    const twin = context.head?.tables.find(
      (other) => other !== table && other.kind === "table" && stemOf(other) === stem && isAlike(other, table),
    );
    if (!twin) return [];
    return [
      {
        message: say`${table.name} has the same columns as ${twin.name}: queries over both must name each.`,
        instead: say`Make partitions of one table.`,
        ...placeOfTable(added, table),
        object: table.name,
      },
    ];
  });
}

function stemOf({ name }: Table): string | null {
  return /^(.+?)_(?:y?(?:19|20)\d\d(?:_?(?:0[1-9]|1[0-2]|q[1-4]))?)$/i.exec(name)?.[1] ?? null;
}

function isAlike(some: Table, other: Table): boolean {
  const names = ({ columns }: Table) =>
    columns
      .map(({ name }) => name)
      .sort()
      .join();
  return names(some) === names(other);
}
