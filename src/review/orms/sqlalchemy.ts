import { defineOrm } from "../orm.ts";
import { modelFilesFor, modelPath } from "../sqlalchemy/files.ts";
import { readModels } from "../sqlalchemy/read.ts";
import { remedyFor } from "../sqlalchemy/remedy.ts";

/**
 * SQLAlchemy's models are Python: classes with a declarative base, `Table(…)`, SQLModel and Flask-SQLAlchemy. Alembic compares the
 * metadata that `env.py` names with the database, and what that imports fills it (Alembic, "Auto Generating Migrations"). The
 * files are read, never executed, and turned into the SQL that `metadata.create_all` would send.
 */
export default defineOrm({
  title: "SQLAlchemy",
  frameworks: ["alembic"],
  isModel(path, patch) {
    if (!path.endsWith(".py") || /(^|\/)(versions|tests?)\//.test(path)) return false;
    if (patch === null) return modelPath.test(path);
    return declares.test(patch) || (modelPath.test(path) && assigns.test(patch));
  },
  filesFor: (directory, repository) => modelFilesFor(directory, repository),
  read: (files, dialect) => readModels(files, dialect),
  remedyFor,
});

/** Words of a model on a line that is added or taken away, or of what stands around it. */
const declares =
  /^[+-].*(\b(mapped_column|Column|ForeignKey|ForeignKeyConstraint|UniqueConstraint|CheckConstraint|PrimaryKeyConstraint|Index|declarative_base|DeclarativeBase|TypeDecorator|SQLModel|MetaData)\b|\bMapped\[|\bTable\(|__table_args__|__tablename__|\bField\(.*(foreign_key|primary_key|index|sa_))|^[ +-]\s*class \w+\(.*table\s*=\s*True/m;

/** A value or a type that a class gives a name. */
const assigns = /^[+-]\s*(class\s+)?\w+\s*[:=(]/m;
