import { languageOf } from "../code-literals.ts";
import { codeOf } from "../comments.ts";
import { fileNameOf } from "../paths.ts";
import { defineRule } from "../rule.ts";
import { say } from "../text.ts";
import type { CodeFile, Problem, Severity, Text } from "../types.ts";

export default defineRule({
  summary: "Change a database that is in use by migrations, not by a push of the models",
  why: "What a push does is worked out while it runs, on the database that it finds: nobody reads its SQL before, it waits for no quiet hour, every instance that starts runs it, and nothing takes it back. What it cannot tell from the models, such as a rename, it does wrong or leaves out.",
  instead: "Generate migrations from the models, read them, and run them when the application is deployed.",
  // Whether the database holds anything yet is not known; where no migrations are kept it is advice.
  severity: "warning",
  dialects: ["postgresql", "sqlite"],
  ignoreWhen: "the database is made anew each time, or belongs to one person.",
  sources: [
    "Prisma documentation, Prototyping your schema (db push)",
    "Drizzle documentation, drizzle-kit push",
    "TypeORM documentation, DataSource options, synchronize",
    "GORM documentation, Migration, Auto Migration",
    "SQLAlchemy documentation, MetaData.create_all",
  ],
  reads: (path, line) => pushes.some((push) => push.call.test(line) && push.isAt(path)),
  check: {
    code(file) {
      return pushes.flatMap((push): Problem[] => {
        if (!push.isAt(file.path)) return [];
        const text = push.kind === "command" ? withoutHashes(file) : codeIn(file);
        const lines = text.split("\n").map((line) => (isRun(push, file.path, line) ? line : ""));
        const calls = lines.flatMap((line, i) => (push.call.test(line) ? [i + 1] : []));
        const [line] = calls;
        // A call that only moves, or one more of those that were there, is no news.
        const isUsual =
          calls.some((call) => !file.added.includes(call)) || file.removed.some((one) => push.call.test(one));
        if (line === undefined || isUsual || (push.needs && !push.needs.test(file.text))) return [];
        const losing = push.loses?.exec(lines[line - 1] ?? "")?.[0];
        return [
          {
            message:
              losing === undefined ? messageOf(push, file) : [...messageOf(push, file), ...loss(losing)],
            instead: push.instead,
            place: { path: file.path, line, endLine: line },
            object: push.name,
            severity: severityOf(push, file),
          },
        ];
      });
    },
  },
});

interface Push {
  readonly name: string;
  /** command: in what runs when the application is deployed; call: in its code. */
  readonly kind: "command" | "call";
  readonly call: RegExp;
  isAt(path: string): boolean;
  /** What the file must speak of beside it. */
  readonly needs?: RegExp;
  /** What makes it drop data without asking. */
  readonly loses?: RegExp;
  /** What it does, after its name. */
  readonly does: string;
  readonly instead: Text;
}

/** Code and commands that never meet a database in use. */
const aside =
  /(?:^|[/_.-])(?:tests?|specs?|testing|testdata|testutils?|conftest|fixtures?|mocks?|e2e|integration|examples?|samples?|demos?|docs?|bench(?:marks?)?|playground|dev|devcontainer|develop(?:ment)?|local|seeds?|seeding|seeder|tutorials?|ci)(?:[/_.-]|$)/i;

const deployed =
  /(?:^|\/)(?:(?:[\w-]+\.)?(?:Dockerfile|Containerfile)(?:[.-][\w.-]+)?|Procfile|fly\.toml|railway\.(?:json|toml)|render\.ya?ml|nixpacks\.toml|heroku\.yml|vercel\.json|netlify\.toml|app\.json|package\.json|(?:docker-)?compose\.prod(?:uction)?\.ya?ml|(?:docker[-_])?(?:entrypoint|start|startup|deploy|release|boot|run-?prod)[\w-]*\.(?:sh|bash)|[\w-]*entrypoint(?:\.sh)?)$|(?:^|\/)\.github\/workflows\/[^/]*(?:deploy|release|prod|publish)[^/]*\.ya?ml$/i;

