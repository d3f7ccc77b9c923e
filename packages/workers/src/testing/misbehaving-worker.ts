import { createTaskHandler, type TaskHandler } from "../pool-worker.ts";
import { TASKS, type Tasks } from "../tasks/registry.ts";
import { arrive, passGate } from "./gate.ts";

/** Tasks that do what no task should, beside the real ones. Only tests start threads on this file. */
export type MisbehavingTasks = Tasks & {
  /** Ends its thread. */
  readonly exit: (input: { readonly code: number }) => object;
  /** Reports to the gate, then never returns. */
  readonly spin: (input: object) => object;
  /** Allocates until the heap limit ends its thread. */
  readonly exhaustHeap: (input: object) => object;
  /** Throws what is not a GatewayError. */
  readonly throwBug: (input: object) => object;
  /** Blocks at the gate and returns its input, bytes included. */
  readonly wait: (input: { readonly label: string; readonly bytes?: Uint8Array }) => {
    readonly label: string;
  };
  /** Where a package's module is found on a thread. */
  readonly resolve: (input: { readonly specifier: string }) => { readonly url: string };
};

const tasks: MisbehavingTasks = {
  ...TASKS,
  exit: ({ code }) => process.exit(code),
  spin: () => {
    arrive();
    for (;;);
  },
  exhaustHeap: () => {
    const kept: unknown[] = [];
    for (;;) kept.push(new Array(10_000).fill(kept.length));
  },
  throwBug: () => {
    throw new TypeError("a bug in a task");
  },
  wait: (input) => {
    passGate();
    return input;
  },
  resolve: ({ specifier }) => ({ url: import.meta.resolve(specifier) }),
};

export const handle: TaskHandler = createTaskHandler(tasks);
