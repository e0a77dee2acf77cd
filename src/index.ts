import { realpathSync } from "node:fs";
import { hostname } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { createNodeMiddleware, createProbot } from "probot";
import { rulesUrl as packageUrl, version } from "./cli/version.ts";
import { createGitHub, type GitHub } from "./handlers/github.ts";
import { createJournal } from "./handlers/journal.ts";
import type { Log } from "./handlers/log.ts";
import { reviewChange } from "./handlers/review.ts";
import { hasRulePages, ownRulesUrl, rulePages, rulesPath } from "./handlers/rule-pages.ts";
import { type Health, healthHandler, listen, ping } from "./handlers/server.ts";
import { createService } from "./handlers/service.ts";
import {
  addressesIn,
  type Environment,
  readEnvironment,
  readSettings,
  type Settings,
  SettingsError,
  webhookPath,
} from "./handlers/settings.ts";
import { setupHandler } from "./handlers/setup.ts";
import { cacheDirectory } from "./sandbox/cache-directory.ts";
import { createSandbox } from "./sandbox/dry-run.ts";

/** Milliseconds that running reviews get when the app is told to end, and that the end may take in all. */
const grace = 4_000;
const lastCall = 9_000;

/** Starts the app, or the page that sets it up where there are no credentials yet. */
export async function start(env: Environment = readEnvironment()): Promise<void> {
  const settings = readSettings(env);
  if (settings) await serve(settings, env);
  else await serveSetup(env);
}

async function serve(settings: Settings, env: Environment): Promise<void> {
  const { appId, privateKey, webhookSecret, apiUrl } = settings;
  const logFormat = env.LOG_FORMAT ?? (env.NODE_ENV === "production" ? "json" : "pretty");
  const probot = createProbot({
    overrides: {
      appId,
      privateKey,
      secret: webhookSecret,
      baseUrl: apiUrl,
      logLevel: levelOf(env.LOG_LEVEL),
      logFormat: logFormat === "json" ? "json" : "pretty",
    },
  });
  await probot.ready();
  const log = probot.log.child({ name: "drydock" });
  const sandbox = createSandbox();
  const github = createGitHub({ appId, privateKey, baseUrl: apiUrl, version, log });
  const rulesUrl = pagesUrl(settings, github, log);
  const service = createService({
    github,
    review: async (source, options) =>
      reviewChange(source, sandbox, { ...options, rulesUrl: await rulesUrl }),
    version,
    log,
    journal: createJournal(journalFile(settings)),
  });

  let engine: Health["status"] = "starting";
  const health = (): Health => ({ status: engine, version, sandbox: engine, queue: service.size() });
  const webhooks = await createNodeMiddleware(service.app, { probot, webhooksPath: webhookPath });
  const server = await listen([ping, healthHandler(health), rulePages(pagesFolder), webhooks], settings);
  log.info({ version, host: settings.host, port: settings.port, api: apiUrl }, "listening");

  sandbox.ready().then(
    () => {
      engine = "ready";
      log.info({}, "sandbox is ready");
    },
    (error: unknown) => {
      engine = "failed";
      log.error({ err: error }, "sandbox could not be started");
    },
  );
  await service.recover();

  let isEnding = false;
  const end = async (signal: string) => {
    if (isEnding) return;
    isEnding = true;
    log.info({ signal, ...service.size() }, "stopping");
    setTimeout(() => process.exit(1), lastCall).unref();
    server.close();
    await service.close(grace);
    await sandbox.close();
    log.info({}, "stopped");
    setImmediate(() => process.exit(0));
  };
  process.on("SIGTERM", end);
  process.on("SIGINT", end);
}

/** The rules' pages come with the program. */
const pagesFolder = fileURLToPath(new URL("../docs/rules", import.meta.url));

/** Where comments link to the rules' pages: as it is set, else at the app's own address, as far as that is known. */
async function pagesUrl(settings: Settings, github: GitHub, log: Log): Promise<string | null> {
  if (settings.rulesUrl !== null) return settings.rulesUrl;
  if (!hasRulePages(pagesFolder)) return packageUrl;
  if (settings.publicUrl !== null) return `${settings.publicUrl}${rulesPath}`;
  return (await ownRulesUrl(github.app, log)) ?? packageUrl;
}

/** Whoever listens at a host's port is the only one that does, and the next one there takes up what it leaves. */
function journalFile({ appId, apiUrl, port }: Settings): string {
  const name = [hostname(), port, appId, new URL(apiUrl).host].join("-").replace(/[^\w.-]/g, "-");
  return path.join(cacheDirectory(undefined), "jobs", `${name}.json`);
}

async function serveSetup(env: Environment): Promise<void> {
  const address = addressesIn(env);
  const manifestFile = fileURLToPath(new URL("../app.yml", import.meta.url));
  const setup = setupHandler({ env, manifestFile, envFile: path.resolve(".env"), version });
  const starting = (): Health => ({ status: "starting", version, sandbox: "starting" });
  await listen([ping, healthHandler(starting), setup], address);
  process.stdout.write(
    `Drydock has no credentials yet. Set it up at http://${address.host}:${address.port}\n`,
  );
}

type Level = "trace" | "debug" | "info" | "warn" | "error" | "fatal";

function levelOf(level: string | undefined): Level {
  const levels: readonly Level[] = ["trace", "debug", "info", "warn", "error", "fatal"];
  return levels.find((known) => known === level?.toLowerCase()) ?? "info";
}

function isMain(): boolean {
  const script = process.argv[1];
  return script !== undefined && realpathSync(script) === fileURLToPath(import.meta.url);
}

if (isMain()) {
  start().catch((error: NodeJS.ErrnoException) => {
    const inUse =
      error.code === "EADDRINUSE" ? "The port is taken by another process: set PORT to a free one." : null;
    const said = error instanceof SettingsError ? error.message : (inUse ?? error.stack);
    process.stderr.write(`Drydock cannot start. ${said}\n`);
    process.exit(error instanceof SettingsError ? 2 : 1);
  });
}
