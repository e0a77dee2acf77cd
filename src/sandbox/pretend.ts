import { dataDirectory, type Internals } from "./internals.ts";

const blockBytes = 8_192;
/** Blocks in one file of a relation: larger ones continue in <path>.1, <path>.2 … (documentation, section 66.1). */
const segmentBlocks = 131_072;

/** Whether any of the relations would be so large that it has more than one file. */
export function hasSegments(pages: Readonly<Record<string, number>>): boolean {
  return Object.values(pages).some((blocks) => blocks > segmentBlocks);
}

/**
 * Makes relations look as large as said until the returned function is called. The planner asks for a relation's size by
 * seeking to its file's end; reading or writing one meanwhile would find pages that are not there.
 */
export function pretendSizes(internals: Internals, pages: Readonly<Record<string, number>>): () => void {
  const undo: (() => void)[] = [];
  function stop(): void {
    for (const step of undo.reverse()) step();
  }
  try {
    for (const [path, blocks] of Object.entries(pages)) pretendSize(internals, path, blocks, undo);
  } catch (error) {
    stop();
    throw error;
  }
  return stop;
}

function pretendSize({ FS }: Internals, relation: string, blocks: number, undo: (() => void)[]): void {
  for (let segment = 0; segment * segmentBlocks < blocks; segment++) {
    const path = `${dataDirectory}/${relation}${segment === 0 ? "" : `.${segment}`}`;
    if (segment > 0 && !FS.analyzePath(path).exists) {
      FS.writeFile(path, new Uint8Array(0));
      undo.push(() => FS.unlink(path));
    }
    const { node } = FS.lookupPath(path);
    const real = node.usedBytes;
    const pretended = Math.min(blocks - segment * segmentBlocks, segmentBlocks) * blockBytes;
    if (pretended <= real) continue;
    node.usedBytes = pretended;
    undo.push(() => {
      node.usedBytes = real;
    });
  }
}
