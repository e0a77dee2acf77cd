import { existsSync, readFileSync } from "node:fs";
import { parseEnv } from "node:util";

export type Environment = Readonly<Record<string, string | undefined>>;

/** What the app needs to know to start. */
export interface Settings {
  readonly appId: number;
  readonly privateKey: string;
  readonly webhookSecret: string;
  readonly port: number;
  readonly host: string;
  /** GitHub's REST API, e.g. "https://api.github.com". */
  readonly apiUrl: string;
  /** GitHub for people, e.g. "https://github.com". */
  readonly webUrl: string;
  /** Where the rules' pages stand, e.g. "https://example.com/docs/rules"; null: where the app shows them itself. */
  readonly rulesUrl: string | null;
  /** Where people reach the app, e.g. "https://drydock.example.com"; null: where GitHub reaches it. */
  readonly publicUrl: string | null;
}

/** A setting that is missing or wrong: what it is, and what to do. */
export class SettingsError extends Error {
  override readonly name = "SettingsError";
}

export const webhookPath = "/api/github/webhooks";

/** Secrets that everybody knows: the one that Probot falls back to, and those of examples. */
const knownSecrets = ["development", "secret", "changeme"];

/** Variables of the process, and those of a file `.env` for what the process does not set. */
export function readEnvironment(file = ".env", env: Environment = process.env): Environment {
  if (!existsSync(file)) return env;
  const set = Object.entries(env).filter(([, value]) => value !== undefined);
  return { ...parseEnv(readFileSync(file, "utf8")), ...Object.fromEntries(set) };
}

/** The settings; null when there are no credentials at all, so that the app has to be set up first. Throws a SettingsError. */
export function readSettings(env: Environment): Settings | null {
  const hasKey = Boolean(env.PRIVATE_KEY || env.PRIVATE_KEY_PATH);
  if (!env.APP_ID && !hasKey) {
    if (env.NODE_ENV !== "production") return null;
    throw new SettingsError(
      "APP_ID, PRIVATE_KEY and WEBHOOK_SECRET are missing. Set them to the credentials of your GitHub App; to make one, run `npm start` on your own machine without them and open the page that it names.",
    );
  }
  if (!env.APP_ID)
    throw new SettingsError('APP_ID is missing: the number under "About" in the app\'s settings on GitHub.');
  if (!hasKey)
    throw new SettingsError(
      "PRIVATE_KEY is missing: the content of the .pem file that the app's settings on GitHub generate.",
    );
  const appId = Number(env.APP_ID);
  if (!Number.isInteger(appId) || appId <= 0)
    throw new SettingsError("APP_ID is not a number: take it from the app's settings on GitHub.");
  return {
    appId,
    privateKey: privateKeyIn(env),
    webhookSecret: secretIn(env),
    rulesUrl: addressIn(env.RULES_URL, rulesUrlHelp),
    publicUrl: addressIn(env.PUBLIC_URL, publicUrlHelp)?.replace(/\/+$/, "") ?? null,
    ...addressesIn(env),
  };
}

/** Where the app listens and where GitHub is. */
export function addressesIn(env: Environment) {
  const host = env.GHE_HOST;
  const protocol = env.GHE_PROTOCOL || "https";
  const port = Number(env.PORT || 3000);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new SettingsError("PORT is not a port number.");
  return {
    port,
    host: env.HOST || "localhost",
    apiUrl: host ? `${protocol}://${host}/api/v3` : "https://api.github.com",
    webUrl: host ? `${protocol}://${host}` : "https://github.com",
  };
}

const rulesUrlHelp =
  "RULES_URL is no address: give the folder that holds the rules' pages, e.g. https://github.com/<owner>/<repository>/blob/main/docs/rules.";
const publicUrlHelp =
  "PUBLIC_URL is no address: give the one at which people reach Drydock, e.g. https://drydock.example.com.";

/** An address for people, so that a comment can link to it. */
function addressIn(address = "", help: string): string | null {
  if (address.trim() === "") return null;
  if (!URL.canParse(address) || !/^https?:$/.test(new URL(address).protocol)) throw new SettingsError(help);
  return address;
}

function secretIn({ WEBHOOK_SECRET: secret = "" }: Environment): string {
  const how =
    "Make one with `openssl rand -hex 32`, and enter it as WEBHOOK_SECRET here and as the webhook secret in the app's settings on GitHub.";
  if (secret.trim() === "")
    throw new SettingsError(`WEBHOOK_SECRET is empty: anybody could send events. ${how}`);
  if (knownSecrets.includes(secret.trim().toLowerCase()))
    throw new SettingsError(
      `WEBHOOK_SECRET is a word that everybody knows: anybody could send events. ${how}`,
    );
  return secret;
}

/** A PEM file's text: as it is, on one line with \n, or in base64. */
function privateKeyIn({ PRIVATE_KEY: text, PRIVATE_KEY_PATH: file }: Environment): string {
  const given = text || readKeyFile(file ?? "");
  const plain = given.includes("-----BEGIN") ? given : Buffer.from(given, "base64").toString("utf8");
  const key = `${plain.replace(/\\n/g, "\n").trim()}\n`;
  if (!/^-----BEGIN [A-Z ]*PRIVATE KEY-----\n[\s\S]+\n-----END [A-Z ]*PRIVATE KEY-----\n$/.test(key))
    throw new SettingsError(
      "PRIVATE_KEY is no private key: it has to be the whole content of the .pem file, or that in base64.",
    );
  return key;
}

function readKeyFile(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    throw new SettingsError("PRIVATE_KEY_PATH names a file that cannot be read.");
  }
}
