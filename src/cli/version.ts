import { readFileSync } from "node:fs";

const manifest = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
  version: string;
  homepage?: string;
  repository?: string | { url?: string };
};

/** Drydock's version. */
export const version = manifest.version;

/** Where the rules' pages stand, as far as the package says where it lives; null when it does not. */
export const rulesUrl = rulesUrlOf(manifest);

/**
 * Where the rules' pages stand for who runs the program: at RULES_URL, in the repository of the action at the version that runs,
 * or where the package lives.
 */
export function rulesUrlFor(env: Readonly<Record<string, string | undefined>>): string | null {
  const { RULES_URL: own = "", DRYDOCK_ACTION: action = "", GITHUB_SERVER_URL: server } = env;
  if (URL.canParse(own) && /^https?:$/.test(new URL(own).protocol)) return own;
  const named = /^([\w.-]+\/[\w.-]+)@([\w./-]+)$/.exec(action);
  return named ? `${server || "https://github.com"}/${named[1]}/blob/${named[2]}/docs/rules` : rulesUrl;
}

/** The pages of a repository on GitHub, or below a homepage; nothing is made up. */
export function rulesUrlOf({ homepage, repository }: Omit<typeof manifest, "version">): string | null {
  const address = typeof repository === "string" ? repository : repository?.url;
  const onGitHub = /github(?:\.com[/:]|:)([\w.-]+\/[\w.-]+?)(?:\.git)?(?:#.*)?$/.exec(
    address ?? homepage ?? "",
  );
  if (onGitHub) return `https://github.com/${onGitHub[1]}/blob/HEAD/docs/rules`;
  return homepage?.startsWith("https://") ? `${homepage.replace(/[#?].*$|\/+$/g, "")}/docs/rules` : null;
}
