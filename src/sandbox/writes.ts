import { dataDirectory, type FileNode, type Internals } from "./internals.ts";

/**
 * Versions of the in-memory files: a file that has the version that it had before holds the same bytes. All writes of the
 * database come through the operations that are watched here (write, msync) or through a change of a file's size.
 */
const versions = new WeakMap<FileNode, number>();
let last = 0;

/** Gives a file another version with every write to it from now on. */
export function watchWrites({ FS, MEMFS }: Internals): void {
  const operations = FS.lookupPath(`${dataDirectory}/PG_VERSION`).node.stream_ops;
  const { write, msync } = operations;
  operations.write = function watchedWrite(stream, ...rest) {
    touch(stream.node);
    return write(stream, ...rest);
  };
  operations.msync = function watchedSync(stream, ...rest) {
    touch(stream.node);
    return msync(stream, ...rest);
  };
  const resize = MEMFS.resizeFileStorage.bind(MEMFS);
  MEMFS.resizeFileStorage = function watchedResize(node, size) {
    touch(node);
    resize(node, size);
  };
}

/** A file's version; 0 before the first write that was watched. */
export function versionOf(node: FileNode): number {
  return versions.get(node) ?? 0;
}

/** For a file that holds again what it held when it had a version. */
export function setVersion(node: FileNode, version: number): void {
  versions.set(node, version);
}

function touch(node: FileNode): void {
  last += 1;
  versions.set(node, last);
}
