import { expect, it } from "vitest";
import { callsInScripts, optionsIn } from "../../src/review/code/package-scripts.ts";

const scripts = (...commands: readonly string[]) =>
  JSON.stringify({ scripts: Object.fromEntries(commands.entries()) });
const tool = /\btool(?=\s|$)/;

it("finds the calls of a program in the scripts of a package", () => {
  expect(
    callsInScripts(scripts("build && tool up --dir './a b' | tee log", "tool;other tool down"), tool),
  ).toEqual([["up", "--dir", "./a b"], [], ["down"]]);
});

it.each(["{", "[]", "null", '{ "scripts": 3 }', '{ "scripts": { "a": 1 } }'])("finds none in %s", (text) => {
  expect(callsInScripts(text, tool)).toEqual([]);
});

it("reads options with and without values, and short ones", () => {
  const words = ["up", "--strict", "--dir=a", "-c", "b.json", "--last"];
  expect(optionsIn(words, { "-c": "config" })).toEqual({ strict: "", dir: "a", config: "b.json", last: "" });
});

it("keeps quotes within a word out of its value", () => {
  expect(callsInScripts(scripts('tool --dir="a b"'), tool)).toEqual([["--dir=a b"]]);
});
