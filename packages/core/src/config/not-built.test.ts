import assert from "node:assert/strict";
import { test } from "node:test";
import { configMarkdown } from "./docs.ts";
import { markNotBuilt, NOT_BUILT } from "./not-built.ts";
import { configText, problemLines } from "./testing.ts";

const KEYS = [...NOT_BUILT].filter((name) => !name.includes(" ") && !name.includes("="));
const STRATEGIES = [...NOT_BUILT].filter((name) => name.startsWith("models.<name>.strategy.type="));

/** A configuration with something at this key. */
function textWith(key: string): string {
  const path = key
    .replace("models.<name>", "models.m")
    .replace("providers.<name>", "providers.mock")
    .replaceAll("[]", ".0")
    .split(".");
  const root: object = {
    providers: { mock: { adapter: "mock" } },
    models: { m: { targets: [{ provider: "mock", model: "x" }] } },
    keys: [{ name: "ci", key: "sk-12345678" }],
  };
  let holder = root;
  for (const name of path.slice(0, -1)) {
    const inner: unknown = Reflect.get(holder, name) ?? {};
    assert.ok(typeof inner === "object" && inner !== null);
    Reflect.set(holder, name, inner);
    holder = inner;
  }
  Reflect.set(holder, path.at(-1) ?? "", { wrong: true });
  return JSON.stringify(root);
}

for (const key of KEYS) {
  test(`config, not built: ${key} is refused, whatever is in it, and its page says so`, () => {
    const lines = problemLines(textWith(key));
    assert.equal(lines.length, 1, lines.join("\n"));
    const name = key.slice(key.lastIndexOf(".") + 1);
    assert.ok(lines[0]?.endsWith(`: "${name}" is not built yet in this version; remove it`), lines[0]);
    const row = configMarkdown()
      .split("\n")
      .find((line) => line.startsWith(`| \`${key}\` |`));
    assert.match(row ?? "", /\| {2}\| {2}\| Not built yet\. /);
  });
}

for (const value of STRATEGIES) {
  const type = value.slice(value.indexOf("=") + 1);
  test(`config, not built: the strategy ${type} is refused`, () => {
    const models = `models: { m: { strategy: { type: ${type} }, targets: [{ provider: mock, model: x }] } }`;
    const [line, ...others] = problemLines(configText({ models }));
    assert.deepEqual(others, []);
    assert.match(line ?? "", new RegExp(`"${type}" is not built yet in this version; use single or `));
  });
}

if (NOT_BUILT.has("models.<name with *>")) {
  test("config, not built: a name with a * is refused", () => {
    const models = "models: { m*: { targets: [{ provider: mock, model: x }] } }";
    assert.deepEqual(problemLines(configText({ models })), [
      'headrace.yaml:2:11 models["m*"]: names with a * are not built yet in this version',
    ]);
  });
}

if (NOT_BUILT.has("models.<name>.targets[] without provider")) {
  test("config, not built: a target without a provider is refused", () => {
    const models = "models: { m: { targets: [{ model: x }] } }";
    assert.deepEqual(problemLines(configText({ models })), [
      'headrace.yaml:2:26 models.m.targets[0].provider: the key "provider" is missing (One of the names under providers.)',
    ]);
  });
}

test("config, not built: keys, items, entries, values and parts are marked, and nothing else", () => {
  const text = { type: "string" } as const;
  const marked = markNotBuilt(
    {
      properties: { list: { items: { properties: { a: text, b: text } } }, other: text },
      additionalProperties: { properties: { a: text } },
      $defs: { target: { properties: { kind: { enum: ["x", "y"] } } } },
    },
    new Set(["list[].a", "<name>.a", "models.<name>.targets[].kind=y"]),
  );
  assert.deepEqual(marked, {
    properties: {
      list: { items: { properties: { a: { ...text, "x-not-built": true }, b: text } } },
      other: text,
    },
    additionalProperties: { properties: { a: { ...text, "x-not-built": true } } },
    $defs: { target: { properties: { kind: { enum: ["x", "y"], "x-not-built-values": ["y"] } } } },
  });
});
