import { propertyOf, type TypeScriptValue } from "../code/typescript-values.ts";
import type { SequenceOptions } from "./schema.ts";

/** Options of a sequence or an identity; null where one is not constant. */
export function sequenceOptionsOf(config: TypeScriptValue | undefined): SequenceOptions | null {
  if (config && config.kind !== "object" && config.kind !== "undefined") return null;
  const number = (key: string): string | null | undefined => {
    const value = propertyOf(config, key);
    if (!value || value.kind === "undefined") return null;
    return value.kind === "number" || value.kind === "string" || value.kind === "bigint"
      ? String(value.value)
      : undefined;
  };
  const [increment, minValue, maxValue, startWith, cache] = [
    number("increment"),
    number("minValue"),
    number("maxValue"),
    number("startWith"),
    number("cache"),
  ];
  if (
    increment === undefined ||
    minValue === undefined ||
    maxValue === undefined ||
    startWith === undefined ||
    cache === undefined
  )
    return null;
  const cycle = propertyOf(config, "cycle");
  return {
    increment,
    minValue,
    maxValue,
    startWith,
    cache,
    cycle: cycle?.kind === "boolean" && cycle.value,
  };
}
