import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Endpoint } from "@headrace/core/endpoints";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import type { ErrorCode } from "@headrace/core/errors/table";
import { createBodyEncoder } from "./encode-body.ts";
import { type Plan, type PlanInput, planRequest } from "./plan.ts";

const MAX_DEPTH = 100;
const NO_PATH: PlanInput["path"] = { model: null, stream: false };

function plan(text: string | Uint8Array, endpoint: Endpoint = "chat", path = NO_PATH): Plan {
  return planRequest({ endpoint, body: Buffer.from(text as string), path, maxDepth: MAX_DEPTH });
}

/** The text of a value that the body must have. */
function at(text: string, span: Plan["modelSpan"]): string {
  assert.ok(span !== null);
  return text.slice(...span);
}

function refusal(code: ErrorCode, more: { param?: string; message?: RegExp } = {}): (error: unknown) => true {
  return (error) => {
    assert.ok(error instanceof GatewayError, String(error));
    assert.equal(error.code, code);
    if (more.param !== undefined) assert.equal(error.param, more.param);
    if (more.message !== undefined) assert.match(error.message, more.message);
    return true;
  };
}

const MESSAGES = '"messages":[{"role":"user","content":"hi"}]';

describe("planRequest", () => {
  it("reads model, stream and usage and tells where they stand", () => {
    const text = `{ "model" : "gpt-4o" , "stream":true, "stream_options" : {"include_usage":true}, ${MESSAGES} }`;
    const result = plan(text);
    assert.equal(at(text, result.modelSpan), '"gpt-4o"');
    assert.equal(at(text, result.streamOptionsSpan), '{"include_usage":true}');
    assert.deepEqual(
      { model: result.model, stream: result.stream, includeUsage: result.includeUsage },
      { model: "gpt-4o", stream: true, includeUsage: true },
    );
  });

  it("sees through an escaped key and an escaped value", () => {
    const text = `{"\\u006dodel":"gpt\\u002d4o",${MESSAGES}}`;
    const result = plan(text);
    assert.equal(result.model, "gpt-4o");
    assert.equal(at(text, result.modelSpan), '"gpt\\u002d4o"');
  });

  it("is not misled by the same names deeper down or inside strings", () => {
    const text = `{"metadata":{"model":"x","stream":true},"note":"\\"model\\":\\"y\\"","model":"m",${MESSAGES}}`;
    const result = plan(text);
    assert.equal(result.model, "m");
    assert.equal(result.stream, false);
    assert.equal(at(text, result.modelSpan), '"m"');
  });

  it("accepts the other endpoints", () => {
    assert.equal(plan('{"model":"m","prompt":"p","stream":true}', "completions").stream, true);
    assert.equal(plan('{"model":"e","input":["a","b"]}', "embeddings").model, "e");
  });

  it("takes model and kind of answer from the path where the wire puts them there", () => {
    const path = { model: "gemini-2.5-pro", stream: true };
    const result = plan('{"model":"another","stream":false,"contents":[]}', "generate-content", path);
    assert.equal(result.model, "gemini-2.5-pro");
    assert.equal(result.stream, true);
    assert.equal(plan('{"contents":[]}', "gemini-count-tokens", path).stream, false);
  });

  it("notices state of a provider that must not go on as it is", () => {
    const call = '"messages":[{"role":"tool","tool_call_id":"call_1__thought__e30","content":""}]';
    assert.equal(plan(`{"model":"m",${call}}`).carriesState, true);
    assert.equal(plan(`{"model":"m",${MESSAGES}}`).carriesState, false);
    const path = { model: "gemini-3-pro", stream: false };
    const signature = Buffer.from("__thought__anthropic__ErUB").toString("base64");
    const parts = `[{"text":"","thought":true,"thoughtSignature":"${signature}"}]`;
    const body = `{"contents":[{"role":"model","parts":${parts}}]}`;
    assert.equal(plan(body, "generate-content", path).carriesState, true);
    assert.equal(plan(body.replace(signature, "EsQC"), "generate-content", path).carriesState, false);
    const hidden = `{"messages":[{"role":"assistant","content":[{"reasoningContent":{"redactedContent":"${signature}"}}]}]}`;
    assert.equal(plan(hidden, "converse", path).carriesState, true);
    assert.equal(plan(hidden.replace(signature, "EsQC"), "converse", path).carriesState, false);
  });

  it("lets __proto__ and constructor keys ride along without effect", () => {
    const text = `{"__proto__":{"stream":true,"model":"evil"},"constructor":{"prototype":{"stream":true}},"model":"m",${MESSAGES}}`;
    const body = Buffer.from(text);
    const result = planRequest({ endpoint: "chat", body, path: NO_PATH, maxDepth: MAX_DEPTH });
    assert.equal(result.stream, false);
    assert.equal(result.model, "m");
    assert.equal(Object.hasOwn(Object.prototype, "stream"), false);
    const edits = { model: "replace", askUsage: true, refused: [], added: "" } as const;
    assert.equal(createBodyEncoder("m", edits).encode(body, result).body, body);
  });
});

