import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createDry, type Dry, only, outcomesOf } from "./dry.ts";

describe("runs of one repository, one after the other", () => {
  let dry: Dry;
  beforeAll(() => {
    dry = createDry({ isSerial: true, spares: 0, limits: { statement: 1_000 } });
  });
  afterAll(() => dry.close());

  const orders = "CREATE TABLE orders (id bigint PRIMARY KEY)";
  const endless = "DO $$ BEGIN LOOP END LOOP; END $$";

  it("each begin with an empty database", async () => {
    for (const name of ["a", "b"]) {
      const run = await dry.run({ history: [orders], steps: [{ up: `CREATE TABLE ${name} (id int)` }] });
      expect(outcomesOf(only(run).up)).toEqual(["ran"]);
      expect(run.head.tables.map((table) => table.name)).toEqual([name, "orders"].sort());
    }
  });

  it("go on after one that brought its process down, which is run again in its own", async () => {
    const broken = await dry.run({ history: [orders, endless], steps: [{ up: "SELECT 1" }] });
    expect(broken.lost).toBeNull();
    expect(broken.history.failed).toHaveLength(1);
    expect(outcomesOf(only(broken).up)).toEqual(["ran"]);
    const next = await dry.run({
      history: [orders],
      steps: [{ up: "ALTER TABLE orders ADD COLUMN note text" }],
    });
    expect(outcomesOf(only(next).up)).toEqual(["ran"]);
  });
});
