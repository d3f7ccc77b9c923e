import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { processTree } from "../measure/process-tree.ts";
import { repoDir } from "../paths.ts";
import { figuresOf } from "../report/results.ts";
import { parseBenchOptions } from "./options.ts";
import { runSession } from "./session.ts";

const BUILT = ["packages/gateway/dist/cli/main.js", "packages/mock-upstream/dist/cli.js"];
const missing = BUILT.filter((entry) => !existsSync(join(repoDir, entry)));

test("a short session against the built gateway and mock: no error, no process and no folder left", {
  skip: missing.length > 0 ? `not built: ${missing.join(", ")}` : false,
}, async () => {
  const foldersBefore = readdirSync(tmpdir()).filter((name) => name.startsWith("headrace-bench-"));
  const args = ["--scenarios", "sweep,streams", "--rps", "40", "--stream-rps", "20"];
  const lines: string[] = [];
  const session = await runSession({
    bench: parseBenchOptions([...args, "--duration", "0.5", "--runs", "1", "--chunks", "10"], []),
    peers: ["headrace"],
    log: (line) => lines.push(line),
  });
  assert.deepEqual(session.missing, []);
  assert.deepEqual(
    session.cells.map(({ key }) => key),
    ["sweep 40 rps", "streams 20 rps stream"],
  );
  for (const cell of session.cells) {
    const figures = figuresOf(cell);
    assert.ok(figures);
    assert.deepEqual([figures.successRatio, figures.errors], [1, {}], cell.key);
    assert.ok(figures.cpuUsPerRequest > 0 && figures.maxRssMb > 10, cell.key);
    // Role event, ten words, finish event, [DONE]; usage when the gateway was asked for it.
    if (cell.cell.stream)
      assert.ok((cell.runs[0]?.gateway.events ?? 0) >= 12 * (cell.runs[0]?.gateway.succeeded ?? 0));
  }
  assert.ok((session.contestants[0]?.startMs ?? 0) > 0);
  assert.deepEqual(
    readdirSync(tmpdir()).filter(
      (name) => name.startsWith("headrace-bench-") && !foldersBefore.includes(name),
    ),
    [],
  );
  assert.deepEqual(processTree(process.pid), [process.pid]);
});
