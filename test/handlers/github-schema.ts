import { readFileSync } from "node:fs";
import { buildSchema, type DocumentNode, executeSync, type GraphQLSchema, parse, validate } from "graphql";

/** A question to GitHub's GraphQL API, and what was answered. */
export interface Asked {
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
  /** null when it was refused in whole or in part. */
  readonly data: Readonly<Record<string, unknown>> | null;
}

const file = new URL("../../node_modules/@octokit/graphql-schema/schema.graphql", import.meta.url);
const documents = new Map<string, DocumentNode>();
let known: GraphQLSchema | null = null;

/** What GitHub's published schema does not know of a document, or of its variables and the answer's shape; nothing where all fits. */
export function strangeTo({ query, variables, data }: Asked): readonly string[] {
  known ??= buildSchema(readFileSync(file, "utf8"), { assumeValid: true });
  const checked = documents.get(query);
  const document = checked ?? parse(query);
  const problems = checked ? [] : validate(known, document);
  if (problems.length > 0) return problems.map(({ message }) => `${message} in ${query.trim()}`);
  documents.set(query, document);
  if (data === null) return [];
  const { errors = [] } = executeSync({
    schema: known,
    document,
    rootValue: data,
    variableValues: variables,
    // What was answered stands under the name that the document gave it.
    fieldResolver: (source: Record<string, unknown>, _, __, { path }) => source[String(path.key)],
    typeResolver: (value: { readonly __typename?: string }) => value.__typename ?? "Blob",
  });
  return errors.map(({ message, path }) => `${message} at ${path?.join(".")}`);
}
