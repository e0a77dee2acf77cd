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

/** The pages of a repository on GitHub, or below a homepage; nothing is made up. */
export function rulesUrlOf({ homepage, repository }: Omit<typeof manifest, "version">): string | null {
  const address = typeof repository === "string" ? repository : repository?.url;
  const onGitHub = /github(?:\.com[/:]|:)([\w.-]+\/[\w.-]+?)(?:\.git)?(?:#.*)?$/.exec(
    address ?? homepage ?? "",
  );
  if (onGitHub) return `https://github.com/${onGitHub[1]}/blob/HEAD/docs/rules`;
  return homepage?.startsWith("https://") ? `${homepage.replace(/[#?].*$|\/+$/g, "")}/docs/rules` : null;
}
