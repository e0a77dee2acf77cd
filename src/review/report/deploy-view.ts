import { say } from "../text.ts";
import type { Break, DeployOrder, Report, Text } from "../types.ts";
import { count, joined, placeOf } from "./words.ts";

/** A deploy order for people: one line, and why. */
export interface DeployView {
  readonly line: Text;
  /** None where the line says all. */
  readonly reasons: readonly { readonly title: string; readonly items: readonly Text[] }[];
}

/** So many breaks of one side are named. */
const mostNamed = 20;

/** The deploy orders of a report, by database. */
export function deployViews({ deploy, changes }: Pick<Report, "deploy" | "changes">): DeployView[] {
  return deploy.map((one) => ({
    line: [...lineOf(one), ...(changes.databases.length > 1 ? say` (${one.directory || "."})` : []), "."],
    reasons: reasonsOf(one),
  }));
}

function lineOf({ order, oldCode, newCode, models }: DeployOrder): Text {
  switch (order) {
    case "migrate-first":
      return say`Migrate first, then deploy: ${firstOf(newCode)}`;
    case "deploy-first":
      return say`Deploy first, then migrate: ${firstOf(oldCode)}`;
    case "not-in-one-step":
      return say`Not safely in one step: of the old code, ${firstOf(oldCode)}; of the new code, ${firstOf(newCode)}`;
    case "any":
      return models.length > 0
        ? ["In any order, as far as models and annotated queries tell"]
        : ["In any order, as far as annotated queries tell"];
  }
}

function firstOf([first, ...rest]: readonly Break[]): Text {
  if (!first) return [];
  return [...breakText(first), ...(rest.length > 0 ? [`, and ${rest.length} more`] : [])];
}

function reasonsOf({ order, oldCode, newCode, steps, models, queries }: DeployOrder): DeployView["reasons"] {
  if (order === "any") return [];
  const looked = [
    ...(models.length > 1 ? [say`the models of ${models.length} files`] : []),
    ...(models.length === 1 ? [say`the models of ${models[0] ?? ""}`] : []),
    ...(queries > 0 ? [[count(queries, "annotated query", "annotated queries")]] : []),
  ];
  return [
    { title: "Code of the base branch, once the migrations ran", items: listOf(oldCode) },
    { title: "Code of this change, until the migrations ran", items: listOf(newCode) },
    { title: "In steps", items: steps },
    { title: "Looked at", items: [say`${joined(looked, " and ")}; other SQL in the code is not seen`] },
  ].filter(({ items }) => items.length > 0);
}

function listOf(breaks: readonly Break[]): Text[] {
  const more = breaks.length - mostNamed;
  return [...breaks.slice(0, mostNamed).map(breakText), ...(more > 0 ? [[`and ${more} more`]] : [])];
}

function breakText({ path, line, reason }: Break): Text {
  return say`${placeOf({ path, line })} ${reason}`;
}
