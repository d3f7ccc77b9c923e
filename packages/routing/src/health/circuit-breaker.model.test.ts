import assert from "node:assert/strict";
import { test } from "node:test";
import type { BreakerConfig } from "@headrace/core/config/types-routing";
import fc from "fast-check";
import { CircuitBreaker, type CircuitState, type TryOutcome } from "./circuit-breaker.ts";

/** The breaker against a plain model of it, over random orders of calls, ends and time. */

const seed = Number(process.env.FAST_CHECK_SEED ?? 20_260_101);

const CONFIG: BreakerConfig = {
  enabled: true,
  consecutiveFailures: 3,
  failureShare: 0.5,
  minCalls: 6,
  windowMs: 1_000,
  openMs: 500,
  maxOpenMs: 4_000,
};
const CHANCE = 0.5;
/** With this chance. */
const JITTER = 0.9;
const PROBE_MS = 60_000;
/** A fifth of the time that it opens for, at that chance. */
const EARLY_MS = 100;

interface Sent {
  /** As the breaker gave it. */
  readonly mark: number;
  /** Which closed period or which probe it belongs to; 0 = neither. */
  readonly era: number;
}

interface Model {
  nowMs: number;
  state: CircuitState;
  untilMs: number;
  era: number;
  underWay: Sent[];
  ends: { readonly tenth: number; readonly failed: boolean }[];
  failuresInRow: number;
  doublings: number;
  closedAtMs: number;
  /** Before this no call goes out early. */
  earlyAtMs: number;
  /** The probe under way went out early. */
  isEarly: boolean;
}

function stateOf(model: Model): CircuitState {
  return model.state === "open" && model.nowMs >= model.untilMs ? "half-open" : model.state;
}

function trip(model: Model): void {
  const wholeMs = Math.min(CONFIG.maxOpenMs, CONFIG.openMs * 2 ** model.doublings);
  model.state = "open";
  model.untilMs = model.nowMs + wholeMs * JITTER;
  model.earlyAtMs = model.nowMs + EARLY_MS;
}

function close(model: Model): void {
  Object.assign(model, { state: "closed", untilMs: 0, ends: [], failuresInRow: 0, closedAtMs: model.nowMs });
}

function endInClosed(model: Model, failed: boolean): void {
  const tenth = Math.floor(model.nowMs / (CONFIG.windowMs / 10));
  model.ends.push({ tenth, failed });
  model.failuresInRow = failed ? model.failuresInRow + 1 : 0;
  const recent = model.ends.filter((end) => end.tenth > tenth - 10);
  const share = recent.filter((end) => end.failed).length / recent.length;
  const often = recent.length >= CONFIG.minCalls && share >= CONFIG.failureShare;
  if (!failed || !(often || model.failuresInRow >= CONFIG.consecutiveFailures)) return;
  model.doublings = model.nowMs - model.closedAtMs < CONFIG.maxOpenMs ? model.doublings + 1 : 0;
  trip(model);
}

function check(model: Model, breaker: CircuitBreaker): void {
  assert.equal(breaker.state(model.nowMs), stateOf(model));
  assert.equal(breaker.untilMs, model.untilMs);
  assert.equal(breaker.probing(model.nowMs), model.state === "half-open" && model.nowMs < model.untilMs);
}

class Pass implements fc.Command<Model, CircuitBreaker> {
  readonly #ms: number;
  constructor(ms: number) {
    this.#ms = ms;
  }
  check = (): boolean => true;
  run(model: Model, breaker: CircuitBreaker): void {
    model.nowMs += this.#ms;
    check(model, breaker);
  }
  toString = (): string => `pass(${this.#ms})`;
}

class Send implements fc.Command<Model, CircuitBreaker> {
  check = (): boolean => true;
  run(model: Model, breaker: CircuitBreaker): void {
    const mark = breaker.onSent(model.nowMs);
    let era = model.state === "closed" ? model.era : 0;
    if (model.state !== "closed" && model.nowMs >= model.untilMs) {
      model.era += 1;
      era = model.era;
      model.state = "half-open";
      model.isEarly = false;
      model.untilMs = model.nowMs + PROBE_MS;
    }
    model.underWay.push({ mark, era });
    assert.equal(mark === 0, era === 0, "counts exactly when closed or a probe");
    check(model, breaker);
  }
  toString = (): string => "send";
}

class Early implements fc.Command<Model, CircuitBreaker> {
  check = (): boolean => true;
  run(model: Model, breaker: CircuitBreaker): void {
    const { nowMs, state, untilMs, earlyAtMs } = model;
    const may = state === "open" && nowMs < untilMs && nowMs >= earlyAtMs;
    assert.equal(breaker.mayAskEarly(nowMs), may);
    if (!may) return;
    breaker.grantEarly(nowMs);
    assert.equal(breaker.mayAskEarly(nowMs), false, "one at a time");
    model.era += 1;
    Object.assign(model, { state: "half-open", isEarly: true, earlyAtMs: nowMs + EARLY_MS });
    model.underWay.push({ mark: breaker.onSent(nowMs), era: model.era });
    check(model, breaker);
  }
  toString = (): string => "early";
}

