import type { Dialect, ModelFile } from "../types.ts";
import { prismaBlocks } from "./blocks.ts";

/** Preview features that change what a schema builds; the others only change the client. */
const ofTheDatabase = ["postgresqlExtensions", "partialIndexes", "views"];

/** The database that the schema is for, as its datasource says; null where that is another one, or none is said. */
export function dialectOf(files: readonly ModelFile[]): Dialect | null {
  const source = files.flatMap((file) => prismaBlocks(file)).find(({ kind }) => kind === "datasource");
  const said = source?.lines.flatMap(({ text }) => /^provider\s*=\s*"(\w+)"/.exec(text)?.[1] ?? [])[0];
  if (said === "sqlite") return "sqlite";
  return said === "postgresql" || said === "postgres" ? "postgresql" : null;
}

/**
 * The files without what concerns only the client and the connection: generators, and addresses of databases, of which each
 * major version of the engine accepts others. Everything else keeps its line.
 */
export function databaseParts(files: readonly ModelFile[]): ModelFile[] {
  const blocks = files.flatMap((file) => prismaBlocks(file));
  const generators = blocks.filter(({ kind }) => kind === "generator");
  const said = generators.flatMap(({ lines }) => lines.map(({ text }) => text)).join(" ");
  const features = ofTheDatabase.filter((feature) => said.includes(`"${feature}"`));
  const gone = blocks.flatMap(({ kind, path, line, endLine, lines }) => {
    if (kind === "generator") return [{ path, line, endLine }];
    if (kind !== "datasource") return [];
    return lines
      .filter(({ text }) => /^(?:url|directUrl|shadowDatabaseUrl)\b/.test(text))
      .map((one) => ({ path, line: one.line, endLine: one.endLine }));
  });
  const stripped = files.map(({ path, text }) => {
    const own = gone.filter((one) => one.path === path);
    const lines = text
      .split("\n")
      .map((line, i) => (own.some((one) => one.line <= i + 1 && i + 1 <= one.endLine) ? "" : line));
    return { path, text: lines.join("\n") };
  });
  const list = features.map((feature) => `"${feature}"`).join(", ");
  const generator = `generator database {\n  provider = "none"\n  previewFeatures = [${list}]\n}\n`;
  return features.length === 0 ? stripped : [...stripped, { path: "drydock.prisma", text: generator }];
}
