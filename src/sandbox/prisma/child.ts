import { disarm } from "../disarm.ts";
import { exitCodes } from "../messages.ts";
import { loadEngine, renderSchema } from "./engine.ts";
import type { PrismaRequest } from "./messages.ts";

// The entry of the isolated process for Prisma's engine, which reads strangers' schemas. It is killed after one review.

const send = process.send?.bind(process);
const leave = process.exit.bind(process);
if (!send) throw new Error("This file is started by the sandbox, with a channel to it");

const engine = loadEngine();
disarm();
process.on("disconnect", () => leave(exitCodes.orphaned));
process.on("message", async ({ id, request }: { readonly id: number; readonly request: PrismaRequest }) => {
  try {
    send?.({ id, value: await renderSchema(await engine, request) });
  } catch (error) {
    send?.({ id, failed: error instanceof Error ? error.message : String(error) });
  }
});
