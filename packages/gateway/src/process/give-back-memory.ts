import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/**
 * Collects what the start and the warm-up have left, and gives the pages to the system: some 20 MB, which V8 by itself
 * would keep for as long as the process is not idle for seconds. It stops the process for about 50 ms, so it is for before
 * the port opens, and for the end.
 *
 * @returns how long it took, in ms
 */
export function giveBackMemory(): number {
  const startedAtMs = performance.now();
  setFlagsFromString("--expose-gc");
  const collect: unknown = runInNewContext("gc");
  setFlagsFromString("--no-expose-gc");
  // The thorough one: the ordinary one leaves the young generation as large as the warm-up has made it.
  if (typeof collect === "function") collect({ type: "major", execution: "sync", flavor: "last-resort" });
  return performance.now() - startedAtMs;
}
