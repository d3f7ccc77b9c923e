/** What the official OpenAI client makes of the gateway's errors and of the provider's. */
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { ERROR_TABLE, type ErrorCode } from "@headrace/core/errors/table";
import OpenAI from "openai";
import { assertRetryAfter, assertRouteHeaders } from "./support/headers.ts";
import { KEY, type MockGateway, NARROW_KEY, startMockGateway } from "./support/mock-gateway.ts";

const MESSAGES = [{ role: "user", content: "Hello" }];
const DEFAULT_LIMIT_BYTES = 20 * 1024 * 1024;
const MEBIBYTE = 1024 * 1024;

let up: MockGateway;

before(async () => {
  up = await startMockGateway({ timeouts: { firstByteMs: 300, plainFirstByteMs: 300 } });
});
beforeEach(() => up.mock.clear());
after(() => up.close());

function clientWith(apiKey: string, maxRetries = 0): OpenAI {
  return new OpenAI({ apiKey, baseURL: up.baseUrl, maxRetries });
}

interface Call {
  readonly body: object | string;
  readonly key?: string;
  readonly path?: string;
}

/** The error that a call ends with; fails for one that succeeds. */
async function failureOf({
  body,
  key = KEY,
  path = "/chat/completions",
}: Call): Promise<InstanceType<typeof OpenAI.APIError>> {
  const headers = { "content-type": "application/json" };
  const outcome = await clientWith(key)
    .post(path, { body, headers })
    .then(
      () => null,
      (error: unknown) => error,
    );
  assert.ok(outcome instanceof OpenAI.APIError, `no API error: ${String(outcome)}`);
  return outcome;
}

type ErrorClass = new (...details: never[]) => InstanceType<typeof OpenAI.APIError>;

interface Refusal extends Call {
  readonly name: string;
  readonly code: ErrorCode;
  /** The class that the client's documentation promises for the status. */
  readonly errorClass: ErrorClass;
  readonly param?: string;
}

const REFUSALS: readonly Refusal[] = [
  {
    name: "a body that is not JSON",
    body: '{"model":',
    code: "invalid_json",
    errorClass: OpenAI.BadRequestError,
  },
  {
    name: "a body without messages",
    body: { model: "chat" },
    code: "missing_field",
    errorClass: OpenAI.BadRequestError,
    param: "messages",
  },
  {
    name: "a wrong value deep in the body",
    body: { model: "chat", messages: [{ role: "user", content: 7 }] },
    code: "invalid_field",
    errorClass: OpenAI.BadRequestError,
    param: "messages[0].content",
  },
  {
    name: "the same field twice",
    body: '{"model":"chat","model":"chat-retried","messages":[{"role":"user","content":"a"}]}',
    code: "duplicate_field",
    errorClass: OpenAI.BadRequestError,
    param: "model",
  },
  {
    name: "an unknown key",
    body: { model: "chat", messages: MESSAGES },
    key: "hr-nobody-has-this-key",
    code: "invalid_api_key",
    errorClass: OpenAI.AuthenticationError,
  },
  {
    name: "a key that may not use the model",
    body: { model: "chat-retried", messages: MESSAGES },
    key: NARROW_KEY,
    code: "model_not_allowed",
    errorClass: OpenAI.PermissionDeniedError,
    param: "model",
  },
  {
    name: "an unknown model",
    body: { model: "gpt-none", messages: MESSAGES },
    code: "model_not_found",
    errorClass: OpenAI.NotFoundError,
    param: "model",
  },
  {
    name: "an unknown path",
    body: {},
    path: "/nothing/here",
    code: "route_not_found",
    errorClass: OpenAI.NotFoundError,
  },
  {
    name: "a body over the limit",
    body: `{"model":"chat","pad":"${"x".repeat(DEFAULT_LIMIT_BYTES + MEBIBYTE)}"}`,
    code: "body_too_large",
    errorClass: OpenAI.APIError,
  },
];

for (const refusal of REFUSALS) {
  test(`${refusal.name} is ${refusal.code}`, async () => {
    const error = await failureOf(refusal);
    const row = ERROR_TABLE[refusal.code];
    assert.ok(error instanceof refusal.errorClass, error.constructor.name);
    assert.deepEqual(
      { status: error.status, code: error.code, type: error.type, param: error.param },
      { status: row.status, code: refusal.code, type: row.type, param: refusal.param ?? null },
    );
    assert.match(error.message, new RegExp(`^${row.status} .+\\.$`));
    assert.ok(error.message.endsWith(row.remedy), error.message);
    assert.match(error.requestID ?? "", /^req_/);
    assertRetryAfter(error.headers ?? new Headers(), null);
    assert.equal(up.mock.received.length, 0);
  });
}

test("no key at all is missing_api_key", async () => {
  const answer = await fetch(`${up.baseUrl}/chat/completions`, { method: "POST", body: "{}" });
  const { error } = (await answer.json()) as { error: Record<string, unknown> };
  assert.deepEqual([answer.status, error.code], [401, "missing_api_key"]);
  assert.equal(error.request_id, answer.headers.get("x-request-id"));
  assertRouteHeaders(answer.headers, { attempts: 0 });
});

