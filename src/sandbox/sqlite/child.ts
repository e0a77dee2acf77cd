import { disarm } from "../disarm.ts";
import { exitCodes } from "../messages.ts";
import { createSqliteInstance, type SqliteInstance } from "./instance.ts";
import type { SqliteAnswers, SqliteRequest } from "./messages.ts";

// The entry of the isolated process for SQLite. It holds one database, does as it is told, and is killed after one run.

const send = process.send?.bind(process);
const leave = process.exit.bind(process);
if (!send) throw new Error("This file is started by the sandbox, with a channel to it");

disarm();
process.on("disconnect", () => leave(exitCodes.orphaned));

let instance: SqliteInstance | null = null;
let queue: Promise<void> = Promise.resolve();
process.on("message", (envelope: { readonly id: number; readonly request: SqliteRequest }) => {
  queue = queue.then(() => reply(envelope.id, envelope.request));
});

async function reply(id: number, request: SqliteRequest): Promise<void> {
  try {
    send?.({ id, value: await perform(request) });
  } catch (error) {
    send?.({ id, failed: error instanceof Error ? error.message : String(error) });
  }
}

async function perform(request: SqliteRequest): Promise<SqliteAnswers[SqliteRequest["kind"]]> {
  if (request.kind === "boot") {
    instance = await createSqliteInstance(request.limits, () => leave(exitCodes.output));
    return { version: instance.version };
  }
  if (!instance) throw new Error("There is no database yet");
  switch (request.kind) {
    case "exec":
      return instance.exec(request);
    case "checkpoint":
      return instance.checkpoint();
    case "restore":
      instance.restore(request.checkpoint);
      return null;
    case "forget":
      instance.forget(request.checkpoint);
      return null;
    case "dump":
      return instance.dump();
    case "load":
      instance.load(request.image);
      return null;
  }
}
