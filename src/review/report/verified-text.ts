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

/** The same without what was, for those who have just read it: only what is left with the fix. */
export function verifiedAfter({ before, after }: Verified): Text {
  const isObserved = after.locks.every(({ source }) => source === "observed");
  const [was, is] = [effectText(before, isObserved), effectText(after, isObserved)];
  return JSON.stringify(was) === JSON.stringify(is) ? ["it runs, and the finding is gone"] : is;
}

function effectText({ failure, locks, rewrites, scans }: Effect, isObserved: boolean): Text {
  if (failure !== null) return say`fails: ${failure}`;
  const parts = [
    ...lockTexts(locks),
    ...(isObserved ? rewrites.map((relation) => say`rewrite of ${relation}`) : []),
    ...(isObserved
      ? scans
          .filter((relation) => !rewrites.includes(relation))
          .map((relation) => say`full scan of ${relation}`)
      : []),
  ];
  return parts.length > 0 ? joined(parts) : ["no lock on older tables"];
}

/** One text for each mode, with all that it is held on. */
function lockTexts(locks: Effect["locks"]): readonly Text[] {
  const keyOf = ({ mode, source }: Effect["locks"][number]) => `${mode}/${source}`;
  const groups = [...new Set(locks.map(keyOf))].map((key) => locks.filter((lock) => keyOf(lock) === key));
  return groups.flatMap((group) => {
    const [first] = group;
    if (!first) return [];
    const names = joined(
      group.map(({ relation }) => say`${relation}`),
      ", ",
    );
    return [say`${[first.mode]} lock on ${names}${[first.source === "observed" ? "" : " (documented)"]}`];
  });
}
