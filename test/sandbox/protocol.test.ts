import { expect, it } from "vitest";
import { createReader, frameQuery } from "../../src/sandbox/protocol.ts";

function message(kind: string, ...parts: readonly (string | readonly number[])[]): Buffer {
  const body = Buffer.concat(parts.map((part) => Buffer.from(part as string)));
  const length = Buffer.alloc(4);
  length.writeInt32BE(body.length + 4);
  return Buffer.concat([Buffer.from(kind), length, body]);
}

const answer = Buffer.concat([
  message(
    "T",
    [0, 1],
    "naïve\0",
    Array.from({ length: 18 }, () => 0),
  ),
  message("D", [0, 1], [0, 0, 0, 4], "🦆"),
  message("D", [0, 1], [255, 255, 255, 255]),
  message("N", "SNOTICE\0Mhear\0\0"),
  message("C", "SELECT 2\0"),
  message("E", "SERROR\0C22012\0Mdivision by zero\0P7\0\0"),
  message("Z", "I"),
]);
const never = () => {
  throw new Error("That is not too much");
};

it.each([1, 2, 7, answer.length])("reads an answer that arrives %i bytes at a time", (size) => {
  const reader = createReader(100_000, never);
  for (let at = 0; at < answer.length; at += size) reader.push(answer.subarray(at, at + size));
  expect(reader.reply(null)).toEqual({
    sets: [{ tag: "SELECT 2", fields: ["naïve"], rows: [["🦆"], [null]] }],
    error: { code: "22012", message: "division by zero", detail: null, hint: null, position: 7, where: null },
    ready: "I",
    notices: ["hear"],
    noticesLeftOut: 0,
    thrown: null,
  });
});

it("concludes nothing from an answer that breaks off", () => {
  const reader = createReader(100_000, never);
  reader.push(answer.subarray(0, answer.length - 1));
  expect(reader.reply("it broke")).toMatchObject({ ready: null, thrown: "it broke" });
});

it.each([
  ["many small values", Buffer.concat(Array.from({ length: 100 }, () => message("D", [0, 1], [0, 0, 0, 0])))],
  ["one message that only says how long it will be", Buffer.from([68, 127, 255, 255, 255])],
])("leaves at an answer that grows too large: %s", (_, bytes) => {
  const reader = createReader(1_000, () => {
    throw new Error("too large");
  });
  expect(() => reader.push(bytes)).toThrow("too large");
});

it("ends every query with the refusal of data that it might wait for", () => {
  const bytes = Buffer.from(frameQuery("SELECT 'ż'", "1\n"));
  const kinds: string[] = [];
  for (let at = 0; at < bytes.length; at += 1 + bytes.readInt32BE(at + 1)) {
    kinds.push(bytes.toString("latin1", at, at + 1));
  }
  expect(kinds).toEqual(["Q", "d", "c", "f"]);
});
