// Generated from the names of the files beside it: npm run generate.
import type { Framework } from "../framework.ts";
import alembic from "./alembic.ts";
import golangMigrate from "./golang-migrate.ts";
import sqlPairs from "./sql-pairs.ts";

/** Every framework by its id. */
export const frameworks: Readonly<Record<string, Framework>> = {
  alembic,
  "golang-migrate": golangMigrate,
  "sql-pairs": sqlPairs,
};
