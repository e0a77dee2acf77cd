/** A regular expression for a name of the database as code writes it: `user_id`, `userId`, `UserID`, `user-id`. Matches more rather than less. */
export function patternOf(word: string): string {
  const parts = word.split(/[_-]+/).filter(Boolean);
  return parts.map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("[_-]?");
}

/** The number in what a commit of a pull request is called: "Add state (#12)", "Merge pull request #12 from …"; null when there is none. */
export function pullIn(headline: string): number | null {
  const found = /\(#(\d{1,9})\)\s*$/.exec(headline) ?? /^Merge pull request #(\d{1,9}) from /.exec(headline);
  return found ? Number(found[1]) : null;
}
