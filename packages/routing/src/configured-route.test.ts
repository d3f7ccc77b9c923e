import assert from "node:assert/strict";
import { test } from "node:test";
import { type ConfigResult, loadConfig } from "@headrace/core/config/load";
import { formatConfigProblem } from "@headrace/core/config/problem";
import { compileRoute } from "./compile-route.ts";
import { ruleFault } from "./rules/lazy-rules.ts";
import { TestCall, TestTarget } from "./testing.ts";

/** Configurations as users write them, from their text to a choice. */
const TEXT = `providers: { p: { adapter: mock } }
models:
  chat:
    strategy:
      type: rules
      rules:
        - { when: 'headers["x-team"] == "search" && tokens < 4000', use: small }
        - { when: 'body.messages.exists(m, m.role == "tool")', use: 2 }
      otherwise: 0
    targets:
      - { model: spread }
      - { provider: p, model: tiny, name: small }
      - strategy: { type: sticky, by: conversation }
        targets: [{ provider: p, model: t1 }, { provider: p, model: t2, weight: 3 }]
  spread:
    strategy: { type: fallback }
    targets:
      - { strategy: { type: weighted }, targets: [{ provider: p, model: a, weight: 3 }, { provider: p, model: b }] }
      - { provider: p, model: spare }
keys: [{ name: ci, key: sk-12345678 }]
`;

function load(text: string): ConfigResult {
  return loadConfig(text, { file: "headrace.yaml", env: {}, checkRule: ruleFault, acceptNotBuilt: true });
}

test("configured route: groups, other models and rules as they are written", () => {
  const result = load(TEXT);
  assert.ok(result.ok, result.ok ? "" : result.problems.map(formatConfigProblem).join("\n"));
  const { models } = result.config;
  assert.ok(models.chat !== undefined);
  const { node, targets, needs, warnings } = compileRoute(models.chat, {
    models,
    leaf: ({ model }, index) => new TestTarget(index, model),
  });
  assert.deepEqual(
    targets.map(({ model }) => model),
    ["a", "b", "spare", "tiny", "t1", "t2"],
  );
  assert.deepEqual(needs, { headers: ["x-team"], body: true });
  assert.deepEqual(warnings, []);
  const searching = new TestCall(undefined, { header: () => "search", inputTokens: 3_999 });
  assert.equal(node.pick(searching)?.model, "tiny");
  const withTools = new TestCall(undefined, { body: { messages: [{ role: "tool" }], user: "u" } });
  assert.match(node.pick(withTools)?.model ?? "", /^t[12]$/);
  assert.match(node.pick(new TestCall(undefined, { body: { messages: [] } }))?.model ?? "", /^[ab]$/);
  assert.equal(node.pick(new TestCall(undefined, { body: {} }).refuse("a", "b"))?.model, "spare");
});

test("configured route: a rule that cannot be is refused with its line", () => {
  const result = load(TEXT.replace("tokens < 4000", "tokens < model"));
  assert.deepEqual(result.ok ? [] : result.problems.map(formatConfigProblem), [
    "headrace.yaml:7:19 models.chat.strategy.rules[0].when: is not a rule that can be read: 1:34: no such overload: int < string",
  ]);
});
