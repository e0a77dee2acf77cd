import { definitions } from "./features/definitions.ts";
import type { Feature, Fields } from "./features/feature.ts";
import { named } from "./features/names.ts";
import { queries } from "./features/queries.ts";
import { isTooDeep } from "./nesting.ts";
import { parseSql } from "./parser.ts";
import { sourceOf } from "./source.ts";
import { isObject, objectsOf } from "./tree.ts";

/** Everything that is known, newest first. */
export const features = [...definitions, ...queries, ...named].sort((a, b) => b.since - a.since);

/** Longer statements are not read, as everywhere. UTF-16 units. */
const longest = 256 * 1024;

/** Syntax of a statement that servers older than `version` came to know, so that this one refuses it; each once, newest first. */
export function featuresBeyond(version: number, sql: string): Feature[] {
  const newer = features.filter((feature) => feature.since > version);
  if (newer.length === 0 || sql.length > longest || isTooDeep(sourceOf(sql, 0).tokens)) return [];
  const parsed = parseSql(sql);
  if (!("tree" in parsed)) return [];
  const used = new Set<Feature>();
  for (const object of objectsOf(parsed.tree)) {
    for (const [node, fields] of Object.entries(object)) {
      if (!isObject(fields)) continue;
      for (const feature of newer) {
        if (feature.node === node && feature.isUsed(fields as Fields)) used.add(feature);
      }
    }
  }
  const found = newer.filter((feature) => used.has(feature));
  return found.filter(({ name }, i) => found.findIndex((other) => other.name === name) === i);
}
