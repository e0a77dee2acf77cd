import { commentSyntaxOf, commentsOf, withoutSpans } from "./comments.ts";
import { lineCounter } from "./sql/statements.ts";
import type {
  AnnotatedQuery,
  CodeFile,
  Database,
  Dialect,
  Place,
  Script,
  Span,
  Suppression,
} from "./types.ts";

/** Whether the text can hold a suppression at all. */
export function mentionsSuppression(text: string): boolean {
  return text.includes("drydock:ignore");
}

/** The suppressions in the migrations that the change adds or edits. */
export function suppressionsIn({ steps, dialect }: Database): Suppression[] {
  const scripts = steps
    .filter(({ status }) => status !== "kept")
    .flatMap(({ up, down }) => (down === null ? [up] : [up, down]));
  const byPath = new Map<string, Script[]>();
  for (const script of scripts.filter(({ text }) => mentionsSuppression(text)))
    byPath.set(script.path, [...(byPath.get(script.path) ?? []), script]);
  return [...byPath].flatMap(([path, own]) => ofScripts(path, own, dialect));
}

/** The suppressions in a file of annotated queries. */
export function suppressionsAt(
  path: string,
  text: string,
  queries: readonly Pick<AnnotatedQuery, "line" | "endLine">[],
): Suppression[] {
  return directivesIn(path, text, "postgresql").map(({ span: _, ...directive }) => ({
    ...directive,
    target: directive.scope === "file" ? null : queryAt(directive, queries),
    isNew: false,
  }));
}

/**
 * The suppressions in a file of code or models: each stands on its own line, or on the next one that holds more than comments.
 * `added` are the lines that the pull request adds.
 */
export function suppressionsInCode(
  { path, text }: Pick<CodeFile, "path" | "text">,
  added: ReadonlySet<number>,
): Suppression[] {
  const syntax = mentionsSuppression(text) ? commentSyntaxOf(path) : null;
  if (syntax === null) return [];
  const lines = withoutSpans(text, commentsOf(text, syntax)).split("\n");
  return directivesIn(path, text, "postgresql").map(({ span: _, ...directive }) => {
    const next = lines.findIndex((line, i) => i + 1 >= directive.line && line.trim() !== "");
    const target = next === -1 ? null : { line: next + 1, endLine: next + 1 };
    if (directive.scope === "file") return { ...directive, target: null, isNew: false };
    const isNew = target !== null && added.has(directive.line) && added.has(target.line);
    return { ...directive, target, isNew };
  });
}

/** What a comment line says, before it is known what it stands on. */
interface Directive extends Omit<Suppression, "target" | "isNew"> {
  readonly span: Span;
}

/** `drydock:ignore` begins its line of the comment; in running text it is none. */
const pattern = /^[\s/*#-]*drydock:ignore(-file)?(?![\w-])[ \t:]*(.*)$/;

function ofScripts(path: string, scripts: readonly Script[], dialect: Dialect): Suppression[] {
  const text = scripts[0]?.text ?? "";
  const statements = scripts
    .flatMap((script) => script.statements)
    .toSorted((a, b) => a.span.start - b.span.start);
  return directivesIn(path, text, dialect).map(({ span, ...directive }) => {
    const statement =
      statements.find((one) => one.span.start < span.start && span.end <= one.span.end) ??
      statements.findLast((one) => one.endLine === directive.line && one.span.end <= span.start) ??
      statements.find((one) => one.span.start >= span.end);
    const target = statement ? { line: statement.line, endLine: statement.endLine } : null;
    return { ...directive, target: directive.scope === "file" ? null : target, isNew: false };
  });
}

function directivesIn(path: string, text: string, dialect: Dialect): Directive[] {
  const syntax = mentionsSuppression(text) ? commentSyntaxOf(path, dialect) : null;
  if (syntax === null) return [];
  const lineOf = lineCounter(text);
  return commentsOf(text, syntax).flatMap(({ start, end }) => {
    const directives: Directive[] = [];
    let at = start;
    for (const line of text.slice(start, end).split("\n")) {
      const said = line.includes("drydock:ignore") ? read(line) : null;
      const span = { start: at, end: at + line.length };
      const number = said === null ? 0 : lineOf(at);
      if (said) directives.push({ ...said, path, line: number, endLine: number, span });
      at += line.length + 1;
    }
    return directives;
  });
}

/** The rule, then the reason, which a colon or a dash may set off. */
function read(line: string): Pick<Suppression, "scope" | "rule" | "reason"> | null {
  const match = pattern.exec(line.replace(/\s*(\*+\/)?\s*$/, ""));
  if (!match) return null;
  const [, file, rest = ""] = match;
  const [, rule = "", said = ""] = /^([A-Za-z][\w-]*)?[ \t]*[:,–—-]*[ \t]*(.*)$/.exec(rest) ?? [];
  const reason = /[\p{L}\p{N}]/u.test(said) ? said.trim() : "";
  return { scope: file === undefined ? "statement" : "file", rule, reason };
}

/** The query that the comment stands in, else the next one. */
function queryAt(
  { line }: Pick<Place, "line">,
  queries: readonly Pick<AnnotatedQuery, "line" | "endLine">[],
): Suppression["target"] {
  const inside = queries.find((query) => query.line <= line && line <= query.endLine);
  const target = inside ?? queries.find((query) => query.line > line);
  return target ? { line: target.line, endLine: target.endLine } : null;
}
