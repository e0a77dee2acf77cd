import { z } from "zod";
import type { TableName } from "./types.ts";

const count = z.int().min(0).max(1e15);

const column = z.object({
  nullFrac: z.number().min(0).max(1).optional().describe("Share of rows that hold NULL."),
  distinct: z
    .number()
    .min(-1)
    .max(1e15)
    .optional()
    .describe("Distinct values; below 0 as a share of the rows, as in pg_stats.n_distinct."),
  width: z.int().min(0).max(1e9).optional().describe("Average bytes."),
  correlation: z.number().min(-1).max(1).optional().describe("Of the order on disk with that of the values."),
  mostCommon: z
    .string()
    .max(100_000)
    .optional()
    .describe("An array of the most common values; only with --with-values."),
  frequencies: z.array(z.number().min(0).max(1)).max(10_000).optional().describe("Their shares."),
});

const table = z.object({
  rows: count.optional().describe("Estimated rows; left out when the table was never analysed."),
  bytes: count.optional().describe("Of the table with its TOAST, without indexes."),
  indexBytes: count.optional().describe("Of all its indexes."),
  columns: z.record(z.string(), column).optional(),
});

const schema = z.object({
  version: z.literal(1),
  postgres: z.int().optional().describe("server_version_num of the server that was asked."),
  taken: z.string().max(40).optional().describe("The day."),
  tables: z.record(z.string(), table).describe("By table name: `orders`, `billing.invoices`."),
});

/** What is known of one column of a table in production. */
export type ColumnStatistics = z.output<typeof column>;

/** What `drydock stats` found in production: sizes of tables, and how the values of their columns are spread. */
export type Statistics = z.output<typeof schema>;

/** Text beyond this length is not read. */
const maxLength = 8 * 1024 * 1024;

/** The statistics in a file's text, or what is wrong with it and what to do. Never throws. */
export function readStatistics(text: string): Statistics | { readonly problem: string } {
  if (text.length > maxLength)
    return { problem: "it is longer than 8 MB; leave out tables that do not matter" };
  const value = parse(text);
  if (value === undefined)
    return { problem: "it is not JSON; write what the query of `drydock stats` answers, as it is" };
  const read = schema.safeParse(value);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  const where = issue?.path.map(String).join(".") ?? "";
  return {
    problem: `${where === "" ? "" : `\`${where}\`: `}${issue?.message ?? "it has another form"}; write what the query of \`drydock stats\` answers`,
  };
}

/** Of one table; undefined when the file does not name it. */
export function statisticsOf(
  statistics: Statistics | null,
  name: TableName,
): Statistics["tables"][string] | undefined {
  return statistics !== null && Object.hasOwn(statistics.tables, name) ? statistics.tables[name] : undefined;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch {
    return undefined;
  }
}
