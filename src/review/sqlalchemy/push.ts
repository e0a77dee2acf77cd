import { codeOf } from "../comments.ts";
import type { ModelRepository, Push, PushedModels } from "../orm.ts";
import { directoryOf, fileNameOf, foreignFolderOf, isWithin, joinPath } from "../paths.ts";
import type { Dialect } from "../types.ts";
import { declaresModels, modelPath } from "./files.ts";

/**
 * `metadata.create_all` makes the tables that are missing, with their indexes, and looks at no table that is there (SQLAlchemy
 * documentation, MetaData, create_all: "conditional by default, will not attempt to recreate tables already present").
 */
export const push: Push = {
  title: "create_all",
  find(changed, repository, migrations) {
    // A repository that keeps migrations of any tool calls it for tests or for a first start.
    if (migrations.length > 0 || repository.paths.some((path) => fileNameOf(path) === "alembic.ini"))
      return [];
    const homes = new Set(changed.map((path) => projectAround(path, repository.paths)));
    return [...homes].flatMap((home) => modelsOfProject(home, changed, repository));
  },
  leavesOut: () => true,
  drops: null,
  retype: () => null,
};

/** A project with more files is not searched for the call. */
const mostFiles = 300;

function modelsOfProject(
  home: string,
  changed: readonly string[],
  { paths, text }: ModelRepository,
): readonly PushedModels[] {
  const own = paths.filter(
    (path) => isWithin(path, home) && foreignFolderOf(path) === null && !aside.test(path),
  );
  const sources = own.filter((path) => path.endsWith(".py") && (likely.test(path) || changed.includes(path)));
  if (sources.length > mostFiles) return [];
  const read = sources.flatMap((path) => {
    const source = text(path);
    return source === null ? [] : [{ path, source, code: codeOf(source, "python") }];
  });
  if (!read.some(({ code }) => /\.create_all\b/.test(code))) return [];
  // What changes the tables by hand may bring what create_all leaves out.
  if (read.some(({ source }) => /\bALTER\s+TABLE\b/i.test(source))) return [];
  const manifests = own.filter((path) => manifest.test(path)).map((path) => text(path) ?? "");
  const dialect = dialectOf([...manifests, ...read.map(({ source }) => source)].join("\n"));
  const files = read.filter(({ source }) => declaresModels(source)).map(({ path }) => path);
  return dialect === null || files.length === 0
    ? []
    : [{ directory: home, files: files.toSorted(), dialect }];
}

/** Where models are made and where a program starts, by the names of the files. */
const likely = new RegExp(
  `${modelPath.source}|(^|/)([\\w-]*(main|app|server|start|init|setup|create|migrat|upgrade|engine|session|base|config|settings|database|db)[\\w-]*|__init__)\\.py$`,
  "i",
);

const aside =
  /(^|\/)(tests?|testing|conftest|examples?|docs?|benchmarks?|venv|site-packages)(\/|\.py$)|(^|\/)test_[^/]*$|_test\.py$/i;

const manifest = /(^|\/)(pyproject\.toml|requirements[\w.-]*\.txt|Pipfile|setup\.(py|cfg))$/;

/** PostgreSQL where its driver or its address is named; null for databases that are not read, or when none is named. */
function dialectOf(text: string): Dialect | null {
  if (/\bpsycopg2?\b|\basyncpg\b|\bpg8000\b|\bpostgres(ql)?(\+\w+)?:\/\//.test(text)) return "postgresql";
  if (/\bmysql|mariadb|mssql|oracle/i.test(text)) return null;
  return /\bsqlite(\+\w+)?:\/\//.test(text) ? "sqlite" : null;
}

/** The innermost folder around a file that is a project of its own; else the repository. */
function projectAround(path: string, paths: readonly string[]): string {
  const all = new Set(paths);
  for (let folder = directoryOf(path); folder !== ""; folder = directoryOf(folder))
    if (projectFiles.some((name) => all.has(joinPath(folder, name)))) return folder;
  return "";
}

const projectFiles = ["pyproject.toml", "setup.py", "requirements.txt", "Pipfile"];
