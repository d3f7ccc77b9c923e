import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Deadlined } from "../time/deadlines.ts";
import { StallGuard } from "./stall-guard.ts";

const STALL = { minTokensPerSecond: 10, afterMs: 1_000 };

/** A guard whose time passes as a test says, over a stream that writes so many tokens in each 50 ms. */
class Watched {
  readonly guard: StallGuard;
  readonly #items = new Set<Deadlined>();
  nowMs = 0;
  tokens = 0;
  stalledAtMs: number | null = null;

  constructor() {
    const watched = this;
    this.guard = new StallGuard({
      stall: STALL,
      deadlines: {
        get nowMs() {
          return watched.nowMs;
        },
        add: (item) => this.#items.add(item),
        delete: (item) => this.#items.delete(item),
      },
      outputTokens: () => this.tokens,
      onStalled: () => {
        this.stalledAtMs = this.nowMs;
      },
    });
  }

  pass(ms: number, tokensPerSecond: number): this {
    for (let passed = 0; passed < ms; passed += 50) {
      this.nowMs += 50;
      this.tokens += tokensPerSecond / 20;
      for (const item of this.#items) if (item.deadlineAtMs <= this.nowMs) item.onDeadline();
    }
    return this;
  }

  get isWatching(): boolean {
    return this.#items.size > 0;
  }
}

describe("StallGuard", () => {
  it("lets a stream go on at the pace that is asked for", () => {
    assert.equal(new Watched().pass(20_000, 10).stalledAtMs, null);
  });

  it("ends one that is slower for as long as may be, a quarter of it late at most", () => {
    const watched = new Watched().pass(3_000, 40);
    const { stalledAtMs } = watched.pass(3_000, 5);
    assert.ok(stalledAtMs !== null);
    assert.ok(stalledAtMs > 4_000 - 500 && stalledAtMs <= 4_250, `${stalledAtMs}`);
    assert.ok(!watched.isWatching);
  });

  it("forgives a pause that is made up for", () => {
    const watched = new Watched();
    for (let turn = 0; turn < 10; turn++) watched.pass(700, 0).pass(300, 100);
    assert.equal(watched.stalledAtMs, null);
  });

  it("does not blame the provider for a client that takes no more", () => {
    const watched = new Watched().pass(900, 0);
    watched.guard.pause();
    watched.pass(10_000, 0);
    assert.equal(watched.stalledAtMs, null);
    watched.guard.restart();
    assert.equal(watched.pass(950, 0).stalledAtMs, null, "it starts anew");
    assert.ok(watched.pass(300, 0).stalledAtMs !== null);
  });

  it("is silent once it is stopped", () => {
    const watched = new Watched();
    watched.guard.stop();
    assert.equal(watched.pass(10_000, 0).stalledAtMs, null);
    assert.ok(!watched.isWatching);
  });
});
