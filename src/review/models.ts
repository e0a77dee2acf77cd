import type { Texts } from "./inputs.ts";
import type { DirectoryLayout, Layout } from "./layout.ts";
import type { Orm } from "./orm.ts";
import { orms } from "./orms/index.ts";
import { readText } from "./read-text.ts";
import type { ModelFile, Models } from "./types.ts";

/** Whether a file declares models of an ORM that is read. */
export function isModelOfOrm(path: string): boolean {
  return Object.values(orms).some((orm) => orm.isModel(path));
}

/** The model files of a directory that the review needs, on both sides; none where nothing of them can have drifted. */
export function modelFilesOf(
  directory: DirectoryLayout,
  layout: Layout,
): { readonly side: "base" | "head"; readonly path: string }[] {
  const orm = ormOf(directory);
  if (!orm || !isConcerned(directory, orm, layout)) return [];
  return (["base", "head"] as const).flatMap((side) =>
    orm.filesFor(directory.directory, [...layout.sides[side].keys()]).map((path) => ({ side, path })),
  );
}

/** Whether a change of models concerns the directory, though no migration of it changes. */
export function hasChangedModels(directory: DirectoryLayout, layout: Layout): boolean {
  const orm = ormOf(directory);
  return orm !== null && changedModels(directory, orm, layout).length > 0;
}

/** The models of a directory; null when there are none, or not all of them can be read. */
export function readModels(directory: DirectoryLayout, layout: Layout, texts: Texts): Models | null {
  const id = Object.keys(orms).find((name) => orms[name]?.framework === directory.framework);
  const wanted = modelFilesOf(directory, layout);
  if (id === undefined || !wanted.some(({ side }) => side === "head")) return null;
  const files = wanted.map(({ side, path }) => {
    const decoded = readText(texts.get(layout.sides[side].get(path)?.digest ?? ""));
    return { side, path, text: "text" in decoded ? decoded.text : null };
  });
  if (files.some(({ text }) => text === null)) return null;
  const of = (wantedSide: "base" | "head") =>
    files.flatMap(({ side, path, text }): ModelFile[] =>
      side === wantedSide && text !== null ? [{ path, text }] : [],
    );
  const models = { orm: id, base: of("base"), head: of("head") };
  // Models that begin with this pull request, or were moved: what was there before is not known.
  return models.base.length === 0 && directory.history.length > 0 ? null : models;
}

function ormOf({ framework }: DirectoryLayout): Orm | null {
  return Object.values(orms).find((orm) => orm.framework === framework) ?? null;
}

function isConcerned(directory: DirectoryLayout, orm: Orm, layout: Layout): boolean {
  return directory.steps.length > 0 || changedModels(directory, orm, layout).length > 0;
}

function changedModels({ directory }: DirectoryLayout, orm: Orm, { changed }: Layout): readonly string[] {
  const paths = changed.flatMap(({ path, previousPath }) => [path, previousPath ?? path]);
  return orm.filesFor(directory, [...new Set(paths)]);
}
