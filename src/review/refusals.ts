import type { Refused } from "./framework.ts";
import { frameworks } from "./frameworks/index.ts";
import type { Side, Texts } from "./inputs.ts";
import type { DirectoryLayout, Layout } from "./layout.ts";
import { changesModels, repositoryOf } from "./models.ts";
import { directoryOf } from "./paths.ts";
import type { Refusal } from "./types.ts";

/**
 * Directories that a tool refuses to run since this change, because files of its own disagree; and the texts that are missing to
 * say so. Any tool is asked of any directory: one can sign what another runs.
 */
export function refusalsOf(
  layout: Layout,
  texts: Texts,
): {
  readonly found: readonly Refusal[];
  readonly wanted: readonly { readonly side: Side; readonly path: string }[];
} {
  const concerned = layout.directories.filter((one) => isConcerned(one, layout));
  if (concerned.length === 0) return { found: [], wanted: [] };
  const base = repositoryOf("base", layout, texts);
  const head = repositoryOf("head", layout, texts);
  const found = concerned.flatMap(({ directory }) =>
    Object.values(frameworks).flatMap(({ refusal }): Refusal[] => {
      const refused = refusal(directory, head.repository);
      if (refused === null || refused === "unknown") return [];
      // What was refused before, or may have been, is none of this change's doing.
      if (refusal(directory, base.repository) !== null) return [];
      return [{ ...placeOf(refused, layout), directory, disagreement: refused.disagreement }];
    }),
  );
  const wanted = [
    ...[...base.asked].map((path) => ({ side: "base" as const, path })),
    ...[...head.asked].map((path) => ({ side: "head" as const, path })),
  ];
  return { found, wanted };
}

function isConcerned({ directory, steps, removed }: DirectoryLayout, { changed }: Layout): boolean {
  return (
    steps.length > 0 ||
    removed.length > 0 ||
    changesModels(changed) ||
    changed.some(({ path }) => directoryOf(path) === directory)
  );
}

/** Where the change itself can be seen to do it. */
function placeOf({ places }: Refused, { changed }: Layout) {
  const touched = new Set(changed.map(({ path }) => path));
  const [first = { path: "", line: 1, endLine: 1 }] = places;
  return places.find(({ path }) => touched.has(path)) ?? first;
}
