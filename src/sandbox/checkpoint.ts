import { isDeepStrictEqual } from "node:util";
import type { BlockRange, ChangedFile } from "./engine.ts";
import {
  bytesOf,
  dataDirectory,
  entriesOf,
  type FileNode,
  type Internals,
  type OpenFile,
} from "./internals.ts";
import { createShelf } from "./shelf.ts";
import { fileBlock, setVersion, versionOf, versionOfBlock } from "./writes.ts";

interface SavedEntry {
  readonly name: string;
  readonly node: FileNode;
  /** A file's bytes; null for a directory, a link or a device. */
  readonly bytes: Uint8Array | null;
  /** Of what is in it: as long as it is the same, so are the bytes. */
  readonly version: number;
  readonly mode: number;
  readonly mtime: number;
}

interface SavedDirectory {
  readonly entries: ReadonlyMap<string, SavedEntry>;
}

interface SavedStream {
  readonly stream: OpenFile;
  readonly node: FileNode;
  readonly shared: Record<string, unknown>;
  readonly values: Readonly<Record<string, unknown>>;
}

/** A whole database as it was: its memory and its files. What did not change is shared with an earlier snapshot. */
export interface Snapshot {
  /** Blocks of the used part, from its start. */
  readonly memory: readonly Uint8Array[];
  readonly stack: number;
  readonly directories: ReadonlyMap<FileNode, SavedDirectory>;
  readonly streams: readonly (SavedStream | null)[];
}

/** Directories that the database writes to. */
const roots = [dataDirectory, "/tmp"];
/** Directories of tables, indexes and catalogues, below the data directory (documentation, section 66.1). */
const relationRoots = ["base", "global", "pg_tblspc"];
/** Memory is compared and kept in pieces of this size. */
const block = 16 * 1024;
const largeBlock = 1024 * 1024;
const zeroes = Buffer.alloc(largeBlock);
const shelf = createShelf();

/**
 * Copies the database's used memory and files, as far as they are not the same as in an earlier snapshot. Valid only
 * between queries and outside a transaction.
 */
