import assert from "node:assert/strict";
import { test } from "node:test";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import { type Running, RunningRequests } from "./running.ts";

class Request implements Running {
  runningSlot = -1;
  readonly errors: GatewayError[] = [];
  readonly #running: RunningRequests;

  constructor(running: RunningRequests) {
    this.#running = running;
    running.add(this);
  }

  cut(error: GatewayError): void {
    this.errors.push(error);
    this.end();
  }

  end(): void {
    this.#running.delete(this);
  }
}

test("a snapshot that nobody used is idle", async () => {
  await new RunningRequests().idle();
});

test("a snapshot is idle behind its last request, and not before", async () => {
  const running = new RunningRequests();
  const [first, second, third] = [new Request(running), new Request(running), new Request(running)];
  second.end();
  second.end();
  let idle = false;
  const becomesIdle = running.idle().then(() => {
    idle = true;
  });
  first.end();
  await Promise.resolve();
  assert.equal(idle, false);
  third.end();
  await becomesIdle;
  assert.equal(idle, true);
});

test("all that run are cut, each once, and none that has ended", async () => {
  const running = new RunningRequests();
  const requests = Array.from({ length: 9 }, () => new Request(running));
  requests[0]?.end();
  requests[4]?.end();
  const becomesIdle = running.idle();
  const error = new GatewayError("draining");
  running.cutAll(error);
  await becomesIdle;
  requests.forEach((request, i) => {
    assert.deepEqual(request.errors, i === 0 || i === 4 ? [] : [error]);
  });
});
