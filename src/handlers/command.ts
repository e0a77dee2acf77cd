/** What somebody asks for in a comment that begins with `/drydock`. */
export type Command =
  | { readonly kind: "review" }
  | { readonly kind: "help" }
  | { readonly kind: "ignore"; readonly rule: string; readonly reason: string }
  | { readonly kind: "explain"; readonly what: string }
  | { readonly kind: "unknown"; readonly word: string };

/** Commands that are answered once the change was reviewed. */
export type Question = Extract<Command, { kind: "ignore" | "explain" }>;

/**
 * The command of a comment: its first line that holds something has to begin with `/drydock`; what is quoted or stands in a
 * code block is none. null when the comment is an ordinary one.
 */
export function readCommand(body: string): Command | null {
  const line = body.split(/\r?\n/).find((one) => one.trim() !== "") ?? "";
  const found = /^\/drydock(?:\s+([\s\S]*))?$/i.exec(line.trimEnd());
  if (!found) return null;
  const [word = "help", ...rest] = (found[1] ?? "").trim().split(/\s+/).filter(Boolean);
  const kind = word.toLowerCase();
  if (kind === "review" || kind === "help") return { kind };
  if (kind === "explain") return { kind, what: rest.join(" ").slice(0, 200) };
  if (kind === "ignore") {
    const [rule = "", ...reason] = rest;
    return { kind, rule: unquoted(rule).slice(0, 100), reason: reason.join(" ").slice(0, 500) };
  }
  return { kind: "unknown", word: word.slice(0, 60) };
}

/** People copy a rule's id with the backticks that it is shown in. */
function unquoted(word: string): string {
  return word.replace(/^`+|`+$/g, "");
}
