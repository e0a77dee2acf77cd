import { defineOrm } from "../orm.ts";
import { modelFilesFor, modelPath } from "../sqlalchemy/files.ts";
import { push } from "../sqlalchemy/push.ts";
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
    return declares.test(patch) || (modelPath.test(path) && assigns.test(patch) && modelAround.test(patch));
  },
  filesFor: (directory, repository) => modelFilesFor(directory, repository),
  read: (files, dialect) => readModels(files, dialect),
  remedyFor,
  push,
});

/** What only models are made of, on a line that is added or taken away and is no comment; the head of a table's class around it. */
const declares = new RegExp(
  `^[+-](?!\\s*#).*(${[
    "\\b(mapped_column|ForeignKey|ForeignKeyConstraint|UniqueConstraint|CheckConstraint|PrimaryKeyConstraint|declarative_base|MetaData)\\(",
    "\\bMapped\\[",
    // Column("name", …) alone is written in other libraries too: an attribute, a module's own, or with a type.
    "=\\s*(\\w+\\.)?Column\\(",
    "\\b(sa|db|sqlalchemy)\\.Column\\(",
    "\\bColumn\\(\\s*[\"']\\w+[\"'],\\s*(\\w+\\.)?[A-Z]",
    "\\bTable\\(\\s*[\"']",
    "(?<!\\b(?:pd|pandas|df)\\.)\\bIndex\\(\\s*([\"']|f[\"']|None\\b|$)",
    "__table_args__|__tablename__",
    "\\b(DeclarativeBase|TypeDecorator|SQLModel)\\b.{0,80}\\)\\s*:",
    `\\bField\\((?:[^"'\n]|"[^"\n]*"|'[^'\n]*'){0,400}\\b(foreign_key|primary_key|index|unique|sa_\\w+)\\s*=`,
  ].join("|")})|^[ +-]\\s*class \\w+\\(.{0,200}table\\s*=\\s*True`,
  "m",
);

/** A value or a type that a class gives a name. */
const assigns = /^[+-]\s*(class\s+)?\w+\s*[:=(]/m;

/** Words of models, and of what models take from other classes, on the lines that change or around them. */
const modelAround =
  /\b(mapped_column|relationship|ForeignKey)\(|\bMapped\[|=\s*(\w+\.)?Column\(|__tablename__|\b(sqlalchemy|SQLModel)\b|\bclass \w+\((?!.{0,80}\bmodels\.Model\b)(.{0,80}\b\w*(Base|Model|Mixin|Enum)\b)/;
