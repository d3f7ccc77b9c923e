import { GatewayError } from "@headrace/core/errors/gateway-error";
import { move, transferableSymbol, valueSymbol } from "piscina";
import { decodeRequest, encodeFailure, encodeSuccess, type WireMessage } from "./protocol.ts";
import type { Task, TaskTable } from "./tasks/registry.ts";

/** The worker's end of a call; its result is what the pool's thread decodes. */
export type TaskHandler = (message: WireMessage) => unknown;

/**
 * Serves the tasks of a table to the pool that started this thread. A worker file exports the result as `handle`.
 *
 * A task's GatewayError goes back as an envelope, because cloning an Error drops its code. Any other error is a bug
 * and is thrown on: Piscina clones its message and stack, and the pool keeps them as the cause.
 */
export function createTaskHandler(tasks: TaskTable): TaskHandler {
  return function handle(message) {
    const response = runTask(tasks, message);
    if (response.buffers.length === 0) return response;
    return move({ [transferableSymbol]: response.buffers, [valueSymbol]: response });
  };
}

function runTask(tasks: TaskTable, message: WireMessage): WireMessage {
  try {
    const { task: name, input } = decodeRequest(message);
    const task: Task | undefined = Object.hasOwn(tasks, name) ? tasks[name] : undefined;
    if (task === undefined)
      throw new GatewayError("worker_failed", { message: `There is no task "${name}".` });
    return encodeSuccess(task(input as never));
  } catch (error) {
    if (error instanceof GatewayError) return encodeFailure(error);
    throw error;
  }
}
