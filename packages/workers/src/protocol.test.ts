import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import {
  decodeRequest,
  decodeResponse,
  encodeFailure,
  encodeRequest,
  encodeSuccess,
  PROTOCOL_VERSION,
  type WireMessage,
} from "./protocol.ts";

/** What `postMessage` does to a message. */
function cross(message: WireMessage): WireMessage {
  return structuredClone(message, { transfer: [...message.buffers] });
}

describe("envelopes", () => {
  it("begin with the version", () => {
    assert.equal(encodeRequest("plan", {}).envelope[0], PROTOCOL_VERSION);
    assert.equal(encodeSuccess({}).envelope[0], PROTOCOL_VERSION);
    assert.equal(encodeFailure(new GatewayError("overloaded")).envelope[0], PROTOCOL_VERSION);
  });

  it("carry a request's fields and bytes", () => {
    const body = new Uint8Array(new ArrayBuffer(3)).fill(7);
    const input = { endpoint: "chat", nested: { list: [1, null, "é"] }, body };
    const { task, input: arrived } = decodeRequest(cross(encodeRequest("plan", input)));
    assert.equal(task, "plan");
    assert.deepEqual(arrived, { ...input, body: Uint8Array.of(7, 7, 7) });
    assert.equal(body.buffer.detached, true);
  });

  it("carry a result's fields and bytes", () => {
    const output = { plan: { modelSpan: [9, 12] }, body: new Uint8Array(new ArrayBuffer(2)) };
    assert.deepEqual(decodeResponse(cross(encodeSuccess(output))), {
      plan: { modelSpan: [9, 12] },
      body: Uint8Array.of(0, 0),
    });
  });

  it("keep big bytes out of the packed part", () => {
    const message = encodeRequest("plan", { body: new Uint8Array(1_000_000) });
    assert.ok(message.envelope.length < 100);
    assert.equal(message.buffers.length, 1);
  });

  it("copy bytes out of a buffer that others share, and leave it alone", () => {
    const shared = new Uint8Array(10).fill(1);
    const body = shared.subarray(2, 4);
    const small = Buffer.from("pooled");
    const { input } = decodeRequest(cross(encodeRequest("plan", { body, small })));
    assert.deepEqual(input, { body: Uint8Array.of(1, 1), small: new Uint8Array(Buffer.from("pooled")) });
    assert.equal(shared.length, 10);
    assert.equal(small.toString(), "pooled");
  });

  it("carry two views of one buffer", () => {
    const bytes = new Uint8Array(new ArrayBuffer(4));
    const message = encodeRequest("plan", { one: bytes, other: new Uint8Array(bytes.buffer) });
    assert.equal(message.buffers.length, 1);
    assert.deepEqual(decodeRequest(cross(message)).input, {
      one: new Uint8Array(4),
      other: new Uint8Array(4),
    });
  });

  it("carry an empty body", () => {
    assert.deepEqual(decodeRequest(cross(encodeRequest("plan", { body: new Uint8Array(0) }))).input, {
      body: new Uint8Array(0),
    });
  });

  it("carry an error with all its fields", () => {
    const error = new GatewayError("invalid_field", { message: "It is wrong.", param: "messages[0].role" });
    assert.throws(
      () => decodeResponse(cross(encodeFailure(error))),
      (arrived) => {
        assert.ok(arrived instanceof GatewayError);
        assert.deepEqual(arrived.toWire(), error.toWire());
        assert.equal(arrived.message, error.message);
        return true;
      },
    );
  });

  it("of another version are refused in clear words", () => {
    for (const envelope of [Uint8Array.of(PROTOCOL_VERSION + 1, 0x80), new Uint8Array(0)]) {
      const refused = (error: unknown): boolean =>
        error instanceof GatewayError &&
        error.code === "worker_failed" &&
        /protocol version/.test(error.message);
      assert.throws(() => decodeRequest({ envelope, buffers: [] }), refused);
      assert.throws(() => decodeResponse({ envelope, buffers: [] }), refused);
    }
  });
});
