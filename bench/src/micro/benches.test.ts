import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { repoDir } from "../paths.ts";
import { benchesOf, benchFiles } from "./find.ts";

const TIMES = 5;

/** Every micro bench computes what it says that it measures. */
for (const file of benchFiles(repoDir)) {
  describe(file, async () => {
    const benches = await benchesOf(repoDir, file);

    it("has a name of its own for each bench", () => {
      assert.equal(new Set(benches.map(({ id }) => id)).size, benches.length);
      assert.ok(benches.length > 0);
    });

    for (const { bench } of benches) {
      it(bench.name, async () => {
        const prepared = await bench.prepare();
        try {
          for (let done = 0; done < TIMES; done += 1) await prepared.verify();
        } finally {
          await prepared.close();
        }
      });
    }
  });
}
