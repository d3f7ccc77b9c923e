import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { FaultConfig } from "@headrace/core/config/types-traffic";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import fc from "fast-check";
import { readFault, writeFault } from "./fault-header.ts";
import { compileFaults, FaultPlan } from "./fault-plan.ts";

// The same cases in every run; another seed tries others.
fc.configureGlobal({ seed: Number(process.env.FAST_CHECK_SEED ?? 20_260_101) });

const events = fc.integer({ min: 1, max: 1_000_000 });
const milliseconds = fc.integer({ min: 1, max: 3_600_000 });
const faults: fc.Arbitrary<FaultConfig> = fc.oneof(
  fc.record(
    {
      fault: fc.constant("status" as const),
      status: fc.integer({ min: 400, max: 599 }),
      retryAfterMs: milliseconds,
    },
    { requiredKeys: ["fault", "status"] },
  ),
  fc.record({ fault: fc.constant("latency" as const), latencyMs: milliseconds }),
  fc.record(
    { fault: fc.constantFrom("stall" as const, "cut" as const, "malformed" as const), afterEvents: events },
    { requiredKeys: ["fault"] },
  ),
  fc.record({ fault: fc.constant("error-in-200" as const) }),
);

describe("the header of a fault", () => {
  it("is read as it was written, whatever the blanks and the order", () => {
    fc.assert(
      fc.property(faults, fc.constantFrom(undefined, "openai"), fc.boolean(), (fault, provider, tight) => {
        const [name, ...parameters] = writeFault(fault).split("; ");
        const all = [...(provider === undefined ? [] : [`provider=${provider}`]), ...parameters];
        const header = [name, ...all].join(tight ? ";" : " ;  ");
        const expected = { ...fault, ...(provider === undefined ? {} : { provider }), share: 1 };
        assert.deepEqual(readFault(header), expected);
      }),
    );
  });

  it("is read or refused, and never anything else", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(..."status=;503 cutevns-afr,") }), (header) => {
        try {
          assert.equal(readFault(header).share, 1);
        } catch (error) {
          assert.ok(error instanceof GatewayError && error.code === "invalid_override");
        }
      }),
    );
  });
});

describe("FaultPlan", () => {
  const place = { provider: "openai", model: "chat" };
  const cut = { fault: "cut", share: 1 } as const;

  it("takes the first rule that fits", () => {
    const plan = new FaultPlan([
      { ...cut, provider: "other" },
      { ...cut, model: "other" },
      { fault: "stall", share: 1, provider: "openai", model: "chat" },
      cut,
    ]);
    assert.equal(plan.choose(place, Math.random)?.fault, "stall");
    assert.equal(plan.choose({ ...place, model: "third" }, Math.random)?.fault, "cut");
    assert.equal(new FaultPlan([{ ...cut, provider: "other" }]).choose(place, Math.random), null);
  });

  it("asks the dice for each rule whose share is less than all", () => {
    const plan = new FaultPlan([
      { ...cut, share: 0.25 },
      { fault: "stall", share: 0.5 },
    ]);
    const dice = (...values: number[]): (() => number) => {
      return () => values.shift() ?? assert.fail("too many throws");
    };
    assert.equal(plan.choose(place, dice(0.24))?.fault, "cut");
    assert.equal(plan.choose(place, dice(0.25, 0.49))?.fault, "stall");
    assert.equal(plan.choose(place, dice(0.25, 0.5)), null);
    assert.equal(new FaultPlan([{ ...cut, share: 0 }]).choose(place, dice(0)), null);
  });

  it("is none where faults are not enabled", () => {
    assert.equal(compileFaults({ enabled: false, rules: [cut] }), null);
  });
});
