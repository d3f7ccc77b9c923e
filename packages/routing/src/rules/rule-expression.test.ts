import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { CallFacts } from "../route.ts";
import { FACTS } from "../testing.ts";
import { parseRule } from "./rule-expression.ts";
import { RuleFault, UndecidedRule } from "./rule-fault.ts";

const seed = Number(process.env.FAST_CHECK_SEED ?? 20_260_101);

/** Saturday, 12:34:56 UTC. */
const SATURDAY_MS = Date.UTC(2026, 7, 1, 12, 34, 56);

const CALL: CallFacts = {
  ...FACTS,
  model: "gpt-4o",
  endpoint: "/v1/chat/completions",
  keyName: "ci",
  tags: ["batch", "eu"],
  stream: true,
  inputTokens: 12_000.5,
  wallMs: SATURDAY_MS,
  header: (name) => (name === "x-team" ? "search" : ""),
  body: {
    n: 1,
    temperature: 0.5,
    max_tokens: 4_096,
    store: true,
    nothing: null,
    metadata: { tier: "gold", "a-b": "c" },
    messages: [
      { role: "system", content: "You are terse." },
      { role: "user", content: [{ type: "text", text: "hi" }, { type: "image_url" }] },
    ],
  },
};

const HOLDS: readonly string[] = [
  'model == "gpt-4o"',
  'model.startsWith("gpt-") && model.endsWith("4o") && model.contains("-4")',
  'model.matches("^gpt-[0-9]o$")',
  'model.matches(r"^gpt-\\d")',
  'headers["x-team"] == "search"',
  'headers["X-Team"] == "search"',
  '"x-team" in headers',
  '!("x-other" in headers)',
  'headers["x-other"] == ""',
  "headers.accept == ''",
  "!has(headers.accept)",
  'headers["x-team"].size() == 6',
  'key == "ci"',
  '"batch" in tags && size(tags) == 2',
  'tags.exists(tag, tag == "eu") && tags.all(tag, tag != "us")',
  'tags.map(tag, tag + "!") == ["batch!", "eu!"]',
  'tags.filter(tag, tag.startsWith("e")) == ["eu"]',
  'tags.exists_one(tag, tag == "eu")',
  "tokens == 12000",
  "tokens > 8000 && tokens <= 12000 && tokens / 1000 == 12",
  "stream",
  "!stream ? false : true",
  'endpoint == "/v1/chat/completions"',
  "hour == 12 && minute == 34 && weekday == 6",
  "hour >= 8 && hour < 18",
  "body.n == 1",
  "body.max_tokens > 1000",
  "body.temperature < 1",
  "body.n + 1.0 == 2.0",
  "int(body.max_tokens) % 2 == 0",
  "body.store",
  "body.nothing == null",
  'body.metadata.tier in ["gold", "silver"]',
  'body.metadata["a-b"] == "c"',
  "has(body.metadata.tier) && !has(body.metadata.team) && !has(body.tools)",
  '"tier" in body.metadata',
  "size(body.messages) == 2",
  'body.messages[0].role == "system"',
  'body.messages.exists(m, m.role == "user")',
  'body.messages.exists(m, m.role == "user" && m.content.exists(part, part.type == "image_url"))',
  'body.messages.filter(m, m.role == "user").size() == 1',
  'body.metadata.exists(name, name == "tier")',
  "type(body.n) == double && type(body.metadata) == map",
  '{"gpt-4o": true}[model]',
  '"a,b".split(",") == ["a", "b"]',
  'model.upperAscii().lowerAscii().trim().substring(0, 3) == "gpt"',
  'model.indexOf("4") == 4 && model.lastIndexOf("o") == 5',
  "-tokens < -1 && !(tokens < 1)",
  "1 < 2 || body.missing",
  "true",
  'body.metadata.tier == "gold" || headers["x-team"] == "ads" && false',
];

for (const text of HOLDS) {
  test(`rule: ${text}`, () => {
    const rule = parseRule(text);
    assert.equal(rule.evaluate(CALL), true);
    assert.equal(rule.evaluate(CALL), true, "again");
  });
  test(`rule: not ${text}`, () => assert.equal(parseRule(`!(${text})`).evaluate(CALL), false));
}

