import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import { writeConversation } from "@headrace/providers/wires/openai-responses/conversation";
import { createOffload } from "./offload.ts";
import { createCpuPool } from "./pool.ts";

describe("createOffload", () => {
  const body = (bytes: number): Uint8Array => {
    const empty = '{"model":"m","messages":[{"role":"user"}],"x":""}';
    return new Uint8Array(Buffer.from(empty.replace('""', `"${"x".repeat(bytes - empty.length)}"`)));
  };

  const request = (bytes: Uint8Array) => ({
    endpoint: "chat" as const,
    body: bytes,
    path: { model: null, stream: false },
  });

  it("plans inline up to the threshold and on a thread above it, with the same result", async (t) => {
    const pool = createCpuPool({ threads: 1, maxQueue: 1, taskTimeoutMs: 20_000, idleTimeoutMs: 60_000 });
    t.after(() => pool.close());
    const offload = createOffload({ pool, offloadAboveBytes: 100, maxDepth: 10 });

    const small = body(100);
    const inline = offload.plan(request(small));
    assert.ok(!(inline instanceof Promise));
    assert.equal(inline.body, small);
    assert.equal(pool.stats().completed, 0);

    const large = body(101);
    const bytes = Buffer.from(large);
    const offloaded = offload.plan(request(large));
    assert.ok(offloaded instanceof Promise);
    const result = await offloaded;
    assert.deepEqual(result.plan, inline.plan);
    assert.deepEqual(Buffer.from(result.body), bytes);
    assert.equal(large.length, 0);
    assert.equal(pool.stats().completed, 1);
  });

  it("throws inline and rejects from a thread the same error", async (t) => {
    const pool = createCpuPool({ threads: 1, maxQueue: 1, taskTimeoutMs: 20_000, idleTimeoutMs: 60_000 });
    t.after(() => pool.close());
    const bad = () => new Uint8Array(Buffer.from("[]"));
    const offload = (offloadAboveBytes: number) => createOffload({ pool, offloadAboveBytes, maxDepth: 10 });
    const refused = (error: unknown) => error instanceof GatewayError && error.code === "body_not_object";
    assert.throws(() => offload(2).plan(request(bad())), refused);
    await assert.rejects(async () => offload(1).plan(request(bad())), refused);
  });

  it("goes on from a stored conversation, on a thread when that is long", async (t) => {
    const pool = createCpuPool({ threads: 1, maxQueue: 1, taskTimeoutMs: 20_000, idleTimeoutMs: 60_000 });
    t.after(() => pool.close());
    const conversation = writeConversation(
      Buffer.from('[{"type":"message","role":"user","content":"One."}]'),
      Buffer.from(
        '{"id":"resp_hre_1","output":[{"type":"message","role":"assistant","content":[{"type":"output_text","text":"Two."}]}]}',
      ),
    );
    const asked = Buffer.from('{"model":"m","input":"Three.","previous_response_id":"resp_hre_1"}');
    const input = () => ({
      ref: { endpoint: "responses" as const, adapterId: "anthropic", model: "claude" },
      body: new Uint8Array(asked),
      path: { model: null, stream: false },
      stream: false,
      conversation: new Uint8Array(conversation),
      keepsConversation: true,
    });
    const offload = (offloadAboveBytes: number) => createOffload({ pool, offloadAboveBytes, maxDepth: 10 });
    const inline = offload(asked.length + conversation.length).translateRequest(input());
    assert.ok(!(inline instanceof Promise));
    const encoded = JSON.parse(Buffer.from(inline.encoded).toString());
    assert.deepEqual(
      encoded.messages.map(({ role }: { role: string }) => role),
      ["user", "assistant", "user"],
    );
    assert.equal(JSON.parse(Buffer.from(inline.conversationInput ?? []).toString()).length, 3);
    const offloaded = await offload(asked.length).translateRequest(input());
    assert.equal(pool.stats().completed, 1);
    assert.deepEqual(JSON.parse(Buffer.from(offloaded.encoded).toString()), encoded);
  });
});
