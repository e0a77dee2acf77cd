import { z } from "zod";
import { identityOf } from "./suppress.ts";
import type { Finding } from "./types.ts";
import { compareText } from "./versions.ts";

const entry = z.object({
  path: z.string().min(1).max(4096),
  rule: z.string().min(1).max(100),
  object: z.string().max(10_000),
  fingerprint: z.string().regex(/^[0-9a-f]{16}$/, "must be the fingerprint of a finding"),
});

const schema = z.object({ version: z.literal(1), findings: z.array(entry).max(100_000) });

/** A finding that stood when the baseline was written. */
export type BaselineEntry = z.output<typeof entry>;

/** The entries of a baseline's text, or what is wrong with it. Never throws. */
export function readBaseline(text: string): readonly BaselineEntry[] | { readonly problem: string } {
  const parsed = schema.safeParse(parse(text));
  if (parsed.success) return parsed.data.findings;
  const [issue] = parsed.error.issues;
  const where = issue?.path.map(String).join(".") ?? "";
  return {
    problem: `${where === "" ? "" : `\`${where}\`: `}${issue?.message ?? "it has another form"}; write it with \`drydock baseline\``,
  };
}

/** The text of a baseline that accepts these findings: sorted, an entry a line, so that a change of it reads as one. */
export function baselineText(findings: readonly Finding[]): string {
  const entries = findings.map(({ path, rule, object, fingerprint }) => ({
    path,
    rule,
    object,
    fingerprint,
  }));
  const lines = entries
    .filter((one, i) => entries.findIndex((other) => identityOf(other) === identityOf(one)) === i)
    .toSorted(
      (a, b) =>
        compareText(a.path, b.path) ||
        compareText(a.rule, b.rule) ||
        compareText(a.object, b.object) ||
        compareText(a.fingerprint, b.fingerprint),
    )
    .map((one) => `    ${JSON.stringify(one)}`);
  const list = lines.length === 0 ? "[]" : `[\n${lines.join(",\n")}\n  ]`;
  return `{\n  "version": 1,\n  "findings": ${list}\n}\n`;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch {
    return undefined;
  }
}