const REFUSED: readonly (readonly [text: string, words: RegExp])[] = [
  ["", /^1:1: /],
  ["model ==", /^1:9: the rule ends where something must follow$/],
  ["true &&\n  (model", /^2:9: /],
  ["modle == 'a'", /^1:1: Unknown variable: modle$/],
  ["true && modle == 'a'", /^1:9: Unknown variable: modle$/],
  ["model > 1", /^1:1: no such overload: string > int$/],
  ["tokens", /^1:1: gives int, not true or false$/],
  ["'true'", /^1:1: gives string, not true or false$/],
  ["tokens > 1 ? 'a' : 'b'", /^1:1: gives string/],
  ["headers.size() > 1", /^1:1: headers are read by name/],
  ["headers == {}", /headers are read by name/],
  ["headers[model] == ''", /headers are read by name/],
  ["headers.exists(name, name == 'a')", /headers are read by name/],
  ["model in headers", /headers are read by name/],
  ["headers['a b'] == ''", /no header has such a name/],
  ["model.matches(key)", /^1:15: matches\(\) takes a pattern written in quotes$/],
  ["model.matches('(')", /^1:15: error parsing regexp: missing closing \)/],
  ["model.matches('(?=a)')", /^1:15: error parsing regexp/],
  [`model.matches('${"a".repeat(600)}')`, /more than 512 characters/],
  ["b'{}'.json() == body", /json\(\) is not taken/],
  ["cel.bind(x, body, x.n == 1)", /bind\(\) is not taken/],
  ["timestamp('2026-01-01T00:00:00Z') < timestamp(0)", /the function timestamp\(\) is not taken/],
  ["body.messages.exists(m, body.n == 1)", /^1:25: body is not to be had in a macro/],
  ["body.messages.exists(m, m.content.exists(p, p.role == m.role))", /^1:55: "m" is not to be had/],
  ["tags.exists(body, body == 'a')", /^1:13: "body" stands for something of the call/],
  ["tags.exists(t)", /./],
  ["nothing()", /./],
  ["headerOf('a') == ''", /./],
  ["withinSteps(body).exists(m, true)", /./],
  [`${"(".repeat(100)}true${")".repeat(100)}`, /./],
  [`${"!".repeat(1_000)}true`, /./],
  [new Array(1_000).fill("true").join(" && "), /./],
  [`model == '${"a".repeat(5_000)}'`, /has more than 4096 characters/],
];

for (const [text, words] of REFUSED) {
  test(`rule: refuses ${text.slice(0, 60)}`, () => {
    assert.throws(
      () => parseRule(text),
      (error) => error instanceof RuleFault && words.test(error.message) && /^\d+:\d+: ./.test(error.message),
    );
  });
}

/** Of what is asked of it. */
const UNDECIDED: readonly (readonly [text: string, body: unknown, words: string])[] = [
  ["body.missing == 1", {}, "no such key"],
  ["body.a.b", { a: 1 }, "no such key"],
  ["body.a", { a: "secret" }, "gives neither true nor false"],
  ["body.constructor == 1", {}, "no such key"],
  ["body.__proto__ == 1", {}, "no such key"],
  ["body.a.constructor == 1", { a: "text" }, "no such key"],
  ["bool(body.a)", { a: "secret" }, "bool conversion error"],
  ["int(body.a) == 1", { a: "secret" }, "int conversion error"],
  ["body.a + 1 == 2", { a: "secret" }, "no such overload"],
  ["body.a.startsWith('x')", { a: 1 }, "no matching overload"],
  ["body.a.matches('x')", { a: 1 }, "no matching overload"],
  ["body.a[5] == 1", { a: [1] }, "index out of bounds"],
  ["1 / int(body.a) == 1", { a: 0 }, "division by zero"],
  ["body.n == 1", null, "no such key"],
  ["body.a.exists(x, x.y == 1)", { a: [1, 2, 3] }, "no such key"],
  ["body.a.all(x, x == 0)", { a: new Array(10_001).fill(0) }, "there are more than 10000 items to look at"],
  [
    "body.a.map(x, x.map(y, y)).size() > 0",
    { a: new Array(200).fill(new Array(200).fill(0)) },
    "there are more than 10000 items to look at",
  ],
  [
    "body.a.exists(x, x.exists(y, y == 1))",
    { a: new Array(200).fill(new Array(200).fill(0)) },
    "there are more than 10000 items to look at",
  ],
  ["body.a.split(',').size() > 0", { a: ",".repeat(100_000) }, "split() takes no more than 65536 characters"],
  [
    "body.a.matches('(a{1,50}){1,20}$')",
    { a: "a".repeat(1_000) },
    "matches() reads no more than 489 characters here",
  ],
];

for (const [text, body, words] of UNDECIDED) {
  test(`rule: cannot tell ${text} of ${JSON.stringify(body).slice(0, 40)}`, () => {
    const rule = parseRule(text);
    assert.throws(
      () => rule.evaluate({ ...CALL, body }),
      (error) => error instanceof UndecidedRule && error.message === words,
    );
    assert.throws(() => rule.evaluate({ ...CALL, body }), UndecidedRule, "again");
  });
}

