import { buildImage } from "./boot.ts";
import { disarm } from "./disarm.ts";
import { createInstance, type Instance } from "./instance.ts";
import { type Answer, type Envelope, exitCodes, type Reply, type Request } from "./messages.ts";

// The entry of the isolated process. It holds one database, does as it is told, and is killed after one run.

const send = process.send?.bind(process);
const leave = process.exit.bind(process);
if (!send) throw new Error("This file is started by the keeper, with a channel to it");

disarm();
process.on("disconnect", () => leave(exitCodes.orphaned));

let instance: Instance | null = null;
let queue: Promise<void> = Promise.resolve();
process.on("message", (envelope: Envelope) => {
  queue = queue.then(() => reply(envelope));
});

async function reply({ id, request }: Envelope): Promise<void> {
  send?.(await answer(id, request));
}

async function answer(id: number, request: Request): Promise<Answer> {
  try {
    return { id, value: await perform(request, (part) => send?.({ id, part })) };
  } catch (error) {
    return { id, failed: error instanceof Error ? error.message : String(error) };
  }
}

async function perform(
  request: Request,
  tell: (part: Reply) => void,
): Promise<Extract<Answer, { value: unknown }>["value"]> {
  if (request.kind === "build") return buildImage(request.parameters, request.statements);
  if (request.kind === "boot") {
    instance = await createInstance(request, () => leave(exitCodes.output));
    const { title, checkpoints, start } = instance;
    return { title, checkpoints, start };
  }
  if (!instance) throw new Error("There is no database yet");
  switch (request.kind) {
    case "exec":
      return instance.exec(request.sql, request.copyData);
    case "execAll":
      for (const { sql, copyData } of request.queries) {
        const reply = await instance.exec(sql, copyData);
        tell(reply);
        const ran = reply.error === null && reply.thrown === null && reply.ready !== null;
        if (!ran || reply.sets.length === 0) break;
      }
      return null;
    case "checkpoint":
      return instance.checkpoint();
    case "restore":
      await instance.restore(request.checkpoint);
      return null;
    case "changedFiles":
      return instance.changedFiles(request.checkpoint);
    case "forget":
      instance.forget(request.checkpoint);
      return null;
    case "dump":
      return instance.dump();
    case "pretend":
      await instance.pretend(request.pages);
      return null;
    case "unpretend":
      await instance.unpretend();
      return null;
  }
}
