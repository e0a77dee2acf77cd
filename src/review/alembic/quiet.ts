import type { Host } from "../code/python-run.ts";

/** For reading constants: nothing outside is known, and nothing has an effect. */
export const quietHost: Host = {
  attribute: () => null,
  call: () => null,
  enter: (context) => context,
  exit: () => undefined,
  speculate(run) {
    run();
    return false;
  },
  decide: () => null,
  mayHave: () => null,
  under: () => () => undefined,
  skip: () => undefined,
  effects: () => 0,
  imported: () => null,
  exported: () => new Map(),
  assigned: () => undefined,
  statement: () => undefined,
};
