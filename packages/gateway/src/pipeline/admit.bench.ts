import assert from "node:assert/strict";
import { type MicroBench, microBench } from "@headrace/core/testing/micro-bench";
import { openSampleSnapshot, SAMPLE_KEY } from "../testing/sample-snapshot.ts";
import { SilentExchange } from "../testing/silent-exchange.ts";
import { admitModel, authenticate } from "./admit.ts";

export const benches: readonly MicroBench[] = [
  microBench("whose key of 51 it is, and the model that it asks for", () => {
    const { snapshot } = openSampleSnapshot();
    const exchange = new SilentExchange("/v1/chat/completions", { authorization: `Bearer ${SAMPLE_KEY}` });
    return {
      run: () => {
        const identity = authenticate(exchange, snapshot);
        return { key: identity.name, model: admitModel(snapshot, identity, "gpt-4o").name };
      },
      check: (admitted) => assert.deepEqual(admitted, { key: "app", model: "gpt-4o" }),
    };
  }),
];
