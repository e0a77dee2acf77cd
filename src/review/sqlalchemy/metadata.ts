import { type PythonCall, type PythonValue, pathOf } from "../code/python-values.ts";
import {
  type Models,
  memberOf,
  type PythonClassValue,
  type Root,
  registryOf,
  rootOf,
  wordOf,
} from "./classes.ts";

/** Which tables belong together: a `MetaData`, or the base that makes its own; told apart by identity. */
export interface Metadata {
  readonly key: PythonValue | string;
  readonly call: PythonCall | null;
}

/** The metadata of the base that a class inherits from, or its own. */
export function metadataOfClass(value: PythonClassValue, root: Root, models: Models): Metadata {
  const own = memberOf(value, "metadata", models);
  if (own) {
    const found = metadataOf(models.settle(own), models);
    if (found) return found;
  }
  const registry = memberOf(value, "registry", models);
  if (registry) return ofBase(models.settle(registry), models);
  return ofBase(root.base.kind === "class" ? registryOf(root.base, models) : root.base, models);
}

/** What `MetaData(…)`, `Base.metadata` and the like stand for; null when it is none of them. */
export function metadataOf(value: PythonValue, models: Models): Metadata | null {
  const settled = models.settle(value);
  if (settled.kind === "call" && wordOf(settled) === "MetaData") return { key: settled, call: settled };
  const path = pathOf(settled);
  if (path !== null && /(^|\.)SQLModel\.metadata$/.test(path)) return { key: "sqlmodel", call: null };
  if (settled.kind !== "attribute" || settled.name !== "metadata") return null;
  const object = models.settle(settled.object);
  if (object.kind === "class") {
    const root = rootOf(object, models);
    return root && metadataOfClass(object, root, models);
  }
  if (object.kind === "attribute" && object.name === "Model")
    return ofBase(models.settle(object.object), models);
  return object.kind === "call" ? ofBase(object, models) : null;
}

/** The metadata that a base, a registry or Flask's `db` makes or is given. */
export function ofBase(base: PythonValue, models?: Models): Metadata {
  if (pathOf(base)?.endsWith("SQLModel")) return { key: "sqlmodel", call: null };
  if (base.kind !== "call") return { key: base, call: null };
  const given = [base.args.named.get("metadata"), ...base.args.positional].flatMap((each) =>
    each ? [models ? models.settle(each) : each] : [],
  );
  const call = given.find((each): each is PythonCall => wordOf(each) === "MetaData");
  if (call) return { key: call, call };
  // `registry(metadata=Base.metadata)`
  const shared = models && given.flatMap((each) => (each === base ? [] : (metadataOf(each, models) ?? [])));
  return shared?.[0] ?? { key: base, call: null };
}
