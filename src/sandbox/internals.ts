import type { PGlite } from "@electric-sql/pglite";

/** A file or directory of the in-memory file system. */
export interface FileNode {
  name: string;
  parent: FileNode;
  mode: number;
  mtime: number;
  /**
   * A directory's entries, or a file's bytes, of which the first `usedBytes` count. What the database wrote first to an
   * empty file stays the kind of array that it came in; a file that was cut to nothing has none.
   */
  contents: Uint8Array | Int8Array | Record<string, FileNode> | null;
  usedBytes: number;
  readonly stream_ops: StreamOperations;
}

export interface OpenFile {
  node: FileNode;
  fd: number;
  shared: Record<string, unknown>;
}

export interface StreamOperations {
  read(stream: OpenFile, buffer: Uint8Array, offset: number, length: number, position: number): number;
  write(
    stream: OpenFile,
    buffer: Uint8Array,
    offset: number,
    length: number,
    position: number,
    canOwn?: boolean,
  ): number;
  msync(stream: OpenFile, buffer: Uint8Array, offset: number, length: number, flags: number): number;
}

/**
 * The parts of PGlite's Emscripten module on which checkpoints, quotas and pretended sizes rest. They are no public
 * interface, hence the exact version in package.json.
 */
export interface Internals {
  readonly HEAPU8: Uint8Array;
  stackSave(): number;
  stackRestore(pointer: number): void;
  readonly FS: {
    readonly ErrnoError: new (errno: number) => Error;
    readonly streams: (OpenFile | null)[];
    isDir(mode: number): boolean;
    hashAddNode(node: FileNode): void;
    hashRemoveNode(node: FileNode): void;
    lookupPath(path: string): { readonly node: FileNode };
    analyzePath(path: string): { readonly exists: boolean };
    writeFile(path: string, data: Uint8Array): void;
    unlink(path: string): void;
    mkdirTree(path: string): void;
  };
  readonly MEMFS: { resizeFileStorage(node: FileNode, size: number): void };
}

/** Where the database's files are in the in-memory file system. */
export const dataDirectory = "/pglite/data";

/** PGlite's internals, looked over first. Throws when this version's are not those that are known. */
export function internalsOf(pg: PGlite): Internals {
  const internals = pg.Module as unknown as Internals;
  const { FS, MEMFS } = internals;
  const known =
    internals.HEAPU8 instanceof Uint8Array &&
    isFunction(internals.stackSave) &&
    isFunction(internals.stackRestore) &&
    isFunction(FS.hashAddNode) &&
    isFunction(FS.hashRemoveNode) &&
    Array.isArray(FS.streams) &&
    isFunction(MEMFS.resizeFileStorage);
  const version = FS.lookupPath(`${dataDirectory}/PG_VERSION`).node;
  if (!known || !(version.contents instanceof Uint8Array) || !(version.usedBytes > 0)) {
    throw new Error("PGlite's internals are not those of the pinned version");
  }
  return internals;
}

/** A directory's entries; empty for a file. */
export function entriesOf({ contents }: FileNode): Record<string, FileNode> {
  return contents === null || ArrayBuffer.isView(contents) ? {} : contents;
}

/** A file's bytes in place, also those that do not count; null for what has none. */
export function bytesOf({ contents }: FileNode): Uint8Array | null {
  if (!ArrayBuffer.isView(contents)) return null;
  return new Uint8Array(contents.buffer, contents.byteOffset, contents.byteLength);
}

function isFunction(value: unknown): boolean {
  return typeof value === "function";
}
