import type { Unplaced } from "./drift.ts";
import type { Schema } from "./types.ts";

/** Enumerations and values that only one side has; one of the database that no model has is told by no one. */
export function enumDifferences(model: Schema, built: Schema): Unplaced[] {
  return model.enums.flatMap(({ name, labels }): Unplaced[] => {
    const other = built.enums.find((one) => one.name === name);
    if (!other) return [{ kind: "enum", object: name, model: name, migrations: null }];
    const missing = labels.filter((label) => !other.labels.includes(label));
    const extra = other.labels.filter((label) => !labels.includes(label));
    return [
      ...missing.map(
        (label): Unplaced => ({
          kind: "enum value",
          object: `${name}.${label}`,
          model: label,
          migrations: null,
        }),
      ),
      ...extra.map(
        (label): Unplaced => ({
          kind: "enum value",
          object: `${name}.${label}`,
          model: null,
          migrations: label,
        }),
      ),
    ];
  });
}
