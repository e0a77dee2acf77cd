/** Bytes of one piece; it takes no memory before it is written to. */
const piece = 64 * 1024 * 1024;
/** Pieces that are made at most: what lies in one is freed when all of it is, so that more would be held than is used. */
const mostPieces = 4;

/**
 * Keeps copies of bytes, beside each other in large pieces. In arrays of their own, every checkpoint would have the collector of
 * JavaScript go through all of the heap, which takes longer than the checkpoint.
 */
export interface Shelf {
  copy(bytes: Uint8Array): Uint8Array;
}

export function createShelf(): Shelf {
  let open: Uint8Array | null = null;
  let used = 0;
  let pieces = 0;
  return {
    copy(bytes) {
      if (open === null || used + bytes.length > open.length) {
        if (pieces === mostPieces || bytes.length > piece) return bytes.slice();
        open = new Uint8Array(piece);
        used = 0;
        pieces += 1;
      }
      const copy = open.subarray(used, used + bytes.length);
      copy.set(bytes);
      used += bytes.length;
      return copy;
    },
  };
}
