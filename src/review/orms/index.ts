// Generated from the names of the files beside it: npm run generate.
import type { Orm } from "../orm.ts";
import drizzle from "./drizzle.ts";
import gorm from "./gorm.ts";
import prisma from "./prisma.ts";
import sqlalchemy from "./sqlalchemy.ts";

/** Every ORM by its id. */
export const orms: Readonly<Record<string, Orm>> = {
  drizzle,
  gorm,
  prisma,
  sqlalchemy,
};
