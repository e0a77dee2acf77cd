import { z } from "zod";
import { bareColumn, type DrizzleColumn, type DrizzleForeignKey, type SequenceOptions } from "./schema.ts";

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

interface KeyOfSnapshot {
  readonly name: string;
  readonly tableTo: string;
  readonly schemaTo?: string | null | undefined;
  readonly columnsTo: readonly string[];
  readonly onDelete?: string | null | undefined;
  readonly onUpdate?: string | null | undefined;
}

/** A foreign key over some columns, as both kinds of snapshots tell what it refers to. */
export function foreignKeyOf(key: KeyOfSnapshot, columns: readonly DrizzleColumn[]): DrizzleForeignKey {
  return {
    name: key.name,
    columns,
    target: { name: key.tableTo, schema: homeOf(key.schemaTo) },
    targetColumns: key.columnsTo.map(columnNamed),
    onDelete: key.onDelete ?? null,
    onUpdate: key.onUpdate ?? null,
    place,
  };
}
