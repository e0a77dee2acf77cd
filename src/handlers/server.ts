import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";

/** Answers a request, or leaves it to the next one. */
export type Handler = (request: IncomingMessage, response: ServerResponse) => unknown;

/** What a look at the app's health tells. */
export interface Health {
  readonly status: "ready" | "starting" | "failed";
  readonly [detail: string]: unknown;
}

/** Starts listening; resolves with the server, rejects when the address cannot be had. */
export function listen(
  handlers: readonly Handler[],
  { port, host }: { port: number; host: string },
): Promise<Server> {
  const server = createServer(async (request, response) => {
    try {
      for (const handler of handlers) if ((await handler(request, response)) === true) return;
      if (!response.headersSent) response.writeHead(404, { "content-type": "text/plain" }).end("Not found\n");
    } catch {
      if (!response.headersSent) response.writeHead(500, { "content-type": "text/plain" });
      response.end("Something went wrong\n");
    }
  });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => resolve(server));
  });
}

/** `/ping`: whether the process answers. */
export function ping({ url, method }: IncomingMessage, response: ServerResponse): boolean {
  if (method !== "GET" || pathOf(url) !== "/ping") return false;
  response.writeHead(200, { "content-type": "text/plain" }).end("PONG");
  return true;
}

/** `/health`: whether a review could begin at once; 503 while it could not. */
export function healthHandler(health: () => Health): Handler {
  return ({ url, method }, response) => {
    if (method !== "GET" || pathOf(url) !== "/health") return false;
    const state = health();
    const status = state.status === "ready" ? 200 : 503;
    response.writeHead(status, { "content-type": "application/json" }).end(`${JSON.stringify(state)}\n`);
    return true;
  };
}

function pathOf(url: string | undefined): string {
  return (url ?? "").split("?", 1)[0] ?? "";
}
