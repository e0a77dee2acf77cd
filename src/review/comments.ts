import { commentEnd, languageOf } from "./code-literals.ts";
import { type Language, readLiteral } from "./code-strings.ts";
import { isSqlPath } from "./paths.ts";
import { readToken, type Token } from "./sql/lexer.ts";
import { readSqliteToken } from "./sql/sqlite-lexer.ts";
import type { Dialect, Span } from "./types.ts";

/** How a file of a kind writes comments. */
export type CommentSyntax = Dialect | "prisma" | Language;

/** The comments' syntax of a file, by its name and, for SQL, its database; null for a kind that is not read. */
export function commentSyntaxOf(path: string, dialect: Dialect = "postgresql"): CommentSyntax | null {
  if (isSqlPath(path)) return dialect;
  return path.endsWith(".prisma") ? "prisma" : languageOf(path);
}

/**
 * The comments of a text, in order, with their marks. What stands in quotes is none, but SQL comments inside string
 * literals of code are: a migration in code holds its SQL there.
 */
export function commentsOf(text: string, syntax: CommentSyntax): Span[] {
  if (syntax === "postgresql" || syntax === "sqlite") return sqlComments(text, 0, text.length, syntax);
  // Prisma's comments and quotes are those of Go, as far as they go (Prisma documentation, Prisma schema, Comments).
  return codeComments(text, syntax === "prisma" ? "go" : syntax);
}

/** A text with parts of it blanked, so that the rest stays where it is. */
export function withoutSpans(text: string, spans: readonly Span[]): string {
  let blanked = "";
  let end = 0;
  for (const span of spans) {
    blanked += text.slice(end, span.start) + text.slice(span.start, span.end).replace(/[^\n]/g, " ");
    end = span.end;
  }
  return blanked + text.slice(end);
}

/** The code of a text alone: without its comments and string literals, in the lines in which it stands. */
export function codeOf(text: string, language: Language): string {
  const spans: Span[] = [];
  for (let at = 0; at < text.length; ) {
    const literal = readLiteral(text, at, language);
    const end = commentEnd(text, at, language) ?? (literal && literal !== "unreadable" ? literal.end : null);
    if (end !== null) spans.push({ start: at, end });
    at = end ?? at + 1;
  }
  return withoutSpans(text, spans);
}

function sqlComments(text: string, start: number, end: number, dialect: Dialect): Span[] {
  const read = (from: number): Token | null =>
    dialect === "sqlite" ? readSqliteToken(text, from, end) : readToken(text, from, end);
  const comments: Span[] = [];
  for (let token = read(start); token; token = read(token.end)) {
    if (token.kind === "comment") comments.push({ start: token.start, end: token.end });
  }
  return comments;
}

function codeComments(text: string, language: Language): Span[] {
  const comments: Span[] = [];
  for (let at = 0; at < text.length; ) {
    const end = commentEnd(text, at, language);
    if (end !== null) {
      comments.push({ start: at, end });
      at = end;
      continue;
    }
    const literal = readLiteral(text, at, language);
    if (literal === null || literal === "unreadable") {
      at += 1;
      continue;
    }
    const opening = /^[a-zA-Z@$#]*["'`]+|^<<\S*/.exec(text.slice(literal.start, literal.start + 80));
    const inside = literal.start + (opening?.[0].length ?? 0);
    comments.push(...sqlComments(text, inside, literal.end, "postgresql"));
    at = literal.end;
  }
  return comments;
}
