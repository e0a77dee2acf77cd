import type { ParseResult } from "libpg-query";
import createInstance from "libpg-query/wasm/libpg-query.js";

/** A tree of PostgreSQL's parser, or its error in PostgreSQL's words. */
export type Parsed = { readonly tree: ParseResult } | { readonly error: string };

type Instance = Awaited<ReturnType<typeof createInstance>>;

/**
 * Parsers to go on with. A WebAssembly instance whose code was cut off (out of stack or memory) never gets its stack back:
 * after some 30 times it can do nothing any more, and nobody could say what it answers until then. So it is thrown away;
 * the next one is there already, because making one takes a promise.
 */
const instances: Instance[] = [await createInstance(), await createInstance()];
const enough = instances.length;
let inTheMaking = 0;

/** Parses SQL with the parser of PostgreSQL 18 itself. Never throws. NUL ends the text for it: callers keep it out. */
export function parseSql(sql: string): Parsed {
  const [instance] = instances;
  try {
    return instance ? parseWith(instance, sql) : { error: "the parser is being restarted" };
  } catch {
    instances.shift();
    return { error: "it is more than the parser can take" };
  } finally {
    replenish();
  }
}

function replenish(): void {
  while (instances.length + inTheMaking < enough) {
    inTheMaking += 1;
    createInstance().then(
      (created) => {
        inTheMaking -= 1;
        instances.push(created);
      },
      () => {
        inTheMaking -= 1;
      },
    );
  }
}

function parseWith(module: Instance, sql: string): Parsed {
  const size = module.lengthBytesUTF8(sql) + 1;
  const query = module._malloc(size);
  if (query === 0) throw new Error("out of memory");
  module.stringToUTF8(sql, query, size);
  const result = module._wasm_parse_query_raw(query);
  if (result === 0) throw new Error("out of memory");
  const tree = module.getValue(result, "i32");
  const error = module.getValue(result + 8, "i32");
  const parsed: Parsed =
    error === 0
      ? { tree: JSON.parse(module.UTF8ToString(tree)) as ParseResult }
      : { error: shortened(module.UTF8ToString(module.getValue(error, "i32"))) };
  module._wasm_free_parse_result(result);
  module._free(query);
  return parsed;
}

/** An unterminated quote makes PostgreSQL repeat the whole rest of the text. */
function shortened(message: string): string {
  const line = message.replace(/\s+/g, " ");
  return line.length > 160 ? `${line.slice(0, 150)}…"` : line;
}
