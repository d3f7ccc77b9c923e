import assert from "node:assert/strict";
import { type MicroBench, microBench } from "@headrace/core/testing/micro-bench";
import { countTokens } from "./count-tokens.ts";
import { estimateInputTokens } from "./estimate-input.ts";

const PROSE = 'The miller said: "open the sluice", and the water ran down the headrace to the wheel.\n';
const KIB_OF_PROSE = PROSE.repeat(12).slice(0, 1_024);
const REQUEST = { model: "gpt-4o", messages: [{ role: "user", content: KIB_OF_PROSE }] };

export const benches: readonly MicroBench[] = [
  microBench("exact tokens of 1 KB", () => ({
    run: () => countTokens({ model: "gpt-4o", kind: "text", text: KIB_OF_PROSE }),
    check: ({ count, exact }) => {
      assert.ok(exact);
      assert.ok(count > 200 && count < 300, String(count));
    },
  })),
  microBench("estimated tokens of 1 KB", () => ({
    run: () => estimateInputTokens(REQUEST),
    check: (count) => assert.ok(count > 150 && count < 400, String(count)),
  })),
];
