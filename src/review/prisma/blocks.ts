import type { ModelFile } from "../types.ts";

/** A line of a block, or several that belong together; without comments. */
export interface PrismaLine {
  readonly text: string;
  /** 1-based, both ends included. */
  readonly line: number;
  readonly endLine: number;
}

/** A block of a Prisma schema: `kind name { … }`. */
export interface PrismaBlock extends PrismaLine {
  readonly path: string;
  readonly kind: string;
  readonly name: string;
  readonly lines: readonly PrismaLine[];
}

/** The blocks of a file. Prisma's grammar wants a block's brace on its first line, and its end on a line of its own. */
export function prismaBlocks({ path, text }: ModelFile): PrismaBlock[] {
  const blocks: PrismaBlock[] = [];
  let open: { kind: string; name: string; text: string; line: number; lines: PrismaLine[] } | null = null;
  let begun: PrismaLine | null = null;
  for (const [i, raw] of uncommented(text).split("\n").entries()) {
    const line = i + 1;
    const trimmed = raw.trim();
    if (!open) {
      const [, kind, name = ""] = /^(\w+)\s+(\w+)\s*\{/.exec(trimmed) ?? [];
      if (kind !== undefined) open = { kind, name, text: trimmed, line, lines: [] };
    } else if (!begun && trimmed === "}") {
      blocks.push({ ...open, path, endLine: line });
      open = null;
    } else {
      const joined = joinedTo(begun, trimmed, line);
      begun = isOpen(joined.text) ? joined : null;
      if (!begun && joined.text !== "") open.lines.push(joined);
    }
  }
  return blocks;
}

/** A line that goes on where one before it left a bracket open. */
function joinedTo(begun: PrismaLine | null, text: string, line: number): PrismaLine {
  return begun ? { ...begun, text: `${begun.text} ${text}`, endLine: line } : { text, line, endLine: line };
}

/** The text with every comment blanked, so that lines stay where they are. */
function uncommented(text: string): string {
  return text.replace(/"(?:[^"\\\n]|\\.)*"|\/\*[\s\S]*?\*\/|\/\/[^\n]*/g, (match) =>
    match.startsWith('"') ? match : match.replace(/[^\n]/g, " "),
  );
}

/** Whether a bracket is still open. */
function isOpen(text: string): boolean {
  let depth = 0;
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|[([\])]/g)) {
    if (token === "(" || token === "[") depth += 1;
    if (token === ")" || token === "]") depth -= 1;
  }
  return depth > 0;
}
