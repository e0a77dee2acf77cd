import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import type { Internals } from "./internals.ts";
import type { ExtensionArchive } from "./messages.ts";
import { readTar } from "./tar.ts";

/** Where PGlite's own files are; extensions' archives are relative to it. */
const installation = "/pglite";
const libraryDirectory = `${installation}/lib/postgresql`;

/** Asks for a server to replicate from. Loading it here fails half way, and no library can be loaded after that. */
const withoutUse = [`${libraryDirectory}/libpqwalreceiver.so`];

/**
 * Puts the extensions' files where CREATE EXTENSION looks for them. PGlite's own way also compiles every library at
 * start, which takes longer than the rest of it.
 */
export function installExtensions({ FS }: Internals, archives: readonly ExtensionArchive[]): void {
  for (const path of withoutUse) if (FS.analyzePath(path).exists) FS.unlink(path);
  const files = archives.flatMap((archive) => readTar(gunzipSync(readFileSync(archive.path))));
  const paths = files.map((file) => `${installation}/${file.name}`);
  for (const folder of new Set(paths.map((path) => path.slice(0, path.lastIndexOf("/")))))
    FS.mkdirTree(folder);
  for (const [index, file] of files.entries()) FS.writeFile(paths[index] ?? "", file.bytes);
}

/** Calls back whenever a library's file is read, which is when it is first loaded. */
export function watchLibraries({ FS }: Internals, onLoad: (path: string) => void): void {
  const operations = FS.lookupPath(`${libraryDirectory}/plpgsql.so`).node.stream_ops;
  const read = operations.read;
  operations.read = function watchedRead(stream, buffer, offset, length, position) {
    if (stream.node.name.endsWith(".so")) onLoad(`${libraryDirectory}/${stream.node.name}`);
    return read(stream, buffer, offset, length, position);
  };
}
