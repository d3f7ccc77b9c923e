import assert from "node:assert/strict";
import { beforeEach, describe, it } from "node:test";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import type { Exchange, ExchangeOwner } from "../http/exchange.ts";
import { AccessLog } from "../observability/access-log.ts";
import { Series } from "../observability/series.ts";
import { LocalCall } from "./local-call.ts";

/** An exchange whose answers leave when the test says so. */
class HeldExchange implements Exchange {
  readonly requestId = "req_test";
  readonly path = "/";
  readonly startedAtMs: number = performance.now();
  closed = false;
  owner: ExchangeOwner | null = null;
  readonly answers: number[] = [];

  header(): string {
    return "";
  }

  query(): string {
    return "";
  }

  attach(owner: ExchangeOwner): void {
    this.owner = owner;
  }

  respond(status: number): void {
    this.answers.push(status);
    this.closed = true;
  }

  rawQuery(): string {
    return "";
  }

  streamBody(): void {}
  pauseBody(): void {}
  resumeBody(): void {}
  readBody(): void {}
  begin(): void {}
  write(): boolean {
    return true;
  }
  end(): void {}
  destroy(): void {}
}

describe("LocalCall", () => {
  let exchange: HeldExchange;
  let series: Series;
  let call: LocalCall;
  beforeEach(() => {
    exchange = new HeldExchange();
    series = new Series({ endpoint: "models", model: "", provider: "" });
    const labels = { endpoint: "models", model: "" };
    call = new LocalCall(exchange, { series, access: new AccessLog(null).labelled({}), labels, calls: null });
  });

  const counted = (): unknown[] => [...series.byStatus, ...series.byError];

  it("counts an answer once it has been sent", () => {
    call.answer("{}");
    assert.deepEqual([exchange.answers, counted()], [[200], []]);
    exchange.owner?.onSent();
    assert.deepEqual(counted(), [[200, 1]]);
  });

  it("counts a client that leaves in the middle of its answer as one that left", () => {
    call.answer(Buffer.from("{}"));
    exchange.owner?.onClosed();
    assert.deepEqual(counted(), [
      [499, 1],
      ["client_closed", 1],
    ]);
  });

  it("counts a refusal by its code", () => {
    call.refuse(new GatewayError("route_not_found"));
    exchange.owner?.onSent();
    assert.deepEqual(counted(), [
      [404, 1],
      ["route_not_found", 1],
    ]);
  });

  it("answers nobody who has left, and counts that", () => {
    exchange.closed = true;
    call.refuse(new GatewayError("malformed_request"));
    assert.deepEqual(exchange.answers, []);
    assert.deepEqual(counted(), [
      [499, 1],
      ["client_closed", 1],
    ]);
  });

  it("answers once and counts once", () => {
    call.answer("{}");
    call.refuse(new GatewayError("internal_error"));
    exchange.owner?.onSent();
    exchange.owner?.onClosed();
    assert.deepEqual([exchange.answers, counted()], [[200], [[200, 1]]]);
  });
});
