import { reasons } from "../errors.ts";
import { declarationsOf } from "../gorm/declarations.ts";
import { modelsBeside } from "../gorm/files.ts";
import { readGormModels } from "../gorm/models.ts";
import { push } from "../gorm/push.ts";
import { remedyFor } from "../gorm/remedy.ts";
import { foreignIndexes, statementsOf } from "../gorm/statements.ts";
import { defineOrm } from "../orm.ts";

/**
 * GORM has no migrations of its own: what stands beside its models is any tool's. What a struct builds is told by its tags, by
 * its types and by names (GORM documentation, Declaring Models, Conventions, Constraints, Indexes).
 */
export default defineOrm({
  title: "GORM",
  frameworks: ["golang-migrate", "goose", "dbmate", "atlas", "sql-migrate", "flyway", "sql-pairs", "pop"],
  isModel: (path, patch) =>
    /\.go$/.test(path) &&
    !/_test\.go$/.test(path) &&
    patch !== null &&
    /\bgorm:\\?"|\bgorm\.(Model|DeletedAt)\b|\bAutoMigrate\(/.test(patch),
  filesFor: modelsBeside,
  push,
  remedyFor,
  read(files, dialect) {
    const models = readGormModels(files, dialect);
    const declarations = declarationsOf(models, dialect);
    return {
      declarations,
      statements: statementsOf(models, dialect),
      skipped: [
        ...models.unclear.map(({ place, what, why }) => ({ place, reason: reasons.gormUnclear(what, why) })),
        ...foreignIndexes(models, dialect).map(({ field, what, kind }) => ({
          place: field.place,
          reason: reasons.gormIndexClass(what, kind),
        })),
      ].map(({ place: { path, line }, reason }) => ({ path, line, reason, matters: false })),
    };
  },
});
