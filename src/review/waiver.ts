import { visible } from "./text.ts";
import type { Script } from "./types.ts";

/**
 * Why a down is not owed although its file stands there: it holds no statement (BEGIN and COMMIT apart) and a comment
 * that says it is meant so. The comment's own words, shortened; null when the file is a down like any other.
 */
export function waiverOf(down: Script): string | null {
  if (
    down.statements.some(
      (statement) => !isTransactionOnly(statement.operations, statement.skipped ?? statement.refused),
    )
  )
    return null;
  const comment = commentText(
    down.text.slice(down.range.start, Math.min(down.range.end, down.range.start + 16_384)),
  );
  return meant.test(comment) && !/\b(todo|fixme)\b/i.test(comment) ? shortened(comment) : null;
}

function isTransactionOnly(
  operations: Script["statements"][number]["operations"],
  unread: string | null,
): boolean {
  return (
    unread === null &&
    operations.length > 0 &&
    operations.every((operation) => operation.kind === "transaction")
  );
}

/** The words of `--` and block comments, licence headers left out, on one line. */
function commentText(text: string): string {
  const lines = text.split("\n").flatMap((line) => {
    const words = line.trim().replace(/^(--+|\/\*+|\*+\/?)\s*|\s*\*+\/$/g, "");
    const isMark = /^(migrate:(up|down)\b|\+(goose|migrate)\s|(up|down) migration\s*$)/i.test(words);
    return isMark || /^(begin|commit|start transaction|end)?\s*;*$/i.test(words) ? [""] : [words];
  });
  const paragraphs = lines.join("\n").split(/\n{2,}/);
  return paragraphs
    .filter((paragraph) => !/copyright|spdx-|licen[sc]ed? under|warrant(y|ies)/i.test(paragraph))
    .join(" ")
    .replace(/\s+/g, " ")
    .trim();
}

function shortened(comment: string): string {
  const text = visible(comment);
  if (text.length <= 160) return text;
  return `${text.slice(0, 160).replace(/\s\S*$/, "")} …`;
}

const meant = new RegExp(
  [
    "irreversible|raise \\w*(not_?implemented|not_?supported)|not (truly |really |easily )?(reversible|revertible|supported|possible|needed|required|necessary)",
    "no[- ]?op\\b|no down|no (good |safe |easy )?way|nothing to (do|undo|revert|roll|drop|restore|clean)|do(es)? nothing",
    "(can ?not|can['’]?t|could not|couldn['’]?t|won['’]?t|will not|do not|don['’]?t|does not|doesn['’]?t|unable to)( \\w+){0,4} (be |make |provide )?(undo|undone|revert|reverted|revers|roll|remov|delet|drop|restor|down|sense|back)",
    "intentional|on purpose|deliberate|left (blank|empty)|is empty|impossible|one[- ]way|not much to do|(^|[.;] )keep\\b",
  ].join("|"),
  "i",
);
