/** Bodies that are wrong: each gets a clear error in OpenAI's shape, and the connection that it came on goes on. */
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { askAlone, assertServes, CHAT_BODY, chatRequest } from "./support/good-call.ts";
import { HttpConnection } from "./support/http-connection.ts";
import { type MockGateway, startMockGateway } from "./support/mock-gateway.ts";
import { closeWithNothingLeft } from "./support/nothing-left.ts";
import { type BadRequest, testRefusals } from "./support/refusal-tests.ts";
import type { ExpectedRefusal } from "./support/refusals.ts";

const DEEP_LEVELS = 10_000;
/** Above the size from which bodies are read on a worker thread. */
const LARGE_PAD = " ".repeat(40_000);

let up: MockGateway;

before(async () => {
  up = await startMockGateway();
  // Refusals are held to a clock, and the first large body waits for its worker to load.
  const large = chatRequest({ body: LARGE_PAD + JSON.stringify(CHAT_BODY) });
  assert.equal((await askAlone(up.gateway.port, large)).status, 200);
});
beforeEach(() => up.mock.clear());
after(() => closeWithNothingLeft(up));

function raw(
  name: string,
  body: string | Uint8Array,
  code: ExpectedRefusal["code"],
  message: RegExp,
): BadRequest {
  return { name, request: chatRequest({ body }), code, message };
}

/** The body of a good call with some fields changed; undefined takes a field away. */
function changed(name: string, fields: object, expected: ExpectedRefusal): BadRequest {
  return { name, request: chatRequest({ body: JSON.stringify({ ...CHAT_BODY, ...fields }) }), ...expected };
}

function wrong(param: string, value: unknown): BadRequest {
  const name = `${param} is ${JSON.stringify(value)}`;
  return changed(
    name,
    { [param]: value },
    { code: "invalid_field", param, message: new RegExp(`"${param}"`) },
  );
}

function deepIn(open: string, close: string): string {
  return `{"model":"chat","messages":${open.repeat(DEEP_LEVELS)}1${close.repeat(DEEP_LEVELS)}}`;
}

const BODIES: readonly BadRequest[] = [
  raw("an empty body", "", "invalid_json", /is empty/),
  raw("a body of blanks", "  \n", "invalid_json", /ends too early/),
  raw("words", "Hello!", "invalid_json", /unexpected character H at line 1, column 1/),
  raw("half a body", '{"model":"chat","messages":[{"role":"us', "invalid_json", /ends too early/),
  raw("a trailing comma", '{"model":"chat",}', "invalid_json", /line 1, column 17/),
  raw("two objects", `${JSON.stringify(CHAT_BODY)}{}`, "invalid_json", /unexpected character/),
  raw("a byte order mark", `\ufeff${JSON.stringify(CHAT_BODY)}`, "invalid_json", /byte order mark/),
  raw("half a large body", `{"model":"chat",${LARGE_PAD}`, "invalid_json", /ends too early/),
  raw("a form", "model=chat&stream=true", "invalid_json", /unexpected character m/),
  raw("null", "null", "body_not_object", /null/),
  raw("an array", "[]", "body_not_object", /an array/),
  raw("a string", '"model"', "body_not_object", /a string/),
  raw("a number", "7", "body_not_object", /a number/),
  raw("bytes that are no UTF-8", Buffer.from('{"model":"chat\xff"}', "latin1"), "invalid_encoding", /UTF-8/),
  raw("a surrogate in UTF-8", Buffer.from('{"model":"\xed\xa0\x80"}', "latin1"), "invalid_encoding", /UTF-8/),
  raw("UTF-16", Buffer.from(JSON.stringify(CHAT_BODY), "utf16le"), "invalid_json", /line 1, column 2/),
  raw("10,000 arrays", deepIn("[", "]"), "body_too_deep", /at most 128 levels/),
  raw("10,000 objects", deepIn('{"a":', "}"), "body_too_deep", /at most 128 levels/),
  raw("10,000 levels and no end", "[".repeat(DEEP_LEVELS), "body_too_deep", /at most 128 levels/),
  raw("10,000 levels in a large body", LARGE_PAD + deepIn("[", "]"), "body_too_deep", /at most 128/),
];

