import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const ENDING = fileURLToPath(new URL("./fixtures/end-while-compiling.ts", import.meta.url));
/** The heap is small for its contents and is not collected little by little: one in eight stays for ever by `exit` alone. */
const FLAGS = ["--no-incremental-marking", "--heap-growing-percent=5"];
const ROUNDS = 8;
const AT_A_TIME = 4;
const MAX_MS = 20_000;

async function end(): Promise<unknown[]> {
  const child = spawn(process.execPath, [...FLAGS, ...process.execArgv, ENDING], {
    stdio: "inherit",
    timeout: MAX_MS,
    killSignal: "SIGKILL",
  });
  return once(child, "exit");
}

test("a process ends while code is compiled in the background, time and again", async () => {
  for (let round = 0; round < ROUNDS; round++) {
    const ends = await Promise.all(Array.from({ length: AT_A_TIME }, end));
    assert.deepEqual(
      ends,
      ends.map(() => [0, null]),
      `round ${round}`,
    );
  }
});
