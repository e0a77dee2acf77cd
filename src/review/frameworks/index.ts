// Generated from the names of the files beside it: npm run generate.
import type { Framework } from "../framework.ts";
import alembic from "./alembic.ts";
import atlas from "./atlas.ts";
import dbmate from "./dbmate.ts";
import diesel from "./diesel.ts";
import drizzle from "./drizzle.ts";
import flyway from "./flyway.ts";
import golangMigrate from "./golang-migrate.ts";
import goose from "./goose.ts";
import hasura from "./hasura.ts";
import nodePgMigrate from "./node-pg-migrate.ts";
import pop from "./pop.ts";
import prisma from "./prisma.ts";
import sqlMigrate from "./sql-migrate.ts";
import sqlPairs from "./sql-pairs.ts";
import sqlx from "./sqlx.ts";
import supabase from "./supabase.ts";

/** Every framework by its id. */
export const frameworks: Readonly<Record<string, Framework>> = {
  alembic,
  atlas,
  dbmate,
  diesel,
  drizzle,
  flyway,
  "golang-migrate": golangMigrate,
  goose,
  hasura,
  "node-pg-migrate": nodePgMigrate,
  pop,
  prisma,
  "sql-migrate": sqlMigrate,
  "sql-pairs": sqlPairs,
  sqlx,
  supabase,
};
