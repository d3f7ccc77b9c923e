import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { BodyEdits } from "@headrace/core/provider-adapter";
import fc from "fast-check";
import { jsonTexts } from "../testing/json-text.ts";
import { createBodyEncoder } from "./encode-body.ts";
import { type Plan, planRequest } from "./plan.ts";

// The same cases in every run; another seed tries others.
fc.configureGlobal({ seed: Number(process.env.FAST_CHECK_SEED ?? 20_260_101) });

const EDITS: BodyEdits = { model: "replace", askUsage: true, refused: [], added: "" };

function planned(body: Uint8Array): Plan {
  const path = { model: null, stream: false };
  return planRequest({ endpoint: "chat", body, path, maxDepth: 1000 });
}

function encode(text: string, options: { model?: string; includeUsage?: boolean } = {}): string {
  const body = Buffer.from(text);
  const plan = planned(body);
  const edits = { ...EDITS, askUsage: options.includeUsage ?? true };
  const encoded = createBodyEncoder(options.model ?? plan.model, edits).encode(body, plan);
  return Buffer.from(encoded.body).toString();
}

const MESSAGES = '"messages":[{"role":"user","content":"hi"}]';

describe("a body's encoder", () => {
  for (const [name, before, after] of [
    [
      "adds the option where there is none",
      `{"model":"m","stream":true}`,
      `{"model":"m","stream_options":{"include_usage":true},"stream":true}`,
    ],
    [
      "adds the key to other options",
      `{"model":"m","stream":true,"stream_options":{ "x":1}}`,
      `{"model":"m","stream":true,"stream_options":{"include_usage":true, "x":1}}`,
    ],
    [
      "adds the key to empty options",
      `{"model":"m","stream":true,"stream_options":{ }}`,
      `{"model":"m","stream":true,"stream_options":{"include_usage":true }}`,
    ],
    [
      "turns false into true",
      `{"model":"m","stream":true,"stream_options":{"include_usage" : false}}`,
      `{"model":"m","stream":true,"stream_options":{"include_usage" : true}}`,
    ],
    [
      "turns both of two into true",
      `{"model":"m","stream":true,"stream_options":{"include_usage":true,"include_usage":false}}`,
      `{"model":"m","stream":true,"stream_options":{"include_usage":true,"include_usage":true}}`,
    ],
    [
      "replaces null",
      `{"stream":true,"stream_options":null,"model":"m"}`,
      `{"stream":true,"stream_options":{"include_usage":true},"model":"m"}`,
    ],
    ["leaves a request that does not stream", `{"model":"m","stream":false}`, `{"model":"m","stream":false}`],
    [
      "leaves a request that asks itself",
      `{"model":"m","stream":true,"stream_options":{"include_usage":true}}`,
      `{"model":"m","stream":true,"stream_options":{"include_usage":true}}`,
    ],
  ] as const) {
    it(name, () => {
      const complete = (text: string) => text.replace(/}$/, `,${MESSAGES}}`);
      assert.equal(encode(complete(before)), complete(after));
    });
  }

  it("puts members in where the model is taken out", () => {
    const body = Buffer.from(`{"model":"m",${MESSAGES}}`);
    const edits: BodyEdits = { ...EDITS, model: "remove", added: '"version":"v1"' };
    const encoded = createBodyEncoder("m", edits).encode(body, planned(body));
    assert.equal(Buffer.from(encoded.body).toString(), `{"version":"v1",${MESSAGES}}`);
  });

  it("returns the very same bytes when nothing changes", () => {
    const body = new Uint8Array(Buffer.from(`{"model":"m","stream":true,${MESSAGES}}`));
    const encoder = createBodyEncoder("m", { ...EDITS, askUsage: false });
    assert.equal(encoder.encode(body, planned(body)).body, body);
  });

  for (const [name, edits, before, after, lost] of [
    [
      "takes out what the provider refuses",
      { refused: ["seed", "logit_bias"] },
      '{"model":"m","seed" : 1, "n":1,"logit_bias":{"1":[",}"]} }',
      '{"model":"m", "n":1 }',
      ["seed", "logit_bias"],
    ],
    [
      "takes out every spelling of it",
      { refused: ["seed"] },
      '{"s\\u0065ed":1,"model":"m","seed":2}',
      '{"model":"m"}',
      ["seed", "seed"],
    ],
    [
      "moves the model out and puts members in",
      { model: "remove", added: '"version":"v1"' },
      '{"model":"m"}',
      '{"version":"v1"}',
      [],
    ],
  ] as const) {
    it(name, () => {
      const complete = (text: string) => text.replace("{", `{${MESSAGES},`);
      const body = Buffer.from(complete(before));
      const encoded = createBodyEncoder("m", { ...EDITS, ...edits }).encode(body, planned(body));
      const version = after.startsWith('{"version"') ? '"version":"v1",' : "";
      const rest = after.replace('"version":"v1"', "").slice(1);
      const expected = `{${version}${MESSAGES}${rest === "}" ? "" : ","}${rest}`;
      assert.equal(Buffer.from(encoded.body).toString(), expected);
      assert.deepEqual(encoded.lost, lost);
    });
  }

  const renamed = [
    { from: "max_completion_tokens", to: "max_tokens" },
    { from: "seed", to: "random_seed" },
  ];
  for (const [name, before, after, lost] of [
    [
      "gives fields the names that the provider has for them, and leaves their values",
      '{"model":"m","max_completion_tokens" :\t1e3, "seed":7}',
      '{"model":"m","max_tokens" :\t1e3, "random_seed":7}',
      [],
    ],
    ["sees through an escaped key", '{"s\\u0065ed":1,"model":"m"}', '{"random_seed":1,"model":"m"}', []],
    [
      "leaves fields of those names deeper down",
      '{"x":{"seed":1},"model":"m"}',
      '{"x":{"seed":1},"model":"m"}',
      [],
    ],
    [
      "takes a field out where the provider's own name stands too",
      '{"max_tokens":5,"model":"m","max_completion_tokens":9}',
      '{"max_tokens":5,"model":"m"}',
      ["max_completion_tokens"],
    ],
    [
      "renames beside members that are put in and taken out",
      '{"top_k":1,"seed":7,"model":"m"}',
      '{"random_seed":7,"model":"n"}',
      ["top_k"],
    ],
  ] as const) {
    it(name, () => {
      const body = Buffer.from(before.replace(/}$/, `,${MESSAGES}}`));
      const encoder = createBodyEncoder(after.includes('"n"') ? "n" : "m", {
        ...EDITS,
        refused: ["top_k"],
        renamed,
      });
      const encoded = encoder.encode(body, planned(body));
      assert.equal(Buffer.from(encoded.body).toString(), after.replace(/}$/, `,${MESSAGES}}`));
      assert.deepEqual(encoded.lost, lost);
    });
  }

  it("returns the very same bytes where there is nothing to rename", () => {
    const body = new Uint8Array(Buffer.from(`{"model":"m",${MESSAGES}}`));
    assert.equal(createBodyEncoder("m", { ...EDITS, renamed }).encode(body, planned(body)).body, body);
  });

  it("escapes the model's new name", () => {
    const text = encode(`{"model":"m",${MESSAGES}}`, { model: 'a"b\\c\u0000d\ud800é' });
    assert.equal(JSON.parse(text).model, 'a"b\\c\u0000d\ud800é');
  });

  it("changes nothing else in any body", () => {
    fc.assert(
      fc.property(anyBody, fc.string({ unit: "grapheme" }), fc.boolean(), (text, model, includeUsage) => {
        const encoded = encode(text, { model, includeUsage });
        const before = JSON.parse(text);
        const asks = includeUsage && before.stream === true;
        const expected = { ...before, model };
        if (asks) expected.stream_options = { ...before.stream_options, include_usage: true };
        assert.deepEqual(JSON.parse(encoded), expected);
        assertOnlySpliced(text, encoded, { model, asks });
      }),
      { numRuns: 500 },
    );
  });
});

