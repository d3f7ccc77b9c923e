import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import type { HealthNotice } from "@headrace/routing/health/health-notice";
import { HEALTH_DEFAULTS } from "@headrace/routing/health/options";
import type { TargetHealth } from "@headrace/routing/health/target-health";
import { SharedHealth } from "./shared-health.ts";

beforeEach((context) => {
  mock.timers.enable({ apis: ["setTimeout"] });
  assert.ok("after" in context);
  context.after(() => mock.timers.reset());
});

function open() {
  const messages: (readonly HealthNotice[])[] = [];
  const shared = new SharedHealth((notices) => messages.push(notices));
  const target = (key: string): TargetHealth => shared.registry.get(key, HEALTH_DEFAULTS);
  return { shared, messages, target };
}

function end(health: TargetHealth, nowMs: number, outcome: "served" | "failed" | "refused"): void {
  const retryAfterMs = outcome === "refused" ? 2_000 : null;
  health.onEnded(nowMs, { mark: health.onSent(nowMs, 1), outcome, retryAfterMs });
}

test("shared health: a flood of changes is one message in ten milliseconds, and little in it", () => {
  const { messages, target } = open();
  const targets = Array.from({ length: 50 }, (_, index) => target(`target-${index}`));
  for (let ms = 0; ms < 1_000; ms += 1) {
    for (const one of targets) for (let call = 0; call < 20; call += 1) end(one, ms, "refused");
    for (const one of targets) for (let call = 0; call < 5; call += 1) end(one, ms, "failed");
    mock.timers.tick(1);
  }
  // A million and a quarter calls, each of which moves the end of a pause.
  assert.ok(messages.length <= 100, `${messages.length} messages in a second`);
  const notices = messages.flat();
  assert.ok(notices.length <= 50 * (1 + 10), `${notices.length} notices: one opening, a move in 100 ms each`);
});

test("shared health: of one target and kind only the last change is told, and what came last is last", () => {
  const { messages, target } = open();
  const one = target("one");
  const other = target("other");
  const nowMs = performance.now();
  for (let call = 0; call < 5; call += 1) end(one, nowMs, "failed");
  end(other, nowMs, "refused");
  end(one, nowMs + 60_000, "served");
  for (let call = 0; call < 5; call += 1) end(one, nowMs + 60_000, "failed");
  mock.timers.tick(10);
  assert.deepEqual(
    messages.map((message) => message.map(({ key, kind }) => `${key} ${kind}`)),
    [["other cooling", "one closed", "one open"]],
  );
  mock.timers.tick(1_000);
  assert.equal(messages.length, 1);
});

test("shared health: what others tell is taken over and not told again", () => {
  const { shared, messages, target } = open();
  const one = target("one");
  shared.learn([
    { key: "one", kind: "open", forMs: 5_000 },
    { key: "unknown", kind: "open", forMs: 5_000 },
  ]);
  assert.equal(one.describe(performance.now()).state, "open");
  mock.timers.tick(1_000);
  assert.deepEqual(messages, []);
});
