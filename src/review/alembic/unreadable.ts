/** Thrown where something cannot be turned into SQL; caught where its call is translated, and told there. */
export class Unreadable extends Error {}

/** Gives up on a call, with the reason as it is shown. */
export function unreadable(reason: string): never {
  throw new Unreadable(reason);
}
