import { createTaskHandler, type TaskHandler } from "./pool-worker.ts";
import { TASKS } from "./tasks/registry.ts";

/** What every thread of the gateway's pool runs; `pool.ts` names this file. */
export const handle: TaskHandler = createTaskHandler(TASKS);
