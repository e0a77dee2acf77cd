import { rules } from "../rules/index.ts";
import type { AnnotatedQuery, PlanNode, PlanOutcome, QueryRun, Report } from "../types.ts";
import { codeSpan, escapeHtml, fenced, markdown, prose } from "./escape.ts";
import { placeOf, planText } from "./words.ts";

const mostQueries = 30;

/**
 * What is known of an annotated query (its plans before and after the change), of all of them (`plans`), or of a rule, as
 * Markdown. Says what there is when it knows nothing of that name.
 */
export function explanationOf(report: Report, what: string): string {
  const word = what.replace(/^[`"']+|[`"']+$/g, "");
  const planned = queriesOf(report);
  const named = planned.filter(({ query }) => query.name === word);
  if (named.length > 0) return named.map(explainQuery).join("\n\n");
  if (/^(all|plans?|quer(y|ies))$/i.test(word) && planned.length > 0)
    return planned.slice(0, mostQueries).map(explainQuery).join("\n\n");
  const rule = rules[word];
  if (rule) return explainRule(word);
  const known = planned.map(({ query }) => query.name).slice(0, mostQueries);
  return known.length > 0
    ? `Nothing here is called ${codeSpan(word)}. Queries of this change: ${known.map((name) => codeSpan(name)).join(", ")}.`
    : `Nothing here is called ${codeSpan(word)}: this change has no query with a comment \`drydock:explain <name>\`, and no rule has that name.`;
}

interface Planned {
  readonly query: AnnotatedQuery;
  readonly run: QueryRun;
}

function queriesOf({ changes, runs }: Report): readonly Planned[] {
  return runs.flatMap(({ queries }) =>
    queries.flatMap((run) => {
      const query = changes.queries[run.query];
      return query ? [{ query, run }] : [];
    }),
  );
}

function explainQuery({ query, run }: Planned): string {
  const title = `**${codeSpan(query.name)}**, ${codeSpan(placeOf(query))}`;
  const before = run.before ? [planBlock("Before", run.before)] : ["Before: the query is new."];
  return [title, ...before, planBlock("After", run.after)].join("\n\n");
}

function planBlock(title: string, outcome: PlanOutcome): string {
  const line = `${title}: ${markdown(planText(outcome))}`;
  if (outcome.kind !== "planned") return line;
  const tree = treeOf(outcome.root, 0).slice(0, 60).join("\n");
  return `<details><summary>${escapeHtml(title)}: cost ${outcome.cost.toFixed(2)}</summary>\n\n${fenced(tree, "text")}\n\n</details>\n\n${line}`;
}

/** A plan as EXPLAIN prints it. */
function treeOf(node: PlanNode, depth: number): readonly string[] {
  const on = node.relation === null ? "" : ` on ${node.relation}`;
  const using = node.index === null ? "" : ` using ${node.index}`;
  const indent = "  ".repeat(depth);
  const arrow = depth === 0 ? "" : "-> ";
  return [
    `${indent}${arrow}${node.type}${using}${on}  (cost=${node.cost.toFixed(2)} rows=${node.rows})`,
    ...Object.entries(node.details).map(([name, text]) => `${indent}     ${name}: ${text}`),
    ...node.children.flatMap((child) => treeOf(child, depth + 1)),
  ];
}

function explainRule(id: string): string {
  const rule = rules[id];
  if (!rule) return "";
  const { summary, why, instead, ignoreWhen, sources } = rule;
  return [
    `**${codeSpan(id)}**: ${prose(summary)}.`,
    prose(why),
    `**Instead:** ${prose(instead)}`,
    `**Right to ignore when** ${prose(ignoreWhen)}`,
    `<sub>${sources.map((source) => escapeHtml(source)).join("; ")}</sub>`,
  ].join("\n\n");
}
