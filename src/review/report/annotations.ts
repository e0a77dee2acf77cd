import { plain, visible } from "../text.ts";
import type { Finding, Report } from "../types.ts";
import { shorten } from "./escape.ts";
import { gapsIn } from "./gaps.ts";

/** A finding as GitHub Actions' workflow commands and the checks API know it. */
export type AnnotationLevel = "error" | "warning" | "notice";

/** How loud a finding is where only three levels exist: an error is one that blocks. */
export function levelOf({ gates, severity }: Pick<Finding, "gates" | "severity">): AnnotationLevel {
  if (gates) return "error";
  return severity === "info" ? "notice" : "warning";
}

/**
 * The report as workflow commands, one a line, which GitHub Actions shows as annotations: findings first, then what
 * matters and could not be checked. (GitHub documentation, "Workflow commands for GitHub Actions".)
 */
export function toAnnotations(report: Report): string {
  const findings = report.findings.map((finding) =>
    command(
      levelOf(finding),
      finding.path,
      [finding.line, finding.endLine],
      `Drydock: ${finding.rule}`,
      messageOf(finding),
    ),
  );
  const gaps = gapsIn(report)
    .filter((gap) => gap.matters)
    .map((gap) =>
      command("warning", gap.path, [gap.line, gap.line], "Drydock: not checked", visible(gap.reason)),
    );
  const commands = [...findings, ...gaps];
  return commands.length > 0 ? `${commands.join("\n")}\n` : "";
}

function messageOf({ message, evidence, instead }: Finding): string {
  const observed = evidence.map((fact) => `- ${plain(fact)}`);
  const advice = instead.length > 0 ? [`Instead: ${plain(instead)}`] : [];
  return [plain(message), ...observed, ...advice].map((line) => shorten(line, 2_000)).join("\n");
}

function command(
  level: AnnotationLevel,
  path: string,
  [line, endLine]: readonly [number | null, number | null],
  title: string,
  message: string,
): string {
  const properties = [
    path && `file=${property(path)}`,
    path && line !== null && `line=${line}`,
    path && endLine !== null && `endLine=${endLine}`,
    `title=${property(title)}`,
  ].filter(Boolean);
  return `::${level} ${properties.join(",")}::${data(message)}`;
}

function data(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function property(text: string): string {
  return data(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}
