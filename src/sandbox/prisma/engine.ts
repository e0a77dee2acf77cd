import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";
import type { Dialect } from "../../review/types.ts";
import type { PrismaAnswers, PrismaRequest } from "./messages.ts";

/** What is used of the engine's own bindings. */
interface Bindings {
  readonly SchemaEngine: {
    new: (options: object, log: () => void, adapter: object) => Promise<SchemaEngine>;
  };
  __wbg_set_wasm(exports: object): void;
}

/** What is used of WebAssembly, which Node.js has and its types leave to the browser's. */
interface WasmRuntime {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (
    module: object,
    imports: Readonly<Record<string, object>>,
  ) => { readonly exports: Readonly<Record<string, unknown>> };
}

interface SchemaEngine {
  diff(params: object): Promise<{ readonly stdout: string | null }>;
}

/** The folder of the engine's own files. */
export function prismaDirectory(): string {
  return path.dirname(createRequire(import.meta.url).resolve("@prisma/schema-engine-wasm"));
}

/** Loads the engine: its package imports a `.wasm` file, which Node.js 20 cannot, so that it is started by hand. */
export async function loadEngine(): Promise<Bindings> {
  const folder = prismaDirectory();
  const file = path.join(folder, "schema_engine_bg");
  const bindings: Bindings = await import(pathToFileURL(`${file}.js`).href);
  const { WebAssembly: wasm } = globalThis as unknown as { readonly WebAssembly: WasmRuntime };
  const module = new wasm.Module(readFileSync(`${file}.wasm`));
  const { exports } = new wasm.Instance(module, { "./schema_engine_bg.js": bindings });
  bindings.__wbg_set_wasm(exports);
  const start = exports.__wbindgen_start;
  if (typeof start !== "function") throw new Error("Prisma's engine is not the one that is known");
  start();
  return bindings;
}

/** The SQL that makes what the schema declares from nothing; or why the engine refuses it. */
export async function renderSchema(
  { SchemaEngine }: Bindings,
  { files, dialect, externals }: PrismaRequest,
): Promise<PrismaAnswers["render"]> {
  const datamodels = files.map(({ path: name, text }) => [name, text]);
  const schema = files.map(({ path: name, text }) => ({ path: name, content: text }));
  try {
    const engine = await SchemaEngine.new({ datamodels }, () => undefined, noDatabase(dialect));
    const { stdout } = await engine.diff({
      from: { tag: "empty" },
      to: { tag: "schemaDatamodel", files: schema },
      script: true,
      exitCode: null,
      filters: { externalTables: externals.tables, externalEnums: externals.enums },
    });
    return { sql: stdout ?? "" };
  } catch (error) {
    return { refused: error instanceof Error ? error.message : String(error) };
  }
}

/**
 * The engine asks for a database before it begins, though it needs none for this: it is told a version, and everything else
 * fails.
 */
function noDatabase(dialect: Dialect): object {
  return adapter(dialect, {
    connect: async () => done(connection(dialect)),
    connectToShadowDb: async () => done(connection(dialect)),
  });
}

function connection(dialect: Dialect): object {
  return adapter(dialect, {
    queryRaw: async () =>
      done({
        columnNames: ["exists", "version", "numeric_version"],
        // Boolean, text, 32-bit integer, as the engine's adapters number them.
        columnTypes: [5, 7, 0],
        rows: [[true, "PostgreSQL 16.4", 160004]],
      }),
    executeRaw: refuse,
    executeScript: refuse,
    startTransaction: refuse,
    dispose: async () => done(undefined),
    getConnectionInfo: () => done({ schemaName: "public", supportsRelationJoins: false }),
  });
}

function adapter(dialect: Dialect, methods: object): object {
  const errorRegistry = { consumeError: () => undefined };
  const provider = dialect === "postgresql" ? "postgres" : "sqlite";
  return { provider, adapterName: "none", errorRegistry, ...methods };
}

function done<Value>(value: Value): { readonly ok: true; readonly value: Value } {
  return { ok: true, value };
}

async function refuse(): Promise<never> {
  throw new Error("there is no database");
}
