// The page that sets Drydock beside other tools: from docs/comparison/*.json.

const names = { drydock: "Drydock", squawk: "squawk", pgfence: "pgfence" };

/**
 * @param {{ repositories: object[], kinds: object[] }} results as bench/compare/compact.mjs makes them
 * @param {{ tools: object[], falseGates: object[], judged: object[] }} fresh a sample of what the same run found, and what it found by migration tool
 * @param {{ drydock: string, repositories: object[], falseFound: object[], judged: object[] }} again part of the same run with later code
 * @param {object[]} judged the sample of bench/compare/sample.mjs, each with its verdict and why
 * @param {object[]} missed what the others name and Drydock does not, by kind and rule, each with its verdict and why
 * @param {{ repositories: object[], judged: object[] }} unseen other repositories, with a sample of Drydock's findings there
 * @param {{ squawk: string, pgfence: string, drydock: string }} versions
 */
export function comparisonPage(results, fresh, again, judged, missed, unseen, versions) {
  return [
    "# Drydock, squawk and pgfence on the same migrations",
    "",
    "<!-- Generated from docs/comparison/*.json: npm run generate. -->",
    "",
    "The newest 20 migrations of public repositories, each commit that adds some reviewed against its parent, as a pull request is. All three tools",
    `were given the same statements: those of the up, as Drydock cuts them out of the tool's own file. squawk ${versions.squawk}, pgfence ${versions.pgfence}, each as it is`,
    `installed; Drydock as of commit \`${versions.drydock}\`. squawk was told where the migration runs in a transaction. No tool knew sizes of tables. \`node bench/compare.mjs\` repeats it.`,
    "",
    "## Findings",
    "",
    "| Repository | Commits | Migrations | Statements | Drydock: gating | warnings | notes | squawk | pgfence |",
    "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ...results.repositories.map(
      (one) =>
        `| ${one.repository} \`${one.commit.slice(0, 9)}\` | ${one.pulls} | ${one.migrations} | ${one.statements} | ${one.gating} | ${one.warnings} | ${one.notes} | ${one.squawk} | ${one.pgfence} |`,
    ),
    total(results.repositories),
    "",
    "## By kind",
    "",
    "| Kind | Drydock | squawk | pgfence |",
    "| --- | ---: | ---: | ---: |",
    ...results.kinds.map((one) => `| ${one.kind} | ${one.drydock} | ${one.squawk} | ${one.pgfence} |`),
    "",
    ...runAgain(again),
    ...freshSample(fresh, versions),
    "## An earlier sample of all three, judged by hand",
    "",
    "Of earlier code than the counts above. Drawn by the hash of the finding. **true**: what it says happens, and somebody would change the migration or its deploy for it; **taste**: true, and a matter",
    "of style or habit; **false**: it does not happen here (a new and empty table, nothing scanned, a rewrite that is none), or the advice cannot be followed.",
    "",
    "The findings of Drydock were judged as they were made; the causes of the false ones have been mended since, as each says. The sample was drawn before",
    "the last five repositories had been run.",
    "",
    "| Tool | Judged | true | taste | false | Precision (true of all) | without matters of taste |",
    "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ...precision(judged),
    "",
    ...Object.keys(names).flatMap((tool) =>
      details(
        tool,
        judged.filter((one) => one.tool === tool),
      ),
    ),
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
    ...otherRepositories(unseen),
  ].join("\n");
}

/** What later code found in part of the repositories, and in others, and how true that is. */
function runAgain({ drydock, repositories, falseFound, judged }) {
  return [
    "## Part of it again, with later code",
    "",
    `The same with the code of commit \`${drydock}\`, repository by repository as far as time went, and two repositories that were not reviewed before. Every gating finding and every`,
    "warning that the run above does not have was read. 30 gating findings, 30 warnings and 20 notes were drawn by the hash of the finding, none of them judged before.",
    "",
    "| Repository | Commits | Migrations | Drydock: gating | warnings | notes |",
    "| --- | ---: | ---: | ---: | ---: | ---: |",
    ...repositories.map(
      (one) =>
        `| ${one.repository} \`${one.commit.slice(0, 9)}\` | ${one.pulls} | ${one.migrations} | ${one.gating} | ${one.warnings} | ${one.notes} |`,
    ),
    "",
    ...verdicts(judged),
    "False beside the sample, in this run or in the one by which it was prepared:",
    "",
    "| Tool | Commit | Findings | Why | Since |",
    "| --- | --- | --- | --- | --- |",
    ...falseFound.map(
      ({ tool, commit, level, count, cause, state }) =>
        `| ${tool} | ${commit} | ${count} ${level} | ${cell(cause)} | ${cell(state)} |`,
    ),
    "",
  ];
}

