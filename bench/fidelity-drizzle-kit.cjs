// Loads schema files with the packages of a folder, and prints what its Drizzle Kit generates for them in an empty database.
const { readFileSync } = require("node:fs");
const { createRequire } = require("node:module");
const path = require("node:path");

const input = process.argv[2];
const { root, home, entries, dialect, casing, kit } = JSON.parse(readFileSync(input, "utf8"));
const required = createRequire(path.join(kit, "package.json"));
const esbuild = required("esbuild");
// Snapshots are compared as JSON, which has no such numbers.
BigInt.prototype.toJSON = function () {
  return String(this);
};
process.exit = (code) => {
  throw new Error(`Drizzle Kit gave up (${code})`);
};

main().catch((error) => {
  process.stderr.write(`${error.stack ?? error}\n`);
  process.exitCode = 1;
});

async function main() {
  const bundle = path.join(path.dirname(input), "schema.cjs");
  const contents = entries.map(
    (file, i) => `import * as m${i} from ${JSON.stringify(path.join(root, file))};`,
  );
  await esbuild.build({
    stdin: {
      contents: `${contents.join("\n")}\nexport const all = [${entries.map((_, i) => `m${i}`).join(", ")}];`,
      resolveDir: path.join(root, home),
      loader: "ts",
    },
    bundle: true,
    format: "cjs",
    platform: "node",
    outfile: bundle,
    logLevel: "silent",
    plugins: [{ name: "packages", setup: packages }],
  });
  const { all } = required(bundle);
  const seen = new Set();
  const imports = {};
  for (const [i, module] of all.entries()) {
    for (const [name, value] of Object.entries(module)) {
      if (seen.has(value)) continue;
      seen.add(value);
      imports[`${name}_${i}`] = value;
    }
  }
  const sql = await generate(imports);
  process.stdout.write(`\n${JSON.stringify({ sql })}\n`);
}

async function generate(imports) {
  const isSqlite = dialect === "sqlite";
  let api;
  try {
    api = required("drizzle-kit/api");
  } catch {
    api = required(isSqlite ? "drizzle-kit/api-sqlite" : "drizzle-kit/api-postgres");
  }
  const [json, migrate] =
    isSqlite && api.generateSQLiteDrizzleJson
      ? [api.generateSQLiteDrizzleJson, api.generateSQLiteMigration]
      : [api.generateDrizzleJson, api.generateMigration];
  if (isSqlite) return migrate(await json({}), await json(imports, undefined, casing ?? undefined));
  return migrate(await json({}), await json(imports, undefined, undefined, casing ?? undefined));
}

/** Drizzle comes from the folder; other packages, which tables do not need, stand for nothing. */
function packages(build) {
  build.onResolve({ filter: /^drizzle-orm(\/|$)/ }, ({ path: name }) => ({
    path: required.resolve(name),
    external: true,
  }));
  build.onResolve({ filter: /^[^./]/ }, async ({ path: name, pluginData, ...rest }) => {
    if (pluginData === "again") return null;
    const found = await build.resolve(name, {
      resolveDir: rest.resolveDir,
      kind: rest.kind,
      importer: rest.importer,
      pluginData: "again",
    });
    if (found.errors.length === 0 && !/node_modules/.test(found.path)) return found;
    return { path: name, namespace: "nothing" };
  });
  build.onLoad({ filter: /.*/, namespace: "nothing" }, () => ({
    contents:
      "const nothing = new Proxy(function () {}, { get: (_, key) => (key === Symbol.toPrimitive ? () => '' : key === '__esModule' ? true : key === Symbol.iterator ? function* () {} : nothing), apply: () => nothing, construct: () => nothing }); module.exports = Object.create(nothing);",
    loader: "js",
  }));
}
