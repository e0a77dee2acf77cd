import { randomInt } from "node:crypto";
import type { ExecOptions, ExecResult } from "./engine.ts";

/** What the server answers in a transaction that has failed (documentation, appendix A: in_failed_sql_transaction). */
const inFailedTransaction = "25P02";
/** Milliseconds for the simplest query there is. */
const patience = 5_000;

/**
 * Whether the database still answers as a database would: a number that it cannot guess comes back. In a failed
 * transaction no query runs, so there the proper refusal is the proof.
 */
export async function canary(
  exec: (sql: string, options?: ExecOptions) => Promise<ExecResult>,
  status: "idle" | "transaction" | "failed",
): Promise<boolean> {
  const number = String(randomInt(2 ** 31 - 1));
  const { sets, error, lost, status: answered } = await exec(`SELECT ${number}`, { timeout: patience });
  if (lost !== null || answered !== status) return false;
  if (status === "failed") return error?.code === inFailedTransaction;
  return error === null && sets.length === 1 && sets[0]?.rows[0]?.[0] === number;
}
