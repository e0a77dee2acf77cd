import { directoryOf, joinPath } from "../paths.ts";

/** Files in which a Python project names the versions that it takes, and those in which a tool keeps the ones that it took. */
const stated = ["requirements.txt", "pyproject.toml", "Pipfile", "setup.cfg"] as const;
const locked = ["uv.lock", "poetry.lock", "pdm.lock", "Pipfile.lock"] as const;

/**
 * Whether a project is sure to have SQLAlchemy in this version or a later one, by the files in the folder of its migrations and
 * above. The long ones are asked for only where the short ones do not say enough.
 */
export function hasSqlalchemy(
  least: readonly number[],
  directory: string,
  paths: readonly string[],
  textOf: (path: string) => string | null,
): boolean {
  const known = new Set(paths);
  for (const names of [stated, locked]) {
    const texts = foldersAbove(directory)
      .flatMap((folder) => names.map((name) => joinPath(folder, name)))
      .filter((path) => known.has(path))
      .map(textOf);
    const versions = texts.map((text) => (text === null ? null : sqlalchemyIn(text)));
    const nearest = versions.find((version) => version !== null);
    if (nearest !== undefined && isAtLeast(nearest, least)) return true;
    if (texts.includes(null)) return false;
  }
  return false;
}

function foldersAbove(directory: string): string[] {
  return directory === "" ? [""] : [directory, ...foldersAbove(directoryOf(directory))];
}

/** The lowest version of SQLAlchemy that such a file allows, e.g. "2.0.29"; null when it does not say. */
function sqlalchemyIn(text: string): string | null {
  const kept = /^name = "sqlalchemy"\r?\nversion = "([\d.]+)/im.exec(text)?.[1];
  const piped = /"sqlalchemy": \{[^}]*"version": "==([\d.]+)/i.exec(text)?.[1];
  // PEP 508 in lists and lines of their own, and Poetry's tables.
  const asked =
    /(?:^|["'\s])sqlalchemy(?:\[[^\]]*\])?["']?\s*(?:=\s*(?:\{[^}\n]*?version\s*=\s*)?["']\s*)?(?:==|>=|~=|\^|~)\s*(\d[\d.]*)/im.exec(
      text,
    )?.[1];
  return kept ?? piped ?? asked ?? null;
}

/** Whether a version is not older than another. */
function isAtLeast(version: string, least: readonly number[]): boolean {
  const parts = version.split(".").map(Number);
  for (const [i, wanted] of least.entries()) {
    const own = parts[i] ?? 0;
    if (own !== wanted) return own > wanted;
  }
  return true;
}
