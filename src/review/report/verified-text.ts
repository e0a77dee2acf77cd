import { say } from "../text.ts";
import type { Effect, Text, Verified } from "../types.ts";
import { joined } from "./words.ts";

/**
 * What running the fix changed: "SHARE lock on orders → SHARE UPDATE EXCLUSIVE lock on orders (documented)". What a
 * statement outside a transaction reads cannot be observed: then only locks are compared.
 */
export function verifiedText({ before, after }: Verified): Text {
  const isObserved = after.locks.every(({ source }) => source === "observed");
  const [was, is] = [effectText(before, isObserved), effectText(after, isObserved)];
  if (JSON.stringify(was) === JSON.stringify(is)) return ["it runs, and the finding is gone"];
  return [...was, " → ", ...is];
}

function effectText({ failure, locks, rewrites, scans }: Effect, isObserved: boolean): Text {
  if (failure !== null) return say`fails: ${failure}`;
  const parts = [
    ...locks.map(({ mode, relation, source }) =>
      source === "observed"
        ? say`${[mode]} lock on ${relation}`
        : say`${[mode]} lock on ${relation} (documented)`,
    ),
    ...(isObserved ? rewrites.map((relation) => say`rewrite of ${relation}`) : []),
    ...(isObserved
      ? scans
          .filter((relation) => !rewrites.includes(relation))
          .map((relation) => say`full scan of ${relation}`)
      : []),
  ];
  return parts.length > 0 ? joined(parts) : ["no lock on older tables"];
}
