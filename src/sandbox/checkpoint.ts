import {
  bytesOf,
  dataDirectory,
  entriesOf,
  type FileNode,
  type Internals,
  type OpenFile,
} from "./internals.ts";

interface SavedEntry {
  readonly name: string;
  readonly node: FileNode;
  /** A file's bytes; null for a directory, a link or a device. */
  readonly bytes: Uint8Array | null;
  readonly mode: number;
  readonly mtime: number;
}

interface SavedDirectory {
  readonly node: FileNode;
  readonly entries: ReadonlyMap<string, SavedEntry>;
}

interface SavedStream {
  readonly stream: OpenFile;
  readonly node: FileNode;
  readonly shared: Record<string, unknown>;
  readonly values: Readonly<Record<string, unknown>>;
}

/** A whole database as it was: its memory and its files. */
export interface Snapshot {
  readonly memory: Uint8Array;
  readonly stack: number;
  readonly directories: readonly SavedDirectory[];
  readonly streams: readonly (SavedStream | null)[];
}

/** Directories that the database writes to. */
const roots = [dataDirectory, "/tmp"];
const block = 1024 * 1024;
const zeroes = Buffer.alloc(block);

/** Copies the database's used memory and files. Valid only between queries and outside a transaction. */
export function takeSnapshot(internals: Internals): Snapshot {
  const { FS, HEAPU8 } = internals;
  const directories: SavedDirectory[] = [];
  for (const root of roots) saveDirectory(FS.lookupPath(root).node, internals, directories);
  return {
    memory: HEAPU8.slice(0, usedEnd(HEAPU8)),
    stack: internals.stackSave(),
    directories,
    streams: FS.streams.map(
      (stream) =>
        stream && { stream, node: stream.node, shared: stream.shared, values: { ...stream.shared } },
    ),
  };
}

/**
 * Puts memory and files back, also after errors, an open transaction, or when the engine had lost its session. Libraries
 * that were first loaded after the snapshot are not valid any more: load those in use before.
 */
export function restoreSnapshot(internals: Internals, snapshot: Snapshot): void {
  const { HEAPU8, FS } = internals;
  const end = usedEnd(HEAPU8);
  HEAPU8.set(snapshot.memory);
  // Memory cannot shrink: what was used above is zeroed, as it was before.
  if (end > snapshot.memory.length) HEAPU8.fill(0, snapshot.memory.length, end);
  internals.stackRestore(snapshot.stack);
  for (const directory of snapshot.directories) restoreDirectory(directory, internals);
  FS.streams.length = 0;
  for (const [fd, saved] of snapshot.streams.entries()) FS.streams[fd] = saved && reopened(saved, fd);
}

/** The end of the used part, found by comparing blocks with zeroes from the top: untouched pages stay untouched. */
function usedEnd(heap: Uint8Array): number {
  const bytes = Buffer.from(heap.buffer, heap.byteOffset, heap.length);
  let end = bytes.length;
  while (end > 0 && bytes.compare(zeroes, 0, block, end - block, end) === 0) end -= block;
  return end;
}

function saveDirectory(node: FileNode, internals: Internals, saved: SavedDirectory[]): void {
  const entries = new Map<string, SavedEntry>();
  for (const [name, entry] of Object.entries(entriesOf(node))) {
    const { usedBytes, mode, mtime } = entry;
    // A file that was never written to has no bytes yet; it must be empty again.
    const bytes = isFile(mode) ? (bytesOf(entry)?.slice(0, usedBytes) ?? new Uint8Array(0)) : null;
    entries.set(name, { name, node: entry, bytes, mode, mtime });
    if (internals.FS.isDir(mode)) saveDirectory(entry, internals, saved);
  }
  saved.push({ node, entries });
}

/** Regular files, by the type bits of their mode. */
function isFile(mode: number): boolean {
  return (mode & 0o170_000) === 0o100_000;
}

function restoreDirectory(directory: SavedDirectory, { FS }: Internals): void {
  const present = entriesOf(directory.node);
  for (const [name, node] of Object.entries(present)) {
    if (directory.entries.get(name)?.node === node) continue;
    FS.hashRemoveNode(node);
    delete present[name];
  }
  for (const saved of directory.entries.values()) {
    const { name, node } = saved;
    if (present[name] !== node) {
      node.name = name;
      node.parent = directory.node;
      present[name] = node;
      FS.hashAddNode(node);
    }
    if (saved.bytes) restoreFile(node, saved, saved.bytes);
  }
}

function restoreFile(node: FileNode, saved: SavedEntry, bytes: Uint8Array): void {
  const present = bytesOf(node);
  if (present && present.length >= bytes.length) {
    present.set(bytes);
    present.fill(0, bytes.length);
  } else {
    node.contents = bytes.slice();
  }
  node.usedBytes = bytes.length;
  node.mode = saved.mode;
  node.mtime = saved.mtime;
}

function reopened({ stream, node, shared, values }: SavedStream, fd: number): OpenFile {
  stream.fd = fd;
  stream.node = node;
  if (shared) stream.shared = Object.assign(shared, values);
  return stream;
}
