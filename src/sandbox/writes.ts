import { dataDirectory, type FileNode, type Internals } from "./internals.ts";

/**
 * Versions of the in-memory files: a file that has the version that it had before holds the same bytes. All writes of the
 * database come through the operations that are watched here (write, msync) or through a change of a file's size.
 */
const versions = new WeakMap<FileNode, number>();
/** The same of a file's blocks, as far as they were written to. */
const versionsOfBlocks = new WeakMap<FileNode, Map<number, number>>();
let last = 0;

/** Blocks of the database's own files (documentation, section 66.6). */
export const fileBlock = 8 * 1024;

/** Gives a file another version with every write to it from now on. */
export function watchWrites({ FS, MEMFS }: Internals): void {
  const operations = FS.lookupPath(`${dataDirectory}/PG_VERSION`).node.stream_ops;
  const { write, msync } = operations;
  operations.write = function watchedWrite(stream, buffer, offset, length, position, ...rest) {
    // What lies between the end of the file and a place beyond it becomes a part of it.
    touch(stream.node, Math.min(stream.node.usedBytes, position), position + length);
    return write(stream, buffer, offset, length, position, ...rest);
  };
  operations.msync = function watchedSync(stream, buffer, offset, length, ...rest) {
    touch(stream.node, offset, offset + length);
    return msync(stream, buffer, offset, length, ...rest);
  };
  const resize = MEMFS.resizeFileStorage.bind(MEMFS);
  MEMFS.resizeFileStorage = function watchedResize(node, size) {
    touch(node, Math.min(node.usedBytes, size), Math.max(node.usedBytes, size));
    resize(node, size);
  };
}

/** A file's version; 0 before the first write that was watched. */
export function versionOf(node: FileNode): number {
  return versions.get(node) ?? 0;
}

/** A block's version: at most that of its file when it was last written to. */
export function versionOfBlock(node: FileNode, block: number): number {
  return versionsOfBlocks.get(node)?.get(block) ?? 0;
}

/** For a file that holds again what it held when it had a version. To one that it had in between, its blocks are strange. */
export function setVersion(node: FileNode, version: number): void {
  versions.set(node, version);
  const blocks = versionsOfBlocks.get(node);
  last += 1;
  for (const [block, own] of blocks ?? []) if (own > version) blocks?.set(block, last);
}

function touch(node: FileNode, from: number, to: number): void {
  last += 1;
  versions.set(node, last);
  const blocks = versionsOfBlocks.get(node) ?? new Map<number, number>();
  versionsOfBlocks.set(node, blocks);
  for (let block = Math.floor(from / fileBlock); block * fileBlock < to; block++) blocks.set(block, last);
}
