import { directoriesUp, joined } from "./code/typescript-paths.ts";
import { joinPath } from "./paths.ts";

/**
 * Whether `atlas.hcl`, beside a directory or above it, names it as a `template_dir`: its files are Go templates, filled in with
 * `vars`, and Atlas signs what comes out anew each time (Atlas documentation, Working with template directories;
 * cmd/atlas/internal/cmdext, TemplateDir). Such a file that is not yet known counts as none.
 */
export function isTemplateDirectory(
  directory: string,
  paths: readonly string[],
  text: (path: string) => string | null,
): boolean {
  const known = new Set(paths);
  return directoriesUp(directory).some((home) => {
    const file = joinPath(home, "atlas.hcl");
    const config = known.has(file) ? text(file) : null;
    if (config === null) return false;
    return [
      ...config.matchAll(
        /^[ \t]*data\s+"template_dir"\s+"[^"]*"\s*\{(?:[^{}]|\{[^{}]*\})*?\bpath\s*=\s*"([^"]*)"/gm,
      ),
    ].some(([, path = ""]) => joined(home, path) === directory);
  });
}
