import { bytesOf, dataDirectory, entriesOf, type FileNode, type Internals } from "./internals.ts";

/** Emscripten's number for "no space left on device"; PostgreSQL answers it with 53100 (disk_full). */
const noSpace = 51;
/** MEMFS copies the whole file for every extension; larger steps make bulk loads linear. */
const growth = 1.25;

/**
 * Bounds by how many bytes the in-memory files may grow from now on. The write-ahead log is counted but never refused: a
 * failed write to it stops the whole server.
 */
export function limitFiles(internals: Internals, growthLimit: number): void {
  const { FS, MEMFS } = internals;
  const log = FS.lookupPath(`${dataDirectory}/pg_wal`).node;
  const operations = FS.lookupPath(`${dataDirectory}/PG_VERSION`).node.stream_ops;
  let used = usage(internals);
  const limit = used + growthLimit;

  function charge(node: FileNode, bytes: number): void {
    if (bytes <= 0) return;
    if (used + bytes > limit && node.parent !== log) {
      used = usage(internals);
      if (used + bytes > limit) throw new FS.ErrnoError(noSpace);
    }
    used += bytes;
  }

  const write = operations.write;
  operations.write = function limitedWrite(stream, buffer, offset, length, position, canOwn) {
    charge(stream.node, position + length - stream.node.usedBytes);
    return write(stream, buffer, offset, length, position, canOwn);
  };

  const resize = MEMFS.resizeFileStorage.bind(MEMFS);
  MEMFS.resizeFileStorage = function limitedResize(node, size) {
    const { usedBytes } = node;
    const contents = bytesOf(node);
    if (size <= usedBytes || !contents) {
      resize(node, size);
      return;
    }
    charge(node, size - usedBytes);
    if (contents.length < size) {
      const larger = new Uint8Array(Math.max(size, Math.ceil(contents.length * growth)));
      larger.set(contents.subarray(0, usedBytes));
      node.contents = larger;
    } else {
      contents.fill(0, usedBytes, size);
    }
    node.usedBytes = size;
  };
}

function usage({ FS }: Internals): number {
  function sizeOf(node: FileNode): number {
    const bytes = bytesOf(node);
    if (bytes) return Math.max(node.usedBytes, bytes.length);
    return Object.values(entriesOf(node)).reduce(
      (sum, entry) => sum + (FS.isDir(entry.mode) || entry.contents ? sizeOf(entry) : 0),
      0,
    );
  }
  return sizeOf(FS.lookupPath(dataDirectory).node) + sizeOf(FS.lookupPath("/tmp").node);
}
