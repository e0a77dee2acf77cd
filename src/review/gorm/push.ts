import type { ModelRepository, Push, PushedModels } from "../orm.ts";
import { joinPath } from "../paths.ts";
import { quoteIdentifier, quoteTable } from "../sql/names.ts";
import { filesWithin, moduleAround, sourcesOf } from "./files.ts";

/**
 * `AutoMigrate` makes what is missing when the program starts, alters types, and lets a column be NULL. It takes away no
 * column, no index and no foreign key, and makes no column NOT NULL (GORM documentation, Migration, Auto Migration; its source,
 * migrator/migrator.go, AutoMigrate and MigrateColumn).
 */
export const push: Push = {
  title: "AutoMigrate",
  find(changed, repository) {
    const homes = new Set(changed.map((path) => moduleAround(path, repository.paths)));
    return [...homes].flatMap((home) => (home === null ? [] : modelsOfModule(home, repository)));
  },
  leavesOut({ kind, before, after }) {
    if (kind === "nullability") return after === "NOT NULL";
    return after === null && before !== null && kind !== "default";
  },
  drops: null,
  // The PostgreSQL driver's migrator.go, AlterColumn.
  retype({ table, column, after }) {
    if (!column || after === null) return null;
    const own = quoteIdentifier(column.name);
    return `ALTER TABLE ${quoteTable(table)} ALTER COLUMN ${own} TYPE ${after} USING ${own}::${after}`;
  },
};

function modelsOfModule(home: string, { paths, text }: ModelRepository): readonly PushedModels[] {
  const manifest = joinPath(home, "go.mod");
  const module = text(manifest);
  // With gormigrate, migrations are steps in code that call it.
  if (module === null || !/\bgorm\.io\/gorm\b/.test(module) || /gormigrate/.test(module)) return [];
  const dialect = dialectOf(module);
  if (dialect === null) return [];
  const texts = new Map<string, string>();
  for (const path of sourcesOf(home, paths, true)) {
    const source = text(path);
    if (source !== null) texts.set(path, source);
  }
  const isPushed = [...texts].some(
    ([path, source]) => /\.AutoMigrate\(/.test(source) && !/test|mock|fake|example/i.test(path),
  );
  // A prefix of all tables that is known at run time alone is the same on both sides: without it they are told apart as well.
  for (const [path, source] of texts)
    if (/\bTablePrefix:\s*[^"\s]/.test(source) && !/\bgorm:"/.test(source)) texts.delete(path);
  const files = isPushed ? filesWithin(home, { home, module, texts }) : [];
  return files.length === 0 ? [] : [{ directory: home, files: [manifest, ...files], dialect }];
}

/** PostgreSQL where it is one of several; null for databases that are not read. */
function dialectOf(module: string): PushedModels["dialect"] | null {
  if (/\bgorm\.io\/driver\/postgres\b/.test(module)) return "postgresql";
  return /\bgorm\.io\/driver\/sqlite\b|\bglebarez\/sqlite\b/.test(module) ? "sqlite" : null;
}
