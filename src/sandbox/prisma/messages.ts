import type { Externals } from "../../review/prisma/external.ts";
import type { Dialect, ModelFile } from "../../review/types.ts";

/** The one question that the process of Prisma's engine is asked: what a schema builds in an empty database. */
export interface PrismaRequest {
  readonly kind: "render";
  readonly files: readonly ModelFile[];
  readonly dialect: Dialect;
  /** What of it is not Prisma's to build. */
  readonly externals: Externals;
}

export interface PrismaAnswers {
  readonly render: { readonly sql: string } | { readonly refused: string };
}
