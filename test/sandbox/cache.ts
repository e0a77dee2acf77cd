import path from "node:path";

/** One base image for all tests and runs: building it takes seconds, and is tested on its own. */
export const testCache = path.resolve(import.meta.dirname, "../../node_modules/.cache/drydock");