function isDeployed(path: string): boolean {
  return deployed.test(path) && !aside.test(path.replace(/^\.github\//, ""));
}

function isCode(extensions: RegExp): (path: string) => boolean {
  return (path) => extensions.test(path) && !aside.test(path);
}

const pushes: readonly Push[] = [
  {
    name: "prisma db push",
    kind: "command",
    call: /\bprisma(?:@[\w.^~-]+)?\s+db\s+push\b/,
    isAt: isDeployed,
    loses: /--accept-data-loss|--force-reset/,
    does: "brings the database to the schema",
    instead: say`Generate migrations with ${"prisma migrate dev"}, and run ${"prisma migrate deploy"} here.`,
  },
  {
    name: "drizzle-kit push",
    kind: "command",
    call: /\bdrizzle-kit(?:@[\w.^~-]+)?\s+push\b/,
    isAt: isDeployed,
    loses: /--force\b/,
    does: "brings the database to the schema",
    instead: say`Generate migrations with ${"drizzle-kit generate"}, and run ${"drizzle-kit migrate"} here.`,
  },
  {
    name: "synchronize",
    kind: "call",
    call: /(?<![\w.])["']?synchronize["']?\s*:\s*true\b/,
    isAt: isCode(/\.[cm]?[jt]s$|(?:^|\/)ormconfig\.json$/),
    needs: /typeorm|DataSource|createConnection/i,
    does: "brings the database to the entities whenever the application starts, and drops columns that they no longer have, with their data",
    instead: say`Set ${"synchronize: false"}, generate migrations with ${"typeorm migration:generate"}, and run them when the application is deployed.`,
  },
  {
    name: "AutoMigrate",
    kind: "call",
    call: /\.AutoMigrate\(/,
    isAt: isCode(/\.go$/),
    needs: /gorm/i,
    does: "changes the database when the program starts, and never takes away a column, an index or a constraint",
    instead: say`Write migrations, for example with Atlas from the models or with goose, and run them when the program is deployed.`,
  },
  {
    name: "create_all",
    kind: "call",
    call: /\b(?:metadata|db|Base)\.create_all\b/,
    isAt: isCode(/\.py$/),
    needs: /sqlalchemy|sqlmodel|\bBase\b/i,
    does: "only creates tables that are missing: a table that is there stays as it is, whatever its model says",
    instead: say`Generate migrations with ${"alembic revision --autogenerate"}, and run ${"alembic upgrade head"} when the application is deployed.`,
  },
];

function messageOf({ name, does }: Push, { migrations }: CodeFile): Text {
  const [directory] = migrations;
  return directory === undefined
    ? say`${name} ${[does]}.`
    : say`${name} ${[does]}. The migrations in ${directory} do not know of what it makes.`;
}

function loss(flag: string): Text {
  return say` With ${flag} it drops what is gone from the models, data included, and asks nobody.`;
}

/** A command runs on the very database that is deployed to; a call beside no migrations is how a small application lives. */
function severityOf({ kind, name }: Push, { migrations }: CodeFile): Severity {
  return kind === "command" || name === "synchronize" || migrations.length > 0 ? "warning" : "info";
}

/** Of the scripts of a package only those count that its host runs by itself. */
function isRun({ kind }: Push, path: string, line: string): boolean {
  if (kind !== "command" || fileNameOf(path) !== "package.json") return true;
  const script = /^\s*"([^"]+)"\s*:/.exec(line)?.[1] ?? "";
  return /^(?:pre|post)?(?:start|build|deploy|release|install)$|^(?:start|build|deploy|release):prod(?:uction)?$|^(?:vercel|heroku|railway|render)-|^heroku-/.test(
    script,
  );
}

function codeIn({ path, text }: CodeFile): string {
  const language = languageOf(path);
  return language === null ? text : codeOf(text, language);
}

/** Without comments that begin with a hash. */
function withoutHashes({ path, text }: CodeFile): string {
  return /json$/.test(path) ? text : text.replace(/(^|[ \t])#[^\n]*/gm, "$1");
}
