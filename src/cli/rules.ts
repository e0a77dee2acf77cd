import { pad, palette, wrap } from "../review/report/terminal.ts";
import type { Rule } from "../review/rule.ts";
import { rules } from "../review/rules/index.ts";
import type { RuleFormat } from "./arguments.ts";
import { put, terminalOf } from "./terminal.ts";

/** Prints all rules. */
export async function listRules({ format, color }: { format: RuleFormat; color: boolean }): Promise<number> {
  const all = Object.entries(rules).toSorted(([a], [b]) => a.localeCompare(b));
  if (format === "json") {
    await put(
      `${JSON.stringify(
        all.map(([id, rule]) => ruleJson(id, rule)),
        null,
        2,
      )}\n`,
      undefined,
    );
    return 0;
  }
  if (format === "markdown") {
    const rows = all.map(
      ([id, { severity, summary }]) => `| \`${id}\` | ${severity} | ${summary.replaceAll("|", "\\|")} |`,
    );
    await put(`${["| rule | severity | |", "| --- | --- | --- |", ...rows].join("\n")}\n`, undefined);
    return 0;
  }
  const { colour, width } = terminalOf(process.stdout, { color });
  const colours = palette(colour);
  const widest = Math.max(...all.map(([id]) => id.length));
  const room = Math.max(30, Math.min(width, 120) - widest - 11);
  const lines = all.flatMap(([id, { severity, summary }]) =>
    wrap(summary.split(" "), room).map((line, i) => {
      const dress = severity === "error" ? colours.red : colours.yellow;
      return i === 0
        ? `${colours.bold(pad(id, widest))}  ${dress(pad(severity, 7))}  ${line}`
        : `${" ".repeat(widest + 11)}${line}`;
    }),
  );
  await put(`${lines.join("\n")}\n`, undefined);
  return 0;
}

/** Prints one rule: what it looks for, why, and what to do. */
export async function explainRule(id: string, { color }: { color: boolean }): Promise<number> {
  const rule = Object.hasOwn(rules, id) ? rules[id] : undefined;
  if (!rule) {
    const near = Object.keys(rules).filter((name) => distance(name, id) <= 4 || name.includes(id));
    const hint = near.length > 0 ? ` Did you mean ${near.slice(0, 3).join(" or ")}?` : "";
    process.stderr.write(
      `There is no rule called ${JSON.stringify(id)}.${hint} \`drydock rules\` lists them.\n`,
    );
    return 2;
  }
  const { colour, width } = terminalOf(process.stdout, { color });
  const colours = palette(colour);
  const paragraph = (text: string) =>
    wrap(text.split(" "), Math.min(width, 100) - 2).map((line) => `  ${line}`);
  const part = (title: string, text: string) => ["", colours.bold(title), ...paragraph(text)];
  const lines = [
    `${colours.bold(id)} (${rule.severity})`,
    ...paragraph(rule.summary),
    ...part("Why", rule.why),
    ...part("Instead", rule.instead),
    ...part("Ignore it when", rule.ignoreWhen),
    ...(rule.versions === null ? [] : part("Versions", rule.versions)),
    "",
    colours.bold("Sources"),
    ...rule.sources.flatMap((source) => paragraph(source)),
  ];
  await put(`${lines.join("\n")}\n`, undefined);
  return 0;
}

function ruleJson(id: string, { summary, why, instead, severity, ignoreWhen, versions, sources }: Rule) {
  return { id, severity, summary, why, instead, ignoreWhen, versions, sources };
}

/** Levenshtein's distance. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (const [i, character] of [...a].entries()) {
    const next = [i + 1];
    for (const [j, other] of [...b].entries()) {
      const [above = 0, left = 0, corner = 0] = [row[j + 1], next[j], row[j]];
      next.push(Math.min(above + 1, left + 1, corner + (character === other ? 0 : 1)));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