export function takeSnapshot(internals: Internals, earlier: Snapshot | null = null): Snapshot {
  const { FS, HEAPU8 } = internals;
  const directories = new Map<FileNode, SavedDirectory>();
  for (const root of roots) saveDirectory(FS.lookupPath(root).node, internals, earlier, directories);
  return {
    memory: blocksOf(HEAPU8, earlier?.memory ?? []),
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
  const used = snapshot.memory.length * block;
  for (const [i, bytes] of snapshot.memory.entries()) {
    const start = i * block;
    if (!isSame(bytes, HEAPU8.subarray(start, start + block))) HEAPU8.set(bytes, start);
  }
  // Memory cannot shrink: what was used above is zeroed, as it was before.
  if (end > used) HEAPU8.fill(0, used, end);
  internals.stackRestore(snapshot.stack);
  for (const [node, directory] of snapshot.directories) restoreDirectory(node, directory, internals);
  FS.streams.length = 0;
  for (const [fd, saved] of snapshot.streams.entries()) FS.streams[fd] = saved && reopened(saved, fd);
}

/**
 * Files of tables and indexes that are not, byte for byte, what they were at a snapshot; new ones and those that
 * are gone are among them. Both times the database must have written down before what it held in memory (CHECKPOINT).
 */
export function filesChangedSince({ FS }: Internals, { directories }: Snapshot): ChangedFile[] {
  const changed: ChangedFile[] = [];
  const { node } = FS.lookupPath(dataDirectory);
  for (const name of relationRoots) {
    const root = entriesOf(node)[name];
    if (root) findChanged(root, name, FS, directories, changed);
  }
  return changed;
}

/** Whether every file, and every block of one, that is said to be what it was in a snapshot is, byte for byte. */
export function tellsWrites({ FS }: Internals, { directories }: Snapshot): boolean {
  return [...directories].every(([directory, { entries }]) =>
    Object.entries(entriesOf(directory)).every(([name, node]) => {
      const then = entries.get(name);
      if (FS.isDir(node.mode) || !then?.bytes || then.node !== node) return true;
      if (isUntouched(then, node)) return isSame(then.bytes, contentOf(node));
      const all = changedBlocks({ ...then, version: -1 }, then.bytes, node);
      return isDeepStrictEqual(changedBlocks(then, then.bytes, node), all);
    }),
  );
}

function findChanged(
  node: FileNode,
  path: string,
  FS: Internals["FS"],
  directories: Snapshot["directories"],
  changed: ChangedFile[],
): void {
  const saved = directories.get(node)?.entries;
  const present = entriesOf(node);
  for (const [name, entry] of Object.entries(present)) {
    const below = `${path}/${name}`;
    const then = saved?.get(name);
    if (FS.isDir(entry.mode)) findChanged(entry, below, FS, directories, changed);
    else if (isNumbered(name) && !isUntouched(then, entry)) {
      const blocks = then?.bytes ? changedBlocks(then, then.bytes, entry) : null;
      if (blocks?.length !== 0) changed.push({ path: below, blocks });
    }
  }
  for (const name of saved?.keys() ?? []) {
    if (!(name in present)) changed.push({ path: `${path}/${name}`, blocks: null });
  }
}

/** Of a file that has been written to since; only blocks that were are compared. */
function changedBlocks(
  { node, version }: SavedEntry,
  before: Uint8Array,
  entry: FileNode,
): readonly BlockRange[] {
  const now = contentOf(entry);
  const ranges: [from: number, to: number][] = [];
  for (let start = 0; start < Math.max(before.length, now.length); start += fileBlock) {
    const end = start + fileBlock;
    if (node === entry && versionOfBlock(entry, start / fileBlock) <= version) continue;
    if (isSame(before.subarray(start, end), now.subarray(start, end))) continue;
    const number = start / fileBlock;
    const last = ranges.at(-1);
    if (last?.[1] === number) last[1] = number + 1;
    else ranges.push([number, number + 1]);
  }
  return ranges;
}

/** The used memory in blocks, those of an earlier snapshot where they say the same. */
function blocksOf(heap: Uint8Array, earlier: readonly Uint8Array[]): Uint8Array[] {
  const end = usedEnd(heap);
  // In one piece where all of it is new: many small pieces cost more.
  const copy = earlier.length === 0 ? heap.slice(0, end) : null;
  return Array.from({ length: end / block }, (_, i) => {
    const now = (copy ?? heap).subarray(i * block, (i + 1) * block);
    const then = earlier[i];
    if (copy) return now;
    return then && isSame(then, now) ? then : shelf.copy(now);
  });
}

/** The end of the used part, found by comparing blocks with zeroes from the top: untouched pages stay untouched. */
function usedEnd(heap: Uint8Array): number {
  const bytes = Buffer.from(heap.buffer, heap.byteOffset, heap.length);
  let end = bytes.length;
  while (end > 0 && bytes.compare(zeroes, 0, largeBlock, end - largeBlock, end) === 0) end -= largeBlock;
  return end;
}

function saveDirectory(
  node: FileNode,
  internals: Internals,
  earlier: Snapshot | null,
  saved: Map<FileNode, SavedDirectory>,
): void {
  const entries = new Map<string, SavedEntry>();
  const known = earlier?.directories.get(node)?.entries;
  for (const [name, entry] of Object.entries(entriesOf(node))) {
    const { mode, mtime } = entry;
    const bytes = isFile(mode) ? bytesAfter(known?.get(name), entry) : null;
    entries.set(name, { name, node: entry, bytes, version: versionOf(entry), mode, mtime });
    if (internals.FS.isDir(mode)) saveDirectory(entry, internals, earlier, saved);
  }
  saved.set(node, { entries });
}

function bytesAfter(earlier: SavedEntry | undefined, node: FileNode): Uint8Array {
  const now = contentOf(node);
  return earlier?.bytes && holds(node, earlier) ? earlier.bytes : shelf.copy(now);
}

/** Files of relations are named by number; `pg_control` beside them is written by every CHECKPOINT. */
function isNumbered(name: string): boolean {
  return /\d/.test(name);
}

function holds(node: FileNode, saved: SavedEntry | undefined): boolean {
  if (!saved?.bytes) return false;
  return isUntouched(saved, node) || isSame(saved.bytes, contentOf(node));
}

function isUntouched(earlier: SavedEntry | undefined, node: FileNode): boolean {
  return earlier?.node === node && earlier.version === versionOf(node);
}

/** A file's bytes, in place. A file that was never written to has none yet; it must be empty again. */
function contentOf(node: FileNode): Uint8Array {
  return bytesOf(node)?.subarray(0, node.usedBytes) ?? new Uint8Array(0);
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && Buffer.compare(a, b) === 0;
}

/** Regular files, by the type bits of their mode. */
function isFile(mode: number): boolean {
  return (mode & 0o170_000) === 0o100_000;
}

function restoreDirectory(parent: FileNode, directory: SavedDirectory, { FS }: Internals): void {
  const present = entriesOf(parent);
  for (const [name, node] of Object.entries(present)) {
    if (directory.entries.get(name)?.node === node) continue;
    FS.hashRemoveNode(node);
    delete present[name];
  }
  for (const saved of directory.entries.values()) {
    const { name, node } = saved;
    if (present[name] !== node) {
      node.name = name;
      node.parent = parent;
      present[name] = node;
      FS.hashAddNode(node);
    }
    if (saved.bytes) restoreFile(node, saved, saved.bytes);
  }
}

function restoreFile(node: FileNode, saved: SavedEntry, bytes: Uint8Array): void {
  if (!isUntouched(saved, node)) {
    const present = bytesOf(node);
    if (present && present.length >= bytes.length) {
      present.set(bytes);
      present.fill(0, bytes.length);
    } else {
      node.contents = bytes.slice();
    }
    setVersion(node, saved.version);
  }
  // A size may be pretended.
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
