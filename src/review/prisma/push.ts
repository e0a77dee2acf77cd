import type { Push } from "../orm.ts";
import { otherToolOf } from "../other-tools.ts";
import { directoryOf, fileNameOf, foreignFolderOf, isWithin, joinPath } from "../paths.ts";
import { say } from "../text.ts";
import { textIn } from "./attributes.ts";
import { prismaBlocks } from "./blocks.ts";

/**
 * `prisma db push` brings a database to its schema, whatever that takes (Prisma documentation, Prototyping your schema). A
 * schema without migrations is taken to be pushed only where the repository keeps no migrations of any tool.
 */
export const push: Push = {
  title: "prisma db push",
  find(changed, { paths, text }, migrations) {
    if (migrations.length > 0 || paths.some((path) => otherToolOf(path) !== null)) return [];
    const schemas = changed.filter((path) => path.endsWith(".prisma") && foreignFolderOf(path) === null);
    const folders = new Set(schemas.filter((path) => paths.includes(path)).map(homeOf));
    return [...folders].flatMap((directory) => {
      const files = paths.filter((path) => path.endsWith(".prisma") && isBeside(path, directory));
      const texts = files.map((path) => ({ path, text: text(path) ?? "" }));
      const source = texts.flatMap(prismaBlocks).find(({ kind }) => kind === "datasource");
      const provider = source?.lines.find((line) => /^provider\s*=/.test(line.text));
      const name = textIn(provider?.text.replace(/^provider\s*=\s*/, "") ?? "");
      return name === "postgresql" || name === "postgres"
        ? [{ directory, files, dialect: "postgresql" as const }]
        : [];
    });
  },
  leavesOut: () => false,
  drops: say`it stops there where rows are, unless ${"--accept-data-loss"} is given`,
  // It makes the column anew where it takes the change for unsafe, and asks before.
  retype: () => null,
};

/** The folder of the schema: that of its file, or the one above a folder of several. */
function homeOf(path: string): string {
  const folder = directoryOf(path);
  return fileNameOf(folder) === "schema" ? directoryOf(folder) : folder;
}

/** Other schemas may stand in folders of their own. */
function isBeside(path: string, home: string): boolean {
  const folder = directoryOf(path);
  return folder === home || isWithin(folder, joinPath(home, "schema")) || fileNameOf(folder) === "models";
}
