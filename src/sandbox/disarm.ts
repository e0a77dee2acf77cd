/** Takes away what code that broke out of the database could use; the walls around the process do not depend on it. */
export function disarm(): void {
  for (const name of Object.keys(process.env)) delete process.env[name];
  for (const name of ["fetch", "WebSocket", "EventSource"]) Reflect.deleteProperty(globalThis, name);
  for (const name of ["kill", "dlopen", "binding", "_linkedBinding", "chdir"]) {
    Reflect.set(process, name, undefined);
  }
}
