// The page that sets Drydock beside other tools: from docs/comparison/*.json.

const names = { drydock: "Drydock", squawk: "squawk", pgfence: "pgfence" };
const levels = ["gating", "warnings", "notes"];

/**
 * @param {{ repositories: object[], kinds: object[] }} results as bench/compare/compact.mjs makes them
 * @param {{ judged: object[], beside: object[] }} sample of the same run, drawn by bench/compare/sample.mjs, and what else of it was seen to be false
 * @param {{ title: string, judged: object[] }[]} before samples of earlier code, the newest first
 * @param {object[]} others what squawk and pgfence say, judged
 * @param {object[]} left what is false and stays so
 * @param {object[]} missed what the others name and Drydock does not, by rule, each with its verdict and why
 * @param {{ squawk: string, pgfence: string }} versions
 */
export function comparisonPage({ results, sample, before, others, left, missed, versions }) {
  return [
    "# Drydock, squawk and pgfence on the same migrations",
    "",
    "<!-- Generated from docs/comparison/*.json: npm run generate. -->",
    "",
    `The newest 20 migrations of each of ${results.repositories.length} public repositories, each commit that adds some reviewed against its parent, as a pull request is. All three tools`,
    `were given the same statements: those of the up, as Drydock cuts them out of the tool's own file. squawk ${versions.squawk}, pgfence ${versions.pgfence}, each as it is`,
    `installed; Drydock as of the commit that the table names. squawk was told where the migration runs in a transaction. No tool knew sizes of tables. \`node bench/compare.mjs\` repeats it.`,
    "",
    "## Findings",
    "",
    "| Repository | Tool | Drydock's code | Commits | Migrations | Statements | Drydock: gating | warnings | notes | squawk | pgfence |",
    "| --- | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ...results.repositories.map(
      (one) =>
        `| ${one.repository} \`${one.commit.slice(0, 9)}\` | ${one.tool} | \`${one.code}\` | ${one.pulls} | ${one.migrations} | ${one.statements} | ${one.gating} | ${one.warnings} | ${one.notes} | ${one.squawk} | ${one.pgfence} |`,
    ),
    total(results.repositories),
    "",
    ...(results.about === undefined ? [] : [results.about, ""]),
    "## By kind",
    "",
    "| Kind | Drydock | squawk | pgfence |",
    "| --- | ---: | ---: | ---: |",
    ...results.kinds.map((one) => `| ${one.kind} | ${one.drydock} | ${one.squawk} | ${one.pgfence} |`),
    "",
    ...freshSample(sample),
    ...earlierSamples(before, left),
    ...otherTools(others),
    "## What the others name and Drydock does not",
    "",
    "By rule, over all migrations: how often a statement is named by the other tool and not, in the same kind, by Drydock, and why.",
    "",
    "| Rule | Times | Verdict | Why |",
    "| --- | ---: | --- | --- |",
    ...missed.map(
      ({ tool, rule, count, verdict, why }) =>
        `| ${tool} \`${rule}\` | ${count} | ${verdict} | ${cell(why)} |`,
    ),
    "",
  ].join("\n");
}

/** What was judged of the run that is counted at the top. */
function freshSample({ judged, beside }) {
  return [
    "## A sample of it, judged by hand",
    "",
    "Drawn by the hash of the finding, none of them judged before. **true**: what it says happens, and somebody would change the migration or its deploy for it;",
    "**taste**: true, and a matter of style, habit or how the table is used; **false**: it does not happen here, or the advice cannot be followed.",
    "",
    "| Drydock | Judged | true | taste | false | of these mended since |",
    "| --- | ---: | ---: | ---: | ---: | ---: |",
    ...levels.flatMap((level) => {
      const own = judged.filter((one) => levelOf(one) === level);
      return own.length === 0 ? [] : `| ${level} | ${own.length} | ${verdictsOf(own).join(" | ")} |`;
    }),
    "",
    ...details("drydock", judged),
    "Every gating finding and every warning that earlier runs did not have was read as well. So were those of 46 commits of six repositories that are not in the table: argilla-server, ente, openmeter, rallly, sim and typebot.io. Not true of all these, in this run or in the ones by which it was prepared:",
    "",
    "| Tool | Commit | Findings | Why | Since |",
    "| --- | --- | --- | --- | --- |",
    ...beside.map(
      ({ tool, commit, findings, cause, state }) =>
        `| ${tool} | ${commit} | ${findings} | ${cell(cause)} | ${cell(state)} |`,
    ),
    "",
  ];
}

