/**
 * The configuration reference, from the configuration's JSON schema.
 *
 * @param {any} schema
 */
export function configPage(schema) {
  const rows = keysOf(schema, "").map(
    ({ key, type, fallback, description }) =>
      `| \`${key}\` | ${cell(type)} | ${fallback === undefined ? "–" : `\`${cell(JSON.stringify(fallback))}\``} | ${cell(description)} |`,
  );
  return [
    "<!-- Generated from src/review/config.ts: npm run generate -->",
    "# Configuration",
    "",
    "`.github/drydock.yml`, optional, read from the base branch: a change of it counts once it is merged. A mistake in it is shown on the pull request",
    "with its line and what to do. Editors check it with [config.schema.json](config.schema.json).",
    "",
    "| key | type | default | meaning |",
    "| --- | --- | --- | --- |",
    ...rows,
    "",
  ].join("\n");
}

function keysOf(/** @type {any} */ schema, /** @type {string} */ prefix) {
  /** @type {{ key: string, type: string, fallback: unknown, description: string }[]} */
  const rows = [];
  for (const [name, value] of Object.entries(schema.properties ?? {})) {
    const property = /** @type {any} */ (value);
    const key = `${prefix}${name}`;
    rows.push({
      key,
      type: typeOf(property),
      fallback: property.default,
      description: property.description ?? "",
    });
    rows.push(...keysOf(property, `${key}.`), ...keysOf(property.items ?? {}, `${key}[].`));
  }
  return rows;
}

/** @returns {string} */
function typeOf(/** @type {any} */ property) {
  // The ids of all rules would hide everything else; the README's table lists them.
  if (property.enum?.includes("no-failing-migration")) return "a rule's id";
  if (property.enum) return property.enum.map((/** @type {unknown} */ value) => `\`${value}\``).join(" or ");
  if (property.type === "array") return `list of ${typeOf(property.items ?? {})}`;
  if (property.type === "object" && typeof property.additionalProperties === "object")
    return `map of name to ${typeOf(property.additionalProperties)}`;
  return property.type ?? "any";
}

function cell(/** @type {string} */ text) {
  return text.replaceAll("|", "\\|").replaceAll("\n", " ");
}
