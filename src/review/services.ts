import { directoryOf, fileNameOf, isWithin } from "./paths.ts";
import { compareText } from "./versions.ts";

/** So many of them are read for a directory. */
const limit = 3;

/**
 * Compose files that start what a directory's project needs, the nearest first: beside the directory or above it, or in a
 * hidden folder there. They tell CockroachDB, whose migrations look like PostgreSQL's.
 */
export function serviceFilesFor(directory: string, paths: Iterable<string>): string[] {
  return [...paths]
    .filter((path) => isCompose.test(fileNameOf(path)) && isWithin(directory, homeOf(path)))
    .sort((a, b) => homeOf(b).length - homeOf(a).length || compareText(a, b))
    .slice(0, limit);
}

/** Whether compose files start CockroachDB and no PostgreSQL. */
export function startCockroach(texts: readonly string[]): boolean {
  const images = texts.flatMap((text) =>
    [...text.matchAll(/^\s*image:\s*["']?([^\s"'#]+)/gm)].map(([, name]) => name ?? ""),
  );
  return images.some((image) => /cockroach/.test(image)) && !images.some((image) => postgresql.test(image));
}

const isCompose = /^(docker-)?compose([.-][\w-]+)*\.ya?ml$/;

/** Images that hold PostgreSQL under a name of their own. */
const postgresql = /postgres|postgis|timescale|pgvector|supabase/;

/** The folder that a compose file stands for. */
function homeOf(path: string): string {
  const folder = directoryOf(path);
  return /^\.[\w-]+$/.test(fileNameOf(folder)) ? directoryOf(folder) : folder;
}
