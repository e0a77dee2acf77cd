import { createHash } from "node:crypto";
import { type PythonCall, type PythonValue, pathOf, stringOf } from "../code/python-values.ts";

/**
 * What `uuid.uuid4()` gives: another one at each call, and any will do. Those of a file are the same whenever it is read, and none
 * is that of another file.
 */
export function randomIds(path: string): (call: PythonCall) => PythonValue | null {
  let calls = 0;
  return ({ callee }) => {
    if (!/^uuid\.uuid[14]$/.test(pathOf(callee) ?? "")) return null;
    calls += 1;
    const hash = createHash("sha256").update(`${path}\n${calls}`).digest("hex");
    return stringOf(hash.replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12}).*$/, "$1-$2-4$3-8$4-$5"));
  };
}
