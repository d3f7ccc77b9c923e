import assert from "node:assert/strict";
import { test } from "node:test";
import { keys, models, problemLines, providers, rest } from "./testing.ts";

const SECRET = "sk-live-4242424242";

/** Every place where a secret may stand, rightly or by mistake, in a configuration that is wrong there. */
const LEAKS: readonly string[] = [
  providers(`providers: { mock: { adapter: openai, apiKey: "${SECRET} " } }`),
  providers(`providers: { mock: { adapter: openai, apiKey: [${SECRET}] } }`),
  providers(`providers: { mock: { adapter: openai-compatible, baseUrl: "https://user:${SECRET}@x" } }`),
  providers("providers: { mock: { adapter: ${SECRET} } }"),
  providers("providers: { mock: ${SECRET} }"),
  models("models: { m: { targets: [{ provider: ${SECRET}, model: x }] } }"),
  models("models: { m: { strategy: { type: ${SECRET} }, targets: [] } }"),
  models(
    "models: { m: { targets: [{ provider: mock, model: x }], shadow: { target: { provider: ${SECRET}, model: x } } } }",
  ),
  models("models: { m: { targets: [{ model: ${SECRET} }] } }"),
  models(
    "models: { m: { targets: [{ strategy: { type: single }, targets: [{ provider: ${SECRET}, model: x }] }] } }",
  ),
  models("models: { m: { targets: [{ provider: mock, model: x }], fallbacks: { other: ['${SECRET}'] } } }"),
  models(
    "models: { m: { strategy: { type: sticky, by: '${SECRET}', header: ${SECRET} }, targets: [{ provider: mock, model: x }] } }",
  ),
  models(
    "models: { m: { strategy: { type: rules, rules: [{ when: ${SECRET}, use: ${SECRET} }], otherwise: '${SECRET}' }, targets: [{ provider: mock, model: x, name: a }] } }",
  ),
  rest("faults: { rules: [{ fault: ${SECRET}, provider: ${SECRET}, model: ${SECRET} }] }"),
  rest("faults: { rules: [{ fault: cut, provider: ${SECRET}, model: ${SECRET} }] }"),
  keys(`keys: [{ name: a, key: "${SECRET}\u00e9" }]`),
  keys(`keys: ["${SECRET}"]`),
  keys(`keys: [{ name: a, key: ${SECRET} }, { name: b, key: ${SECRET} }]`),
  rest("aliases: { a: ${SECRET} }"),
  rest("listen: { port: ${SECRET} }"),
  rest(`admin: { key: ${SECRET}: x }`),
  rest(`admin: { key: "${SECRET}\\q" }`),
  rest(`admin: { key: "${SECRET}`),
  rest(`admin:\n  key: ${SECRET}\n - x`),
  rest(`aliases: { a: "\${${SECRET}}" }`),
  rest(`redis: { url: "redis://:${SECRET}@x" }`),
];

for (const [index, text] of LEAKS.entries()) {
  for (const acceptNotBuilt of [false, true]) {
    const name = `case ${index}, with what is ${acceptNotBuilt ? "not built" : "built"}`;
    test(`config problem: no message shows a secret, ${name}`, () => {
      const checkRule = (expression: string): string => `1:1: cannot read ${expression}`;
      const lines = problemLines(text, { SECRET }, { acceptNotBuilt, checkRule });
      // The last one is wrong only in what is not built.
      assert.ok(lines.length > 0 || (acceptNotBuilt && text.includes("redis")));
      assert.ok(!lines.join("\n").includes("4242"), lines.join("\n"));
    });
  }
}

test("config problem: aliases cannot blow a small file up", () => {
  const levels = Array.from({ length: 12 }, (_, level) => {
    const previous = level === 0 ? '"x"' : `*l${level - 1}`;
    return `  l${level}: &l${level} [${Array.from({ length: 10 }, () => previous).join(", ")}]`;
  });
  const lines = problemLines(`aliases:\n${levels.join("\n")}\n`);
  assert.equal(lines.filter((line) => line.includes("aliases make this file too large")).length, 1);
});

for (const [name, text] of Object.entries({
  "an alias inside itself": "aliases: &a { x: *a }",
  "20,000 brackets": `aliases: ${"[".repeat(20_000)}${"]".repeat(20_000)}`,
  "100 brackets": `aliases: ${"[".repeat(100)}${"]".repeat(100)}`,
  "5,000 dashes": "- ".repeat(5000),
})) {
  test(`config problem: too deep, ${name}`, () => {
    const lines = problemLines(text);
    assert.equal(lines.filter((line) => line.includes("nested too deeply")).length, 1, lines.join("\n"));
  });
}

test("config problem: a file over 1 MiB", () => {
  assert.deepEqual(problemLines(" ".repeat(1_048_577)), ["headrace.yaml:1:1: the file is larger than 1 MiB"]);
});
