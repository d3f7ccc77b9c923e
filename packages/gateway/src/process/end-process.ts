import { giveBackMemory } from "./give-back-memory.ts";

/**
 * Ends this process, surely. Node's own exit waits for V8's background threads and serves them no more; one that compiles,
 * and finds the heap at its limit, waits for a collection by the main thread, and so both wait for ever
 * (nodejs/node issue 54918). After a thorough collection there is room for what they still compile.
 */
export function endProcess(code: number): never {
  giveBackMemory();
  process.exit(code);
}
