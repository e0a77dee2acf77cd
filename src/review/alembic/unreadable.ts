/** Thrown where something cannot be turned into SQL; caught where its call is translated, and told there. */
export class Unreadable extends Error {
  /** SQL that says what is certain of it all the same. */
  readonly outline: readonly string[];
  /** Whether Alembic itself fails there. */
  readonly isFailure: boolean;

  constructor(reason: string, outline: readonly string[] = [], isFailure = false) {
    super(reason);
    this.outline = outline;
    this.isFailure = isFailure;
  }
}

/** What `work` answers; where it gives up, this much is certain all the same. */
export function outlined<T>(outline: readonly string[], work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    throw new Unreadable(error.message, outline);
  }
}

/** Says what Alembic fails for, before it sends anything. */
export function failing(reason: string): never {
  throw new Unreadable(reason, [], true);
}

/** Gives up on a call, with the reason as it is shown. */
export function unreadable(reason: string): never {
  throw new Unreadable(reason);
}