const extraMember = fc
  .tuple(jsonTexts.string, jsonTexts.whitespace, jsonTexts.value)
  .filter(
    ([key]) =>
      // V8 13.6 takes the key "\"" for "\\" where it has just seen that one: this test could not read what it wrote.
      !JSON.parse(key).includes("\\") &&
      !["model", "stream", "stream_options", "messages", "prompt", "input"].includes(JSON.parse(key)),
  )
  .map(([key, space, value]) => `${key}${space}:${space}${value}`);

const streamOptions = fc.oneof(
  fc.constantFrom(
    "null",
    "{}",
    "{ }",
    '{"include_usage":false}',
    '{"include_usage":true}',
    '{"include\\u005fusage" :null}',
  ),
  fc.tuple(jsonTexts.string, jsonTexts.value, jsonTexts.whitespace).map(([k, v, w]) => `{${w}${k}:${v}${w}}`),
);

/** A valid chat request whose members stand in any order among unknown ones. */
const anyBody = fc
  .tuple(
    fc.array(extraMember, { maxLength: 4 }),
    jsonTexts.string.filter((model) => JSON.parse(model) !== ""),
    fc.option(fc.constantFrom("true", "false"), { nil: undefined }),
    fc.option(streamOptions, { nil: undefined }),
    fc.tuple(jsonTexts.whitespace, jsonTexts.whitespace),
  )
  .chain(([extra, model, stream, options, [w1, w2]]) => {
    const members = [...extra, `"model"${w1}:${w2}${model}`, MESSAGES];
    if (stream !== undefined) members.push(`"stream":${w2}${stream}`);
    if (options !== undefined) members.push(`"stream_options":${options}`);
    return fc
      .shuffledSubarray(members, { minLength: members.length })
      .map((all) => `${w1}{${all.join(`${w2},${w1}`)}}${w2}`);
  });

/** Takes the spliced pieces out again and expects the client's bytes. */
function assertOnlySpliced(before: string, after: string, changed: { model: string; asks: boolean }): void {
  const plan = planned(Buffer.from(before));
  const { modelSpan } = plan;
  assert.ok(modelSpan !== null);
  const original = Buffer.from(before);
  const encoded = Buffer.from(after);
  const cuts: { span: readonly [number, number]; inserted: string }[] = [];
  if (changed.model !== plan.model) cuts.push({ span: modelSpan, inserted: JSON.stringify(changed.model) });
  let [head, tail] = [0, 0];
  if (changed.asks) {
    const at = plan.streamOptionsSpan ?? [modelSpan[1], modelSpan[1]];
    const grown =
      encoded.length -
      original.length -
      cuts.reduce((sum, cut) => sum + Buffer.byteLength(cut.inserted) - (cut.span[1] - cut.span[0]), 0);
    cuts.push({ span: at as [number, number], inserted: "?".repeat(at[1] - at[0] + grown) });
  }
  cuts.sort((one, other) => one.span[0] - other.span[0]);
  for (const { span, inserted } of cuts) {
    const kept = span[0] - head;
    assert.deepEqual(encoded.subarray(tail, tail + kept), original.subarray(head, span[0]));
    head = span[1];
    tail += kept + Buffer.byteLength(inserted);
  }
  assert.deepEqual(encoded.subarray(tail), original.subarray(head));
}
