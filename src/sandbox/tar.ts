export interface TarFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

const block = 512;
const regularFile = new Set(["0", "\0"]);

/** The regular files of a POSIX archive with short names, as PGlite packs extensions. */
export function readTar(archive: Uint8Array): readonly TarFile[] {
  const bytes = Buffer.from(archive.buffer, archive.byteOffset, archive.length);
  const files: TarFile[] = [];
  let at = 0;
  while (at + block <= bytes.length && bytes[at] !== 0) {
    const name = bytes.toString("utf8", at, bytes.indexOf(0, at));
    const size = Number.parseInt(bytes.toString("latin1", at + 124, at + 136), 8) || 0;
    const kind = bytes.toString("latin1", at + 156, at + 157);
    const start = at + block;
    if (regularFile.has(kind)) files.push({ name, bytes: bytes.subarray(start, start + size) });
    at = start + Math.ceil(size / block) * block;
  }
  return files;
}
