import type { Receipt } from "../types.ts";
import { count } from "./words.ts";

/** The receipt in a few plain sentences: what was read, run, compared and planned, and on what. */
export function receiptLines({
  migrations,
  statements,
  roundTrips,
  queries,
  engines,
  standIns,
  accepted,
  unsized,
  postgres,
}: Receipt): readonly string[] {
  const on = engines.length > 0 ? ` on ${engines.join(", ")}` : "";
  const after = migrations.history > 0 ? `, after ${count(migrations.history, "earlier migration")}` : "";
  return [
    ...(migrations.changed > 0
      ? [
          `${count(migrations.changed, "migration")} read${after}; ` +
            `${statements.ran} of ${count(statements.seen, "statement")} run${on}.`,
        ]
      : []),
    ...(postgres === null
      ? []
      : [
          `Judged for PostgreSQL ${postgres}, as the configuration states: what it does otherwise is known from its documentation.`,
        ]),
    ...(roundTrips.run > 0
      ? [
          `${roundTrips.restored} of ${count(roundTrips.run, "round trip")} (up, down, up) restored schema and data.`,
        ]
      : []),
    ...(queries.found > 0
      ? [
          `${queries.planned} of ${count(queries.found, "annotated query", "annotated queries")} planned before and after.`,
        ]
      : []),
    ...(unsized.length > 0 ? [sizesUnknown(unsized)] : []),
    ...(accepted > 0 ? [`${count(accepted, "finding")} accepted, with a reason.`] : []),
    ...(standIns.length > 0 ? [`Stood in for: ${standIns.join(", ")}.`] : []),
  ];
}

const mostNamed = 5;

function sizesUnknown(tables: readonly string[]): string {
  const more = tables.length - mostNamed;
  const named = tables.slice(0, mostNamed).join(", ") + (more > 0 ? ` and ${count(more, "other")}` : "");
  const [are, them] =
    tables.length === 1 ? ["is taken to be large", "it"] : ["are taken to be large", "them"];
  return `Sizes in production are not known: ${named} ${are}. rows: or statistics: in .github/drydock.yml tells ${them}.`;
}