/** How true earlier code was, and what is known to be false still. */
function earlierSamples(before, left) {
  const row = ({ title, judged }) =>
    `| ${title} | ${levels
      .map((level) => {
        const own = judged.filter((one) => levelOf(one) === level);
        return own.length === 0 ? "–" : verdictsOf(own).slice(0, 3).join(" / ");
      })
      .join(" | ")} |`;
  return [
    "## Earlier samples",
    "",
    `Drawn and judged in the same way, each as the code then was: true / taste / false. The causes of the false ones have been mended since${left.length > 0 ? ", but for those named below" : ""}.`,
    "",
    "| Of | gating | warnings | notes |",
    "| --- | --- | --- | --- |",
    ...before.map(row),
    "",
    ...(left.length > 0
      ? ["False and left:", "", ...left.map(({ commit, cause }) => `- ${commit}: ${cause}`), ""]
      : []),
  ];
}

function otherTools(others) {
  return [
    "## squawk and pgfence, judged by hand",
    "",
    "Of the first thirteen repositories, drawn and judged in the same way.",
    "",
    "| Tool | Judged | true | taste | false | true of all | without matters of taste |",
    "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ...["squawk", "pgfence"].map((tool) => {
      const own = others.filter((one) => one.tool === tool);
      const [isTrue, taste, isFalse] = verdictsOf(own);
      const share = (all) => `${Math.round((100 * isTrue) / all)} %`;
      return `| ${names[tool]} | ${own.length} | ${isTrue} | ${taste} | ${isFalse} | ${share(own.length)} | ${share(own.length - taste)} |`;
    }),
    "",
    ...["squawk", "pgfence"].flatMap((tool) =>
      details(
        tool,
        others.filter((one) => one.tool === tool),
      ),
    ),
  ];
}

/** How many are true, a matter of taste, false, and of the false ones mended since. */
function verdictsOf(judged) {
  const of = (verdict) => judged.filter((one) => one.verdict === verdict);
  const mended = of("false").filter(({ why }) => why.includes("; fixed: "));
  return [of("true").length, of("taste").length, of("false").length, mended.length];
}

function levelOf({ gates, severity }) {
  if (gates) return "gating";
  return severity === "info" ? "notes" : "warnings";
}

function total(rows) {
  const sum = (key) => rows.reduce((n, one) => n + one[key], 0);
  const keys = ["pulls", "migrations", "statements", "gating", "warnings", "notes", "squawk", "pgfence"];
  return `| **All** | | | ${keys.map((key) => `**${sum(key)}**`).join(" | ")} |`;
}

function details(tool, judged) {
  const line = (one) =>
    `| ${one.repository.split("/")[1]} \`${one.commit.slice(0, 9)}\` | \`${one.rule}\`${one.gates ? " (gating)" : ""} | ${cell(one.says)} | **${one.verdict}**: ${cell(one.why)} |`;
  return [
    `<details><summary>${names[tool]}: ${judged.length} findings</summary>`,
    "",
    "| Commit | Rule | Says | Verdict |",
    "| --- | --- | --- | --- |",
    ...judged.map(line),
    "",
    "</details>",
    "",
  ];
}

function cell(text) {
  return text
    .replace(/\|/g, "\\|")
    .replace(/[<>]/g, (mark) => (mark === "<" ? "&lt;" : "&gt;"))
    .replace(/\s+/g, " ")
    .trim()
    .slice(0, 260);
}
