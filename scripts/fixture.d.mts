export interface Block {
  readonly language: string;
  readonly role: string;
  readonly name: string;
  readonly text: string;
}

export interface Expected {
  readonly role: string;
  readonly name: string;
  readonly line: number;
  readonly severity: string;
}

export interface Fact {
  readonly kind: string;
  readonly text: string;
}

export interface Case {
  readonly kind: "Bad" | "Good";
  readonly title: string;
  readonly blocks: readonly Block[];
  readonly expected: readonly Expected[];
  readonly facts: readonly Fact[];
  /** What the section says to a reader. */
  readonly notes: string;
}

export interface Fixture {
  readonly id: string;
  readonly cases: readonly Case[];
}

export function readFixture(text: string): Fixture;
export function withoutExpectations(sql: string): string;