describe("planRequest refuses", () => {
  it("bytes that are not UTF-8", () => {
    assert.throws(() => plan(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d])), refusal("invalid_encoding"));
  });

  it("an empty body, with words that help", () => {
    assert.throws(() => plan(""), refusal("invalid_json", { message: /empty/ }));
  });

  it("text that is not JSON, with the place and without the text", () => {
    const text = `{\n  "model": "m",\n  "messages": [secret prompt]\n}`;
    assert.throws(() => plan(text), refusal("invalid_json", { message: /line 3, column 16 \(byte 33\)/ }));
    assert.throws(
      () => plan(text),
      (error: Error) => !error.message.includes("secret"),
    );
    assert.throws(() => plan('{"model":"m"'), refusal("invalid_json", { message: /ends too early/ }));
    assert.throws(() => plan(`\ufeff{"model":"m"}`), refusal("invalid_json", { message: /byte order mark/ }));
  });

  for (const [text, kind] of [
    ["[1]", "an array"],
    ["null", "null"],
    ['"model"', "a string"],
    ["12", "a number"],
    ["true", "a boolean"],
  ] as const) {
    it(`JSON that is ${kind}`, () => {
      assert.throws(() => plan(text), refusal("body_not_object", { message: new RegExp(kind) }));
    });
  }

  for (const open of ["[", '{"a":']) {
    it(`10,000 levels of ${open}`, () => {
      const deep = open.repeat(10_000);
      assert.throws(() => plan(deep), refusal("body_too_deep"));
      assert.throws(() => plan(`{"model":"m","messages":${deep}`), refusal("body_too_deep"));
    });
  }

  it("one level more than allowed, and not the last one allowed", () => {
    const nested = (levels: number) =>
      `{"model":"m",${MESSAGES},"x":${"[".repeat(levels)}${"]".repeat(levels)}}`;
    assert.equal(plan(nested(MAX_DEPTH - 1)).model, "m");
    assert.throws(() => plan(nested(MAX_DEPTH)), refusal("body_too_deep", { message: /at most 100 levels/ }));
  });

  for (const name of ["model", "stream", "stream_options", "messages", "prompt", "input"]) {
    it(`two fields ${name}, however they are spelled`, () => {
      const escaped = `\\u00${name.charCodeAt(0).toString(16)}${name.slice(1)}`;
      assert.throws(
        () => plan(`{"${name}":null,"${escaped}":null}`),
        refusal("duplicate_field", { param: name, message: /twice/ }),
      );
    });
  }

  it("a missing field, naming it", () => {
    assert.throws(() => plan(`{${MESSAGES}}`), refusal("missing_field", { param: "model" }));
    assert.throws(() => plan('{"model":"m"}'), refusal("missing_field", { param: "messages" }));
    assert.throws(() => plan('{"model":"m"}', "embeddings"), refusal("missing_field", { param: "input" }));
  });

  it("a field of the wrong type, naming it", () => {
    assert.throws(() => plan(`{"model":4,${MESSAGES}}`), refusal("invalid_field", { param: "model" }));
    assert.throws(
      () => plan(`{"model":"m","stream":"yes",${MESSAGES}}`),
      refusal("invalid_field", { param: "stream" }),
    );
    assert.throws(
      () => plan(`{"model":"m","stream_options":[],${MESSAGES}}`),
      refusal("invalid_field", { param: "stream_options" }),
    );
  });
});
