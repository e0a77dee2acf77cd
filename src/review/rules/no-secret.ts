import { defineRule } from "../rule.ts";
import { say } from "../text.ts";
import type { Problem, Script, Statement } from "../types.ts";

export default defineRule({
  summary: "Keep passwords and keys out of migrations",
  why: "A migration stays in the repository for ever, and the server may log its statements. Whoever can read either has the secret.",
  instead: "Take it out, set it where secrets are kept, and replace it: it has been published.",
  // Known by its form; whether it is in use is not.
  severity: "warning",
  ignoreWhen: "it is valid only in a database for tests or on a developer's machine.",
  sources: ["PostgreSQL documentation, CREATE ROLE, Notes"],
  check: {
    migration({ up, down, changed, name }, { onlyDown }) {
      const scripts: [Script | null, "up" | "down"][] = [
        [onlyDown ? null : up, "up"],
        [changed.includes("down") ? down : null, "down"],
      ];
      return scripts.flatMap(([script, side]) =>
        (script?.statements ?? []).flatMap((statement) => problemsOf(statement, side, name)),
      );
    },
  },
});

interface Form {
  readonly what: string;
  readonly pattern: RegExp;
}

/** The first group of a pattern, else all of it, is the secret. Keys are known by the fixed beginnings that their makers give them. */
const forms: readonly Form[] = [
  {
    what: "the password of a role",
    pattern: /\b(?:CREATE|ALTER)\s+(?:ROLE|USER)\b[^;]*?\bPASSWORD\s+(?:E|U&)?'+([^'\s][^']*)'/i,
  },
  {
    what: "the password of a connection",
    pattern: /'[^']*\b(?:host|hostaddr|dbname|user|port)\s*=[^']*?\bpassword\s*=\s*([^\s']+)/i,
  },
  {
    what: "the password of a connection",
    pattern: /'[^']*\bpassword\s*=\s*([^\s']+)[^']*?\b(?:host|hostaddr|dbname|user|port)\s*=/i,
  },
  {
    what: "the password of a user mapping",
    pattern: /\bUSER\s+MAPPING\b[\s\S]*?\bOPTIONS\s*\([^)]*?\bpassword\s+'([^']+)'/i,
  },
  {
    what: "the password of a connection",
    pattern: /\b(?:postgres(?:ql)?|mysql|mongodb(?:\+srv)?|rediss?|amqps?):\/\/[^\s:@/']+:([^\s@/']+)@/i,
  },
  { what: "a private key", pattern: /-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----/ },
  { what: "an AWS access key", pattern: /\b(?:AKIA|ASIA)(?!\w*EXAMPLE)[A-Z0-9]{16}\b/ },
  { what: "a GitHub token", pattern: /\b(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_\w{60,})\b/ },
  { what: "a GitLab token", pattern: /\bglpat-[\w-]{20,}/ },
  { what: "a Stripe key", pattern: /\b[sr]k_live_[A-Za-z0-9]{20,}/ },
  { what: "a Slack token", pattern: /\bxox[abeoprs]-\d{8,}-[\w-]{10,}/ },
  { what: "a Google API key", pattern: /\bAIza[\w-]{35}\b/ },
  { what: "an npm token", pattern: /\bnpm_[A-Za-z0-9]{36}\b/ },
  { what: "a SendGrid key", pattern: /\bSG\.[\w-]{22}\.[\w-]{43}\b/ },
  { what: "an API key", pattern: /\bsk-(?:ant|proj)-[\w-]{20,}/ },
];

/** What is filled in when the migration runs, and what holds no secret but its proof. */
const noSecret =
  /^(?:\$\{.*|\$\w+|\{\{.*|<.*>|%[\w()]+%?|%[sLI]?|:\w+|@\w+@?|\*+|x+|\.\.\.|SCRAM-SHA-256\$.*|md5[0-9a-f]{32})$/i;

function problemsOf({ sql, span, copyData }: Statement, side: "up" | "down", migration: string): Problem[] {
  const text = copyData === null ? sql : `${sql}\n${copyData}`;
  const found = forms.find(({ pattern }) => {
    const match = pattern.exec(text);
    return match !== null && !noSecret.test(match[1] ?? match[0]);
  });
  const what = found?.what ?? (hasServiceKey(text) ? "a key that passes every policy" : null);
  if (what === null) return [];
  return [
    {
      message: say`This statement holds ${[what]} in plain text.`,
      at: span,
      side,
      object: `${migration} ${side} ${what}`,
    },
  ];
}

/** A signed token whose own words say that it is the service's; those of anonymous users are public. */
function hasServiceKey(text: string): boolean {
  for (const [, payload = ""] of text.matchAll(/\beyJ[\w-]{10,}\.(eyJ[\w-]{10,})\.[\w-]{10,}/g)) {
    try {
      if (/"role"\s*:\s*"service_role"/.test(atob(payload.replaceAll("-", "+").replaceAll("_", "/"))))
        return true;
    } catch {
      // Not a token after all.
    }
  }
  return false;
}
