import assert from "node:assert/strict";
import type { JsonObject } from "@headrace/core/json-object";
import { type MicroBench, type MicroSubject, microBench } from "@headrace/core/testing/micro-bench";
import { SAMPLE_CHAT } from "@headrace/providers/testing/sample-requests";
import { createOffload } from "@headrace/workers/offload";
import { createCpuPool } from "@headrace/workers/pool";
import { planRequest } from "@headrace/workers/tasks/plan";
import { openSampleSnapshot } from "../testing/sample-snapshot.ts";
import { IN_BODY } from "./call-head.ts";
import {
  type ClientRequest,
  type EncodeDeps,
  encodeForTarget,
  type TargetRequest,
} from "./encode-for-target.ts";
import { NONE_FORWARDED } from "./forward-headers.ts";

const MAX_DEPTH = 100;

function depsOf(): EncodeDeps & { close(): Promise<void> } {
  // Nothing here is large enough for a thread, so that none is started.
  const pool = createCpuPool({ threads: 1, maxQueue: 1, taskTimeoutMs: 1_000, idleTimeoutMs: 1_000 });
  return {
    offload: createOffload({ pool, offloadAboveBytes: 32_768, maxDepth: MAX_DEPTH }),
    caller: { takeBack: () => {}, runOptions: () => ({}) },
    close: () => pool.close(),
  };
}

function clientRequest(asked: JsonObject): ClientRequest {
  const body = Buffer.from(JSON.stringify(asked));
  return {
    endpoint: "chat",
    path: IN_BODY,
    plan: planRequest({ endpoint: "chat", body, path: IN_BODY, maxDepth: MAX_DEPTH }),
    body,
    forwarded: NONE_FORWARDED,
    requestId: "req_0123456789abcdef",
    state: null,
    continuation: null,
  };
}

/** Path, headers and body of the request to a provider. */
function encoding(model: string, asked: JsonObject): MicroSubject<TargetRequest | Promise<TargetRequest>> {
  const target = openSampleSnapshot().targetOf(model);
  const { close, ...deps } = depsOf();
  const request = clientRequest({ ...asked, model });
  return {
    run: () => encodeForTarget(request, target, deps),
    check: ({ path, headers, body }) => {
      assert.match(path, /^\/v1\/(chat\/completions|messages)$/);
      assert.ok(headers.includes("content-type"));
      assert.equal(JSON.parse(Buffer.from(body).toString()).model, target.model);
    },
    close,
  };
}

export const benches: readonly MicroBench[] = [
  microBench("passed on, with tools", () => encoding("gpt-4o", SAMPLE_CHAT)),
  microBench("passed on, with tools, streamed", () => encoding("gpt-4o", { ...SAMPLE_CHAT, stream: true })),
  microBench("translated to Anthropic's wire, with tools", () => encoding("claude", SAMPLE_CHAT)),
];
