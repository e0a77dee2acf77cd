import { z } from "zod";
import { bareColumn, type DrizzleColumn, type SequenceOptions } from "./schema.ts";

/** A snapshot has no lines that anybody is shown. */
export const place = { path: "", line: 1, endLine: 1 };

/** A number of a sequence, which is written as text or as a number. */
export const sequenceNumber = z
  .union([z.string(), z.number()])
  .nullish()
  .transform((value) => (value === null || value === undefined ? null : String(value)));

/** What a snapshot says of a sequence, where it may leave out whether it begins anew. */
export function sequenceOptions({
  cycle,
  ...rest
}: Omit<SequenceOptions, "cycle"> & { readonly cycle?: boolean | null | undefined }): SequenceOptions {
  const { increment, minValue, maxValue, startWith, cache } = rest;
  return { increment, minValue, maxValue, startWith, cache, cycle: cycle ?? false };
}

/** A column of which a key tells nothing but the name. */
export function columnNamed(name: string): DrizzleColumn {
  return {
    key: name,
    rawName: name,
    name,
    type: "",
    typeSchema: null,
    ...bareColumn,
    isOpaque: false,
    place,
  };
}

/** The schema that something is in; null for the usual one. */
export function homeOf(schema: string | null | undefined): string | null {
  return schema === undefined || schema === "" ? null : schema;
}