const FIELDS: readonly BadRequest[] = [
  changed("no model", { model: undefined }, { code: "missing_field", param: "model" }),
  changed("no messages", { messages: undefined }, { code: "missing_field", param: "messages" }),
  changed(
    "an unknown model",
    { model: "gpt-none" },
    { code: "model_not_found", param: "model", message: /"gpt-none"/ },
  ),
  changed("__proto__ as the model", { model: "__proto__" }, { code: "model_not_found", param: "model" }),
  changed(
    "a model with a name of 100,000 letters",
    { model: "m".repeat(100_000) },
    { code: "model_not_found", param: "model", message: /^.{0,400}$/ },
  ),
  wrong("model", 7),
  wrong("model", ""),
  wrong("model", null),
  wrong("model", ["chat"]),
  wrong("messages", "Hello"),
  wrong("messages", []),
  wrong("messages", {}),
  wrong("stream", "yes"),
  wrong("temperature", "hot"),
  wrong("max_tokens", -1),
  wrong("tools", {}),
  wrong("stream_options", 7),
  changed(
    "a message that is no object",
    { messages: ["Hello"] },
    { code: "invalid_field", param: "messages[0]" },
  ),
  changed(
    "a message without a role",
    { messages: [...CHAT_BODY.messages, { content: "Hello" }] },
    { code: "missing_field", param: "messages[1].role" },
  ),
  changed(
    "a wrong value deep in the body",
    { messages: [{ role: "user", content: 7 }] },
    { code: "invalid_field", param: "messages[0].content" },
  ),
  changed(
    "a wrong value deep in a large body",
    { pad: LARGE_PAD, messages: [{ role: "user", content: 7 }] },
    { code: "invalid_field", param: "messages[0].content" },
  ),
  changed(
    "a usage option that is no truth value",
    { stream: true, stream_options: { include_usage: "yes" } },
    { code: "invalid_field", param: "stream_options.include_usage" },
  ),
  {
    name: "a completion without a prompt",
    request: chatRequest({ path: "/v1/completions", body: '{"model":"chat"}' }),
    code: "missing_field",
    param: "prompt",
  },
  {
    name: "an embedding of nothing",
    request: chatRequest({ path: "/v1/embeddings", body: '{"model":"embedder"}' }),
    code: "missing_field",
    param: "input",
  },
  {
    name: "tokens of a number",
    request: chatRequest({ path: "/tokenize", body: '{"model":"gpt-4o","prompt":7}' }),
    code: "invalid_field",
    param: "prompt",
  },
];

/** JSON leaves open which of two equal fields counts; what the gateway acts on must not be open. */
const DUPLICATES: readonly BadRequest[] = ["model", "stream", "messages", "stream_options"].map((param) => {
  const twice = `{"model":"chat","messages":[],"stream":false,"stream_options":null,"${param}":"chat"}`;
  return { ...raw(`${param} twice`, twice, "duplicate_field", new RegExp(`"${param}" twice`)), param };
});
const ESCAPED_DUPLICATE: BadRequest = {
  ...raw(
    "model twice, once in disguise",
    '{"model":"chat","mod\\u0065l":"embedder","messages":[{"role":"user","content":"a"}]}',
    "duplicate_field",
    /"model" twice/,
  ),
  param: "model",
};

testRefusals([...BODIES, ...FIELDS, ...DUPLICATES, ESCAPED_DUPLICATE], () => up);

/** Bodies that are odd and right: their bytes go to the provider as they are. */
const ODD_FIELDS: readonly (readonly [name: string, text: string])[] = [
  ["__proto__", '"__proto__":{"stream":true,"model":"embedder","isAdmin":true}'],
  ["constructor", '"constructor":{"prototype":{"stream":true,"model":"embedder"}}'],
  [
    "__proto__ inside",
    '"metadata":{"__proto__":{"stream":true},"constructor":{"prototype":{"stream":true}}}',
  ],
  ["duplicates inside", '"metadata":{"model":"a","model":"b","stream":true}'],
  ["duplicates that nobody acts on", '"user":"a","user":"b"'],
  ["numbers beyond a double", '"seed":12345678901234567890,"temperature":1.000000000000000000001'],
  ["escapes and blanks", '"user" : "\\u0041\\/\\ud83d\\ude00 \u2028 \\u0000"'],
];
for (const [name, text] of ODD_FIELDS) {
  test(`${name} ride along untouched and pollute nothing`, async () => {
    const connection = await HttpConnection.open(up.gateway.port);
    const body = `{"model":"chat",${text},"messages":[{"role":"user","content":"Hello"}]}`;
    const answer = await connection.ask(chatRequest({ body }));
    assert.equal(answer.status, 200, answer.body);
    assert.match(answer.headers.get("content-type") ?? "", /json/);
    const sent = up.mock.received[0]?.bodyBytes.toString();
    assert.equal(sent, body.replace('"chat"', '"upstream-model"'));
    await assertServes(connection);
    await connection.close();
  });
}
