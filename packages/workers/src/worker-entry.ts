import { constants, setPriority } from "node:os";
import { createTaskHandler, type TaskHandler } from "./pool-worker.ts";
import { TASKS } from "./tasks/registry.ts";

// A priority is a thread's own on Linux, and the whole process's elsewhere. Counting a megabyte takes a quarter of a
// second, in which the thread that moves bytes must not wait its turn.
if (process.platform === "linux") setPriority(constants.priority.PRIORITY_LOW);

/** What every thread of the gateway's pool runs; `pool.ts` names this file. */
export const handle: TaskHandler = createTaskHandler(TASKS);
