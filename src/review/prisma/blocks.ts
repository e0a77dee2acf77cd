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

/** The blocks of a file. Prisma's grammar wants a block's brace on its first line, and its end at the beginning of a line, where another may begin. */
export function prismaBlocks({ path, text }: ModelFile): PrismaBlock[] {
  const blocks: PrismaBlock[] = [];
  let open: Open | null = null;
  let begun: PrismaLine | null = null;
  for (const [i, raw] of uncommented(text).split("\n").entries()) {
    const line = i + 1;
    const trimmed = raw.trim();
    if (!open) open = openedBy(trimmed, line);
    else if (!begun && trimmed.startsWith("}")) {
      blocks.push({ ...open, path, endLine: line });
      open = openedBy(trimmed.slice(1).trim(), line);
    } else {
      const joined = joinedTo(begun, trimmed, line);
      begun = isOpen(joined.text) ? joined : null;
      if (!begun && joined.text !== "") open.lines.push(joined);
    }
  }
  return blocks;
}

/** A block whose end is not read yet. */
interface Open extends Pick<PrismaBlock, "kind" | "name" | "text" | "line"> {
  readonly lines: PrismaLine[];
}

function openedBy(text: string, line: number): Open | null {
  const [, kind, name = ""] = /^(\w+)\s+(\w+)\s*\{/.exec(text) ?? [];
  return kind === undefined ? null : { kind, name, text, line, lines: [] };
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
