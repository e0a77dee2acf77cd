#!/usr/bin/env node
/**
 * What squawk or pgfence name and Drydock does not: by kind, statement by statement, with what Drydock saw of the statement.
 *
 *   node bench/compare/missed.mjs <results.json>
 */
import { readFileSync } from "node:fs";
import { kindOf, kindsOf } from "./kinds.mjs";

const results = JSON.parse(readFileSync(process.argv[2], "utf8"));
const missed = results.flatMap(({ repository, reviews }) =>
  reviews.flatMap((review) => {
    const own = review.findings.filter(({ tool }) => tool === "drydock");
    return review.findings
      .filter(({ tool }) => tool !== "drydock")
      .filter(
        (peer) =>
          !own.some(
            (one) =>
              one.path === peer.path &&
              (one.statement === peer.statement || peer.statement === null || isOfFile(peer)) &&
              kindsOf(one).some((kind) => kindsOf(peer).includes(kind)),
          ),
      )
      .map((peer) => {
        const migration = review.statements.find((one) => one.path === peer.path);
        return {
          repository,
          commit: review.commit,
          kind: kindOf(peer),
          ...peer,
          sql: peer.statement === null ? null : migration?.sql[peer.statement],
          isNewTable: migration ? isNewTable(migration, peer.statement) : null,
        };
      });
  }),
);
console.log(JSON.stringify(missed, null, 1));

/** What is said once for a whole migration. */
function isOfFile(finding) {
  return kindOf(finding) === "timeouts and settings";
}

/** Whether an earlier statement of the same migration made the table. */
function isNewTable({ sql }, statement) {
  const table = /(?:ON|TABLE)\s+(?:ONLY\s+|IF\s+(?:NOT\s+)?EXISTS\s+)*([\w."]+)/i.exec(
    sql[statement] ?? "",
  )?.[1];
  if (!table) return null;
  const bare = table.replace(/"/g, "").replace(/^public\./, "");
  return sql
    .slice(0, statement + 1)
    .some((one) =>
      new RegExp(`^\\s*CREATE\\s+TABLE\\s+(IF NOT EXISTS\\s+)?"?(public"?\\."?)?${bare}"?[\\s(]`, "i").test(
        one,
      ),
    );
}
