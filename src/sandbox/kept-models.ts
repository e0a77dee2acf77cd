import { LRUCache } from "lru-cache";
import type { ModelSchema, ModelStatement } from "../review/types.ts";
import { baseKey } from "./base-cache.ts";
import type { Catalog, CatalogObject } from "./catalog.ts";
import { isMissing } from "./catalog-kinds.ts";
import type { Content } from "./content.ts";
import type { Session } from "./session.ts";

/** What models were seen to build: the base side's come again with each push, and with each pull request on the same base. */
export type ModelMemory = LRUCache<string, ModelSchema>;

/** Schemas that stay in memory: two of each review, of some megabytes where models are large. */
const mostKept = 12;

export function createModelMemory(): ModelMemory {
  return new LRUCache({ max: mostKept });
}

/** Names all that decides what statements build; null where that is not known. */
export type KeyOf = (statements: readonly ModelStatement[]) => string | null;

/** How what models build beside this content is named; `about` tells what else it must not be mixed with. */
export async function modelKeys(
  session: Session,
  content: Content | null,
  about: readonly string[],
): Promise<KeyOf> {
  if (!content) return () => null;
  const [[[settings, isUnlisted] = []] = []] = await session.ask(surroundings);
  if (isUnlisted !== "f") return () => null;
  return (statements) => {
    const texts = statements.map(({ sql }) => sql);
    const objects = [...objectsAround(content.catalog, texts)].map(
      ({ kind, identity, definition, physical, owner, privileges }) => [
        kind,
        identity,
        definition,
        physical,
        owner,
        privileges,
      ],
    );
    return baseKey([about, settings, content.marks.members, objects, texts]);
  };
}

/**
 * What statements may meet that is not their own: all that acts without being named, and of the rest what has a name that stands
 * in them. A table that they make themselves, before anything names it, stands in front of the one that was there.
 */
function* objectsAround(catalog: Catalog, texts: readonly string[]): Generator<CatalogObject> {
  const words = new Set<string>();
  const made = new Set<string>();
  const met = new Set<string>();
  for (const sql of texts) {
    const own = madeFirst.exec(sql)?.groups;
    const name = own?.quoted ?? own?.plain?.toLowerCase() ?? null;
    for (const word of namesIn(sql)) {
      words.add(word);
      if (word !== name && !made.has(word)) met.add(word);
    }
    if (name !== null) made.add(name);
  }
  const actsUnseen = [...catalog.values()].some(({ kind }) => kind === "event trigger");
  for (const object of catalog.values()) {
    const { kind, identity, details, home } = object;
    if (home !== null) {
      const names = partKinds.has(kind)
        ? String(details?.table ?? identity)
        : `${identity} ${details?.table}`;
      if (wordsOf(names).some((word) => met.has(word))) yield object;
    } else if (actsUnseen || !namedKinds.has(kind)) yield object;
    else if (wordsOf(identity.split("(", 1)[0] ?? "").some((word) => words.has(word))) yield object;
  }
}

/** Kinds of what is only named with its table. */
const partKinds: ReadonlySet<string> = new Set(["column", "constraint", "policy"]);

/** A table or the like that is made where names are looked for first. */
const madeFirst =
  /^\s*CREATE\s+(?:UNLOGGED\s+)?(?:TABLE|VIEW|SEQUENCE)\s+(?:IF\s+NOT\s+EXISTS\s+)?(?:(?:"public"|public)\.)?(?:"(?<quoted>[\w$]+)"|(?<plain>[\w$]+))(?![\w$.])/i;

/** All that can be a name in a statement, or a part of one, as the server takes it: without quotes it is in lower case. */
function* namesIn(sql: string): Generator<string> {
  for (const [token] of sql.matchAll(/"(?:[^"]|"")*"|[\p{L}\p{N}_$]+/gu)) {
    if (token.startsWith('"')) yield* wordsOf(token);
    else yield token.toLowerCase();
  }
}

function wordsOf(text: string): readonly string[] {
  return text.match(/[\p{L}\p{N}_$]+/gu) ?? [];
}

/** Kinds of objects that do nothing unless they are named. */
const namedKinds: ReadonlySet<string> = new Set([
  "function",
  "type",
  "collation",
  "text search configuration",
  "text search dictionary",
]);

/** What makes names mean other things and is not in a catalogue that is compared. */
const unlisted = [
  "pg_opclass",
  "pg_opfamily",
  "pg_am",
  "pg_language",
  "pg_conversion",
  "pg_transform",
  "pg_ts_parser",
  "pg_ts_template",
];

const surroundings = `
WITH ext AS (SELECT classid, objid FROM pg_catalog.pg_depend WHERE deptype = 'e')
SELECT (SELECT pg_catalog.json_agg(s ORDER BY s.setdatabase, s.setrole)::text FROM pg_catalog.pg_db_role_setting s),
  ${unlisted
    .map(
      (one) =>
        `EXISTS (SELECT 1 FROM pg_catalog.${one} c WHERE c.oid >= 16384 AND ${isMissing(one, "c.oid")})`,
    )
    .join(" OR ")}`;