/** What was judged of the run that is counted at the top, and what it found by the tool that runs the migrations. */
function freshSample({ tools, falseGates, judged }, { drydock }) {
  return [
    "## A sample of the same run, judged by hand",
    "",
    `All that Drydock found in the run that is counted above (commit \`${drydock}\`), and in ${tools.flatMap(({ repositories }) => repositories).length - 18} more repositories, in the same way: of its gating findings and of its`,
    "warnings 30 each were drawn by the hash of the finding, none of them judged in a sample below. **true**: what it says happens, and somebody would change the",
    "migration or its deploy for it; **taste**: true, and a matter of style, habit or how the table is used; **false**: it does not happen here, or the advice cannot be followed.",
    "They are judged as they were made; what has been mended since says so.",
    "",
    ...verdicts(judged),
    "Beyond the sample every gating finding of the run was read. False were:",
    "",
    "| Tool | Commit | Findings | Why | Since |",
    "| --- | --- | ---: | --- | --- |",
    ...falseGates.map(
      ({ tool, commit, count, cause, state }) =>
        `| ${tool} | ${commit} | ${count} | ${cell(cause)} | ${cell(state)} |`,
    ),
    "",
    "By the tool that runs the migrations; *judged* counts Drydock's findings of all samples on this page:",
    "",
    "| Tool | Repositories | Commits | Drydock: gating | warnings | notes | Judged | False gating |",
    "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ...tools.map(
      (one) =>
        `| ${one.tool} | ${one.repositories.join(", ")} | ${one.pulls} | ${one.gating} | ${one.warnings} | ${one.notes} | ${one.judged} | ${one.false} |`,
    ),
    "",
  ];
}

/** Drydock's judged findings: how many of each verdict, and each of them. */
function verdicts(judged) {
  const rows = ["gating", "warnings", "notes"].flatMap((level) => {
    const own = judged.filter((one) => levelOf(one) === level);
    if (own.length === 0) return [];
    const of = (verdict) => own.filter((one) => one.verdict === verdict);
    const mended = of("false").filter(({ why }) => why.includes("; fixed: "));
    return `| ${level} | ${own.length} | ${of("true").length} | ${of("taste").length} | ${of("false").length} | ${mended.length} |`;
  });
  return [
    "| Drydock | Judged | true | taste | false | of these mended since |",
    "| --- | ---: | ---: | ---: | ---: | ---: |",
    ...rows,
    "",
    ...details("drydock", judged),
  ];
}

function levelOf({ gates, severity }) {
  if (gates) return "gating";
  return severity === "info" ? "notes" : "warnings";
}

/** What was found where no rule was tried before. */
function otherRepositories({ repositories, judged }) {
  return [
    "## Other repositories",
    "",
    "As of earlier code as well. Repositories on which no rule had been tried: the newest eight to eleven migrations of each, reviewed in the same way. Of Drydock's gating findings and",
    "warnings 70 were drawn by the hash of the finding and judged as above. The false ones were judged as they were made, by code that was mended in between; each",
    "says what was mended since. Beyond the sample every gating finding was read: four more were false and are mended (a comment in a function's body, a down that",
    "brings back what an edited migration made, Flyway's baseline and its second location), and one is false and left: svix b1a5dd2d6 cuts its files with a runner",
    "of its own, which no mark tells. What squawk and pgfence name there and Drydock does not was read as well: tables of the same pull request, constant defaults, keys of",
    "new columns, which are not checked; nothing true was missed.",
    "",
    "| Repository | Commits | Migrations | Drydock: gating | warnings | notes | squawk | pgfence |",
    "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ...repositories.map(
      (one) =>
        `| ${one.repository} | ${one.pulls} | ${one.migrations} | ${one.gating} | ${one.warnings} | ${one.notes} | ${one.squawk} | ${one.pgfence} |`,
    ),
    "",
    ...verdicts(judged),
  ];
}

function total(rows) {
  const sum = (key) => rows.reduce((n, one) => n + one[key], 0);
  const keys = ["pulls", "migrations", "statements", "gating", "warnings", "notes", "squawk", "pgfence"];
  return `| **All** | ${keys.map((key) => `**${sum(key)}**`).join(" | ")} |`;
}

function precision(judged) {
  const rows = [
    ["Drydock, gating", (one) => one.tool === "drydock" && one.gates],
    ["Drydock, warnings", (one) => one.tool === "drydock" && !one.gates && one.severity !== "info"],
    ["Drydock, notes", (one) => one.tool === "drydock" && !one.gates && one.severity === "info"],
    ["squawk", (one) => one.tool === "squawk"],
    ["pgfence", (one) => one.tool === "pgfence"],
  ];
  return rows.map(([name, isMeant]) => {
    const own = judged.filter(isMeant);
    const of = (verdict) => own.filter((one) => one.verdict === verdict).length;
    const share = (n, all) => (all === 0 ? "–" : `${Math.round((100 * n) / all)} %`);
    const told = own.length - of("taste");
    return `| ${name} | ${own.length} | ${of("true")} | ${of("taste")} | ${of("false")} | ${share(of("true"), own.length)} | ${share(of("true"), told)} |`;
  });
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