test("an unknown model is not found when it is asked about, nor one that the key may not use", async () => {
  await assert.rejects(clientWith(KEY).models.retrieve("gpt-none"), OpenAI.NotFoundError);
  await assert.rejects(clientWith(NARROW_KEY).models.retrieve("embedder"), OpenAI.NotFoundError);
  const names: string[] = [];
  for await (const { id } of clientWith(NARROW_KEY).models.list()) names.push(id);
  assert.deepEqual(names.toSorted(), ["chat", "fast"]);
});

/** Of a provider's errors the gateway changes nothing: the client sees its words. */
const PASSED_ON = [
  { status: 400, errorClass: OpenAI.BadRequestError, code: null },
  { status: 404, errorClass: OpenAI.NotFoundError, code: "model_not_found" },
  { status: 429, errorClass: OpenAI.RateLimitError, code: "rate_limit_exceeded" },
  { status: 500, errorClass: OpenAI.InternalServerError, code: null },
  { status: 503, errorClass: OpenAI.InternalServerError, code: null },
] as const;

test("a provider's 401 is about the gateway's key, not the client's, and its words stay here", async () => {
  const x_mock = { status: 401, errorMessage: "Incorrect API key provided: sk-operators-own." };
  const error = await failureOf({ body: { model: "chat", messages: MESSAGES, x_mock } });
  assert.deepEqual([error.status, error.code, error.type], [502, "upstream_auth_failed", "upstream_error"]);
  assert.doesNotMatch(error.message, /sk-operators-own/);
});

for (const { status, errorClass, code } of PASSED_ON) {
  for (const stream of [false, true]) {
    test(`a provider's ${status}${stream ? " for a stream" : ""} is passed on`, async () => {
      const x_mock = { status, errorMessage: "The provider's own words." };
      const error = await failureOf({ body: { model: "chat", messages: MESSAGES, stream, x_mock } });
      assert.ok(error instanceof errorClass, error.constructor.name);
      assert.deepEqual([error.status, error.code], [status, code]);
      assert.equal(error.message, `${status} The provider's own words.`);
      assertRouteHeaders(error.headers ?? new Headers(), { attempts: 1 });
    });
  }
}

test("a provider that is silent is a 504 that says when to come back", async () => {
  const error = await failureOf({
    body: { model: "chat", messages: MESSAGES, x_mock: { neverAnswer: true } },
  });
  assert.ok(error instanceof OpenAI.InternalServerError);
  assert.deepEqual([error.status, error.code], [504, "upstream_first_byte_timeout"]);
  assertRouteHeaders(error.headers ?? new Headers(), { attempts: 1 });
  assertRetryAfter(error.headers ?? new Headers(), 1000);
});

test("a provider's retry-after reaches the client, which waits as long", async () => {
  const retryAfterMs = 150;
  up.mock.setFaults({ status: 429, retryAfterMs }, { times: 1 });
  const answer = await clientWith(KEY, 1).chat.completions.create({
    model: "chat",
    messages: [{ role: "user", content: "Hello" }],
  });
  assert.equal(answer.object, "chat.completion");
  const [first, second] = up.mock.received;
  assert.ok(first !== undefined && second !== undefined && up.mock.received.length === 2);
  assert.ok(second.receivedAtMs - first.receivedAtMs >= retryAfterMs);
});

test("retry-after in seconds is told in both of its forms", async () => {
  const x_mock = { status: 429, retryAfter: "2" };
  const error = await failureOf({ body: { model: "chat", messages: MESSAGES, x_mock } });
  assertRetryAfter(error.headers ?? new Headers(), 2000);
  const log = await up.logOf(error.requestID);
  assert.deepEqual([log.status, log.errorCode], [429, "upstream_error"]);
});

test("a try that the gateway repeats is one answer for the client, with two attempts", async () => {
  up.mock.setFaults({ status: 503 }, { times: 1 });
  const { data, response } = await clientWith(KEY)
    .chat.completions.create({ model: "chat-retried", messages: [{ role: "user", content: "Hello" }] })
    .withResponse();
  assert.equal(data.object, "chat.completion");
  assertRouteHeaders(response.headers, { attempts: 2 });
});

test("a body over the limit is refused while it arrives when nothing announced its size", async () => {
  const chunk = Buffer.alloc(MEBIBYTE, "x");
  let sentChunks = 0;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      sentChunks++;
      if (sentChunks > DEFAULT_LIMIT_BYTES / MEBIBYTE + 1) controller.close();
      else controller.enqueue(chunk);
    },
  });
  const headers = { authorization: `Bearer ${KEY}`, "content-type": "application/json" };
  const init = { method: "POST", headers, body, duplex: "half" } as const;
  const answer = await fetch(`${up.baseUrl}/chat/completions`, init);
  const { error } = (await answer.json()) as { error: Record<string, unknown> };
  assert.deepEqual([answer.status, error.code], [413, "body_too_large"]);
});