test("rule: after one that could not tell, stacks are as deep as before", () => {
  const { stackTraceLimit } = Error;
  assert.throws(() => parseRule("body.missing").evaluate(CALL));
  assert.equal(Error.stackTraceLimit, stackTraceLimit);
});

const NEEDS: readonly (readonly [text: string, headers: readonly string[], body: boolean])[] = [
  ["model == 'a' && tokens > 1", [], false],
  ["headers['X-B'] == '' || has(headers.a) || 'c' in headers", ["a", "c", "x-b"], false],
  ["tags.exists(t, t == headers['x-team'])", ["x-team"], false],
  ["has(body.tools)", [], true],
  ["model == 'body' || key == 'headers'", [], false],
  ["tags.exists(t, t == 'a') && size(body.messages) > 3", [], true],
];

for (const [text, headers, body] of NEEDS) {
  test(`rule: what ${text} needs`, () => assert.deepEqual(parseRule(text).needs, { headers, body }));
}

test("rule: reads only what it asks for", () => {
  const untouchable = new Proxy(CALL, {
    get(facts, name) {
      if (name !== "model") throw new Error(`read ${String(name)}`);
      return Reflect.get(facts, name);
    },
  });
  assert.equal(parseRule("model == 'gpt-4o' || body.n == 1 || hour == 1").evaluate(untouchable), true);
});

test("rule: the days of the week begin with Sunday", () => {
  for (const [weekday, day] of [2, 3, 4, 5, 6, 7, 8].entries()) {
    const wallMs = Date.UTC(2026, 7, day, 23, 59);
    assert.equal(
      parseRule(`weekday == ${weekday} && hour == 23 && minute == 59`).evaluate({ ...CALL, wallMs }),
      true,
    );
  }
});

test("rule: no pattern and no text stop the clock", () => {
  const texts = ["a".repeat(60_000), `${"a".repeat(60_000)}!`, "x".repeat(1_000_000)];
  for (const pattern of ["(a+)+$", "^(a|a)*b$", "(a*)*c", "(.*)*x", "([ab]*a[ab]{200})$"]) {
    const rule = parseRule(`body.a.matches("${pattern}")`);
    for (const a of texts) {
      const startedMs = performance.now();
      try {
        rule.evaluate({ ...CALL, body: { a } });
      } catch (error) {
        assert.ok(error instanceof UndecidedRule);
      }
      const tookMs = performance.now() - startedMs;
      assert.ok(tookMs < 1_000, `${pattern} took ${tookMs} ms`);
    }
  }
});

test("rule: whatever is written, it is read or refused with a place", () => {
  const words = [
    "model",
    "body",
    "headers",
    "tags",
    ".",
    "[",
    "]",
    "(",
    ")",
    "a",
    "'a'",
    "1",
    "&&",
    "==",
    "in",
    "!",
    "exists",
    ",",
    "has",
    "matches",
    " ",
    "?",
    ":",
    "{",
    "}",
    "\\",
  ];
  const text = fc.oneof(
    fc.string(),
    fc.array(fc.constantFrom(...words), { maxLength: 14 }).map((parts) => parts.join("")),
  );
  fc.assert(
    fc.property(text, (written) => {
      try {
        parseRule(written);
      } catch (error) {
        assert.ok(error instanceof RuleFault, `${written}: ${error}`);
      }
    }),
    { seed, numRuns: 3_000 },
  );
});

test("rule: whatever the body is, it holds, does not hold, or cannot tell", () => {
  const rules = [
    "body.messages.exists(m, m.role == 'user')",
    "size(body.messages) > 2 && body.messages[0].content.contains('a')",
    "has(body.metadata.tier) ? body.metadata.tier == 'a' : false",
    "body.a in body.b || body.a == body.b",
    "body.messages.all(m, m.content.matches('^a'))",
  ].map(parseRule);
  const inner = fc.oneof(
    fc.jsonValue(),
    fc.string(),
    fc.array(fc.record({ role: fc.jsonValue(), content: fc.jsonValue() })),
  );
  const bodies = fc.oneof(
    fc.jsonValue(),
    fc.record({ messages: inner, metadata: inner, a: inner, b: inner }, { requiredKeys: [] }),
  );
  fc.assert(
    fc.property(bodies, (body) => {
      for (const rule of rules) {
        try {
          assert.equal(typeof rule.evaluate({ ...CALL, body }), "boolean");
        } catch (error) {
          assert.ok(error instanceof UndecidedRule, `${error}`);
        }
      }
    }),
    { seed, numRuns: 1_000 },
  );
});