class FirstByte implements fc.Command<Model, CircuitBreaker> {
  readonly #pick: number;
  constructor(pick: number) {
    this.#pick = pick;
  }
  check = (model: Readonly<Model>): boolean => model.underWay.length > 0;
  run(model: Model, breaker: CircuitBreaker): void {
    const sent = model.underWay[this.#pick % model.underWay.length];
    assert.ok(sent);
    const closes = model.state === "half-open" && sent.era === model.era;
    assert.equal(breaker.onFirstByte(model.nowMs, sent.mark), closes);
    if (closes) close(model);
    check(model, breaker);
  }
  toString = (): string => `firstByte(${this.#pick})`;
}

class End implements fc.Command<Model, CircuitBreaker> {
  readonly #pick: number;
  readonly #outcome: TryOutcome;
  constructor(pick: number, outcome: TryOutcome) {
    this.#pick = pick;
    this.#outcome = outcome;
  }
  check = (model: Readonly<Model>): boolean => model.underWay.length > 0;
  run(model: Model, breaker: CircuitBreaker): void {
    const [sent] = model.underWay.splice(this.#pick % model.underWay.length, 1);
    assert.ok(sent);
    const before = model.state;
    const wasEarly = model.isEarly && model.nowMs < model.untilMs;
    const counts = sent.era === model.era && before !== "open";
    const decides = this.#outcome === "served" || this.#outcome === "failed";
    if (counts && before === "closed" && decides) endInClosed(model, this.#outcome === "failed");
    else if (counts && before === "half-open") this.#endProbe(model);
    const changed = breaker.onEnded(model.nowMs, sent.mark, this.#outcome);
    assert.equal(
      changed,
      model.state === before || (wasEarly && model.state === "open") ? null : model.state,
    );
    check(model, breaker);
  }
  #endProbe(model: Model): void {
    if (this.#outcome === "served") close(model);
    else if (model.isEarly && model.nowMs < model.untilMs) model.state = "open";
    else if (this.#outcome === "failed") {
      model.doublings += 1;
      trip(model);
    } else model.untilMs = model.nowMs;
  }
  toString = (): string => `end(${this.#pick}, ${this.#outcome})`;
}

class Told implements fc.Command<Model, CircuitBreaker> {
  readonly #forMs: number;
  constructor(forMs: number) {
    this.#forMs = forMs;
  }
  check = (): boolean => true;
  run(model: Model, breaker: CircuitBreaker): void {
    if (this.#forMs === 0) {
      breaker.close(model.nowMs);
      if (model.state !== "closed") {
        model.era += 1;
        close(model);
      }
    } else {
      breaker.openFor(model.nowMs, this.#forMs);
      if (model.state !== "half-open") {
        if (model.state === "closed") model.earlyAtMs = model.nowMs + EARLY_MS;
        model.state = "open";
        model.untilMs = Math.max(model.untilMs, model.nowMs + this.#forMs);
      }
    }
    check(model, breaker);
  }
  toString = (): string => `told(${this.#forMs})`;
}

const PICK = fc.nat(9);
const OUTCOME = fc.constantFrom<TryOutcome>("served", "failed", "failed", "failed", "refused", "abandoned");
const SEND = fc.constant(new Send());
const COMMANDS = [
  SEND,
  SEND,
  fc.constant(new Early()),
  fc.oneof(fc.nat(120), fc.nat(5_000), fc.constant(PROBE_MS)).map((ms) => new Pass(ms)),
  PICK.map((pick) => new FirstByte(pick)),
  fc.tuple(PICK, OUTCOME).map(([pick, outcome]) => new End(pick, outcome)),
  fc.tuple(PICK, OUTCOME).map(([pick, outcome]) => new End(pick, outcome)),
  fc.constantFrom(0, 300, 2_000).map((forMs) => new Told(forMs)),
];

test("breaker: does as its model in any order of calls, ends, notices and time", (context) => {
  context.diagnostic(`fast-check seed ${seed}`);
  const seen = new Set<CircuitState>();
  fc.assert(
    fc.property(fc.commands(COMMANDS, { maxCommands: 120, size: "max" }), (commands) => {
      const model: Model = {
        nowMs: 0,
        state: "closed",
        untilMs: 0,
        era: 1,
        underWay: [],
        ends: [],
        failuresInRow: 0,
        doublings: 0,
        closedAtMs: Number.NEGATIVE_INFINITY,
        earlyAtMs: 0,
        isEarly: false,
      };
      fc.modelRun(() => ({ model, real: new CircuitBreaker(CONFIG, () => CHANCE) }), commands);
      seen.add(model.state);
    }),
    { seed, numRuns: 1_000 },
  );
  assert.deepEqual([...seen].sort(), ["closed", "half-open", "open"], "all states were reached");
});
