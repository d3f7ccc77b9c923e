import type { Endpoint } from "@headrace/core/adapter";
import type { CpuPool, RunOptions } from "./pool.ts";
import { planRequest } from "./tasks/plan.ts";
import type { PlannedBody } from "./tasks/registry.ts";

/** How requests are planned. */
export interface PlannerOptions {
  readonly pool: CpuPool;
  /** Bodies of more bytes are planned on a thread of the pool. */
  readonly offloadAboveBytes: number;
  /** Levels of arrays and objects that a body may nest. */
  readonly maxDepth: number;
}

/** Plans requests where it is cheapest. */
export interface Planner {
  /**
   * A small body is planned at once, without a promise: a round trip to a thread costs more than the work. For a large
   * one the body is transferred away and comes back in the result, which is the one to use in both cases.
   *
   * @param options - called for a body that goes to a thread, and only then
   * @throws GatewayError as {@link planRequest}, thrown or as a rejection, and as {@link CpuPool.run}.
   */
  plan(endpoint: Endpoint, body: Uint8Array, options?: () => RunOptions): PlannedBody | Promise<PlannedBody>;
}

export function createPlanner({ pool, offloadAboveBytes, maxDepth }: PlannerOptions): Planner {
  return {
    plan(endpoint, body, options) {
      const input = { endpoint, body, maxDepth };
      if (body.length > offloadAboveBytes) return pool.run("plan", input, options?.());
      return { plan: planRequest(input), body };
    },
  };
}
