import type { Outcome, Script, Statement } from "../review/types.ts";
import { isForeign, isOfTheTool } from "./elsewhere.ts";
import type { SqlError } from "./engine.ts";
import { refusedFunctions } from "./refused.ts";
import { missingExtensionOf, stubbedNames } from "./stand-ins.ts";

/** What is missing in the sandbox: a statement that did not run, with what it would have to do with what is missing later. */
export interface Gap {
  readonly reason: string;
  /** Names that the statement mentions; null when it could have made anything (DO, a function call, an unread file). */
  readonly words: readonly string[] | null;
  /** What migrations make, where tables that none of them makes come from elsewhere; null otherwise. */
  readonly made: readonly string[] | null;
}

/** The gap that a statement leaves which did not run. */
export function gapOf(script: Script, statement: Statement, reason: string): Gap {
  const isOpaque = statement.sql === "" || opaque.test(statement.sql);
  return {
    reason: `${script.path}:${statement.line}: ${reason}`,
    words: isOpaque
      ? null
      : [...new Set([...wordsOf(statement.sql), ...statement.mentions.flatMap(wordsOf)])],
    made: null,
  };
}

/** Statements whose text does not say which objects they make. */
const opaque = /^\s*(\\|(DO|SELECT|CALL|EXECUTE)\b)/i;

/** What is known when an error is judged. */
export interface Known {
  /** Statements that did not run before this one, in the history and in the change. */
  readonly gaps: readonly Gap[];
  readonly missingExtensions: ReadonlySet<string>;
}

/** Errors that speak of the sandbox and not of the statement (documentation, appendix A). */
const ownLimits: readonly (readonly [prefix: string, reason: string])[] = [
  ["53", "it needs more memory or disk than the sandbox gives"],
  ["54001", "it nests deeper than the sandbox allows"],
  ["57", "the sandbox stopped it"],
  ["58", "it needs a file that the sandbox does not have"],
  ["XX", "the sandbox's database failed internally"],
];

/** What is not there, or is there although it should be gone: the trace that a statement leaves that did not run. */
const traces = new Set([
  "42P01",
  "42703",
  "42704",
  "42883",
  "3F000",
  "42P07",
  "42710",
  "42701",
  "42723",
  "2BP01",
]);

/** A missing function, type, operator class or schema: any extension may bring it, whatever it is called. */
const couldBeOfExtension = new Set(["42883", "42704", "3F000"]);

/** What an error says about the statement: `failed` is its own fault, `not-evaluated` is the sandbox's. */
export function judge(error: SqlError, sql: string, known: Known): Outcome {
  const reason = excuseOf(error, known) ?? mixedKeysOf(error, sql);
  if (reason !== null) return { kind: "not-evaluated", reason };
  return {
    kind: "failed",
    code: error.code,
    message: error.message,
    detail: error.detail,
    hint: error.hint,
    position: offsetOf(sql, error.position),
  };
}

/**
 * An index over what its method takes and what it takes by an extension only, which may be set up apart from migrations; so
 * are CockroachDB's written, where nothing else tells it from PostgreSQL.
 */
function mixedKeysOf({ code, message }: SqlError, sql: string): string | null {
  const method = /^data type .+ has no default operator class for access method "(gin|gist)"$/.exec(
    message,
  )?.[1];
  if (code !== "42704" || method === undefined || !/\([^()]*,[^()]*\)/.test(sql)) return null;
  return `it needs btree_${method} or another extension, which may be set up apart from migrations (${message})`;
}

/** Why an error says nothing about the statement; null when it does. */
export function excuseOf(error: SqlError, known: Known): string | null {
  const limit = ownLimits.find(([prefix]) => error.code.startsWith(prefix));
  if (limit) return `${limit[1]} (${error.code}: ${error.message})`;
  const extension = missingExtensionOf(error);
  if (extension !== null) return `the extension ${extension} is not available in the sandbox`;
  if (error.code === "0A000" && error.detail?.includes("bootstrap"))
    return `postgres is the role that the sandbox was set up with, which PostgreSQL does not let go (${error.message})`;
  if (error.code === "42704" && /^(?:server|foreign-data wrapper) "/.test(error.message))
    return `it needs a foreign server, which is set up apart from migrations (${error.message})`;
  if (error.code === "42883" && isRefusedFunction(error)) {
    return `it calls a function that the sandbox does not have (${error.message})`;
  }
  const stub = [...known.missingExtensions].find(
    (name) => couldBeOfExtension.has(error.code) || mentionsExtension(error, name),
  );
  if (stub)
    return `it may need the extension ${stub}, which is not available in the sandbox (${error.message})`;
  if (!traces.has(error.code)) return null;
  const name = missingNameOf(error.message);
  const elsewhere = elsewhereOf(error.message, known.gaps);
  if (elsewhere !== null) return elsewhere;
  const gap = known.gaps.find(
    ({ words, made }) => made === null && (words === null || name === null || words.includes(name)),
  );
  return gap ? `it may depend on a statement that did not run: ${gap.reason} (${error.message})` : null;
}

/** Why a missing table says nothing about the statement: it comes from elsewhere. Null when it does not. */
export function elsewhereOf(message: string, gaps: readonly Gap[]): string | null {
  if (isOfTheTool(message)) return `it needs a table that the migration tool keeps itself (${message})`;
  const gap = gaps.find(({ made }) => made !== null && isForeign(message, made));
  return gap ? `${gap.reason} (${message})` : null;
}

/** Every identifier of an SQL text in lower case, quoted or not. */
export function wordsOf(sql: string): readonly string[] {
  const words = new Set<string>();
  for (const [, quoted, plain] of sql.matchAll(/"((?:[^"]|"")+)"|([\p{L}_][\p{L}\p{N}_$]*)/gu)) {
    words.add((quoted ?? plain ?? "").replaceAll('""', '"').toLowerCase());
  }
  return [...words];
}

/** UTF-16 offset of the server's 1-based character position; null when it gave none. */
export function offsetOf(sql: string, position: number | null): number | null {
  if (position === null) return null;
  let characters = 1;
  let offset = 0;
  for (const character of sql) {
    if (characters >= position) break;
    characters += 1;
    offset += character.length;
  }
  return offset;
}

function isRefusedFunction({ message }: SqlError): boolean {
  const found =
    /^(?:function |could not find a (?:function|routine) named ")(?:pg_catalog\.)?([a-z_]+)["(]/.exec(
      message,
    );
  return found?.[1] !== undefined && refusedFunctions.includes(found[1]);
}

function mentionsExtension({ message }: SqlError, extension: string): boolean {
  const words = wordsOf(message);
  return words.includes(extension) || stubbedNames(extension).some((name) => words.includes(name));
}

/** The last part of the first name that a message quotes or, for functions, starts with. */
function missingNameOf(message: string): string | null {
  const quoted = /"([^"]+)"/.exec(message)?.[1];
  const called = /^(?:function|procedure|column|relation|type) ([^\s("]+)/.exec(message)?.[1];
  const name = called ?? quoted;
  return name?.split(".").at(-1)?.toLowerCase() ?? null;
}
