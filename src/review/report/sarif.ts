import type { Rule } from "../rule.ts";
import { plain, visible } from "../text.ts";
import type { Finding, Fix, Report } from "../types.ts";
import { positionOf, sourcesOf } from "./fix-view.ts";
import { type Gap, gapsIn } from "./gaps.ts";

export interface SarifOptions {
  /** Drydock's version. */
  readonly version: string;
  readonly rules: Readonly<Record<string, Rule>>;
  /** The commit that was reviewed. */
  readonly head: string;
}

const levels = { error: "error", warning: "warning", info: "note" } as const;

/**
 * The report as a SARIF 2.1.0 log (OASIS standard, 27 March 2020). Fingerprints keep findings together over pushes, fixes
 * are replacements, and what could not be checked is a notification of the run.
 */
export function toSarif(report: Report, { version, rules, head }: SarifOptions): object {
  const sources = sourcesOf(report.changes);
  const ids = [
    ...new Set([
      ...Object.keys(rules),
      ...report.findings.map((finding) => finding.rule),
      ...report.accepted.map(({ finding }) => finding.rule),
    ]),
  ].toSorted();
  const gaps = gapsIn(report);
  return {
    $schema: "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: {
          driver: {
            name: "Drydock",
            semanticVersion: version,
            rules: ids.map((id) => descriptor(id, rules[id])),
          },
        },
        columnKind: "utf16CodeUnits",
        originalUriBaseIds: { SRCROOT: { description: { text: "The repository's root" } } },
        automationDetails: { id: "drydock/" },
        properties: { conclusion: report.conclusion, commit: head },
        invocations: [
          {
            executionSuccessful: !gaps.some((gap) => gap.matters),
            toolExecutionNotifications: gaps.map(notification),
          },
        ],
        results: [
          ...report.findings.map((finding) => result(finding, ids, sources)),
          ...report.accepted.map(({ finding, reason, by }) => ({
            ...result(finding, ids, sources),
            suppressions: [
              { kind: by === "comment" ? "inSource" : "external", justification: visible(reason) },
            ],
          })),
        ],
      },
    ],
  };
}

function descriptor(id: string, rule: Rule | undefined): object {
  if (!rule) return { id };
  const help = `${rule.why}\n\nInstead: ${rule.instead}\n\nIgnore when: ${rule.ignoreWhen}`;
  return {
    id,
    shortDescription: { text: rule.summary },
    fullDescription: { text: rule.why },
    help: {
      text: help,
      markdown: `${rule.why}\n\n**Instead:** ${rule.instead}\n\n**Ignore when:** ${rule.ignoreWhen}`,
    },
    defaultConfiguration: { level: levels[rule.severity] },
  };
}

function result(finding: Finding, ids: readonly string[], sources: ReadonlyMap<string, string>): object {
  const paragraphs = [
    plain(finding.message),
    ...finding.evidence.map((fact) => `Observed: ${plain(fact)}`),
    ...(finding.instead.length > 0 ? [`Instead: ${plain(finding.instead)}`] : []),
  ];
  return {
    ruleId: finding.rule,
    ruleIndex: ids.indexOf(finding.rule),
    level: levels[finding.severity],
    message: { text: paragraphs.join("\n\n") },
    locations: [location(finding.path, { startLine: finding.line, endLine: finding.endLine })],
    partialFingerprints: { "drydockFingerprint/v1": finding.fingerprint },
    properties: { gates: finding.gates, object: visible(finding.object) },
    ...(finding.fix && finding.fix.edits.length > 0 && { fixes: [fixOf(finding.fix, sources)] }),
  };
}

function fixOf(fix: Fix, sources: ReadonlyMap<string, string>): object {
  const paths = [...new Set(fix.edits.map((edit) => edit.path))];
  return {
    description: { text: fix.title },
    artifactChanges: paths.map((path) => ({
      artifactLocation: artifact(path),
      replacements: fix.edits
        .filter((edit) => edit.path === path)
        .map((edit) => {
          const text = sources.get(path) ?? "";
          const start = positionOf(text, edit.start);
          const end = positionOf(text, edit.end);
          const deletedRegion = {
            startLine: start.line,
            startColumn: start.column,
            endLine: end.line,
            endColumn: end.column,
          };
          return { deletedRegion, insertedContent: { text: edit.text } };
        }),
    })),
  };
}

function notification({ path, line, reason, matters }: Gap): object {
  return {
    level: matters ? "warning" : "note",
    message: { text: `Not checked: ${visible(reason)}` },
    ...(path && { locations: [location(path, line === null ? null : { startLine: line })] }),
  };
}

function location(path: string, region: object | null): object {
  return { physicalLocation: { artifactLocation: artifact(path), ...(region && { region }) } };
}

function artifact(path: string): object {
  return { uri: path.split("/").map(encodePart).join("/"), uriBaseId: "SRCROOT" };
}

/** A part of a path as a URI: a lone surrogate, which no URI can hold, is replaced. */
function encodePart(part: string): string {
  return encodeURIComponent(part.replace(/\p{Surrogate}/gu, "\ufffd"));
}
