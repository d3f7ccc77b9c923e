/** Heads that are wrong or odd: keys, paths, methods, sizes and request ids. */
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { gzipSync } from "node:zlib";
import { AUTHORIZED, assertServes, CHAT_BODY, CHAT_PATH, chatRequest } from "./support/good-call.ts";
import { HttpConnection, type RawRequest } from "./support/http-connection.ts";
import { KEY, type MockGateway, NARROW_KEY, PROVIDER_KEY, startMockGateway } from "./support/mock-gateway.ts";
import { closeWithNothingLeft } from "./support/nothing-left.ts";
import { type BadRequest, testRefusals } from "./support/refusal-tests.ts";
import { assertRefusal, assertRefusalLogged } from "./support/refusals.ts";

const WRONG_KEY = "hr-test-key-that-nobody-has";

let up: MockGateway;

before(async () => {
  up = await startMockGateway();
});
beforeEach(() => up.mock.clear());
after(() => closeWithNothingLeft(up, [WRONG_KEY]));

function withHeaders(headers: Record<string, string>): RawRequest {
  return { path: CHAT_PATH, body: JSON.stringify(CHAT_BODY), headers };
}

const HEADS: readonly BadRequest[] = [
  { name: "no key", request: withHeaders({}), code: "missing_api_key" },
  { name: "an empty key", request: withHeaders({ authorization: "Bearer " }), code: "missing_api_key" },
  {
    name: "an unknown key",
    request: withHeaders({ authorization: `Bearer ${WRONG_KEY}` }),
    code: "invalid_api_key",
  },
  { name: "an unknown x-api-key", request: withHeaders({ "x-api-key": WRONG_KEY }), code: "invalid_api_key" },
  {
    name: "a key that is right but for its last letter",
    request: withHeaders({ authorization: `Bearer ${KEY.slice(0, -1)}` }),
    code: "invalid_api_key",
  },
  {
    name: "the provider's key",
    request: withHeaders({ authorization: `Bearer ${PROVIDER_KEY}` }),
    code: "invalid_api_key",
  },
  {
    name: "a key that may not use the model",
    request: chatRequest({
      headers: { authorization: `Bearer ${NARROW_KEY}` },
      body: JSON.stringify({ ...CHAT_BODY, model: "chat-retried" }),
    }),
    code: "model_not_allowed",
    param: "model",
  },
  {
    name: "no key for the list of models",
    request: { method: "GET", path: "/v1/models" },
    code: "missing_api_key",
  },
  {
    name: "a compressed body",
    request: chatRequest({
      headers: { "content-encoding": "gzip" },
      body: gzipSync(JSON.stringify(CHAT_BODY)),
    }),
    code: "unsupported_media_type",
  },
  {
    name: "a header of 64 KiB",
    request: chatRequest({ headers: { "x-large": "x".repeat(64 * 1024) } }),
    code: "headers_too_large",
  },
  {
    name: "many headers of 64 KiB together",
    request: chatRequest({
      headers: Object.fromEntries(Array.from({ length: 64 }, (_, i) => [`x-${i}`, "x".repeat(1024)])),
    }),
    code: "headers_too_large",
  },
  {
    name: "a URL of 64 KiB",
    request: { method: "GET", path: `/${"u".repeat(64 * 1024)}` },
    code: "headers_too_large",
  },
];

const PATHS: readonly BadRequest[] = [
  ...[
    "/",
    "/v1",
    "/v1/chat/completion",
    "/V1/chat/completions",
    "/v1/chat/completions/",
    "/v1//chat/completions",
  ].map((path): BadRequest => ({ name: path, request: chatRequest({ path }), code: "route_not_found" })),
  {
    name: "a URL of 8 KiB",
    request: { method: "GET", path: `/${"u".repeat(8 * 1024)}` },
    code: "route_not_found",
    message: /^.{0,400}$/,
  },
  ...["GET", "PUT", "DELETE", "PATCH", "OPTIONS", "BREW"].map(
    (method): BadRequest => ({
      name: `${method} of a POST`,
      request: chatRequest({ method, body: "" }),
      code: "method_not_allowed",
      allow: "POST",
    }),
  ),
  {
    name: "POST of a GET, with a body",
    request: chatRequest({ path: "/v1/models" }),
    code: "method_not_allowed",
    allow: "GET, HEAD",
  },
];

testRefusals([...HEADS, ...PATHS], () => up);

test("HEAD gets the head of the answer and no body", async () => {
  const connection = await HttpConnection.open(up.gateway.port);
  const expected = [
    ["/livez", 200],
    ["/readyz", 200],
    ["/v1/nothing", 404],
    [CHAT_PATH, 405],
  ] as const;
  for (const [path, status] of expected) {
    const answer = await connection.ask({ method: "HEAD", path });
    assert.equal(answer.status, status);
    assert.notEqual(answer.headers.get("content-length"), "0");
    assert.equal(connection.unread, "");
  }
  await assertServes(connection);
  await connection.close();
});

const KEY_HEADERS: readonly Record<string, string>[] = [
  { authorization: `Bearer ${KEY}` },
  { authorization: `bearer ${KEY}` },
  { "x-api-key": KEY },
  { "x-goog-api-key": KEY },
  { "api-key": KEY },
];
for (const headers of KEY_HEADERS) {
  test(`a key is taken from ${Object.entries(headers).join()}`, async () => {
    const connection = await HttpConnection.open(up.gateway.port);
    const answer = await connection.ask(withHeaders(headers));
    assert.equal(answer.status, 200, answer.body);
    const [received] = up.mock.received;
    assert.equal(received?.headers.authorization, `Bearer ${PROVIDER_KEY}`);
    for (const name of ["x-api-key", "x-goog-api-key", "api-key"])
      assert.equal(received.headers[name], undefined);
    await connection.close();
  });
}

test("a request id of the client's is kept, also on an error", async () => {
  const connection = await HttpConnection.open(up.gateway.port);
  const longest = `a.B:c-d_${"0".repeat(120)}`;
  const good = await connection.ask(chatRequest({ headers: { "x-request-id": "client-1" } }));
  assert.equal(good.headers.get("x-request-id"), "client-1");
  const bad = await connection.ask(chatRequest({ headers: { "x-request-id": longest }, body: "[]" }));
  assert.equal(assertRefusal(bad, { code: "body_not_object" }), longest);
  await assertRefusalLogged(up, longest, { code: "body_not_object" });
  await connection.close();
});

const UNUSABLE_IDS: readonly (readonly [name: string, id: string])[] = [
  ["of 129 letters", "r".repeat(129)],
  ["of 300 letters", "r".repeat(300)],
  ["with a blank", "a b"],
  ["with a quote", 'a"b'],
  ["with an escaped line end", "a%0d%0aset-cookie:%20b"],
  ["with a tab", "a\tb"],
  ["outside ASCII", "caf\xe9s"],
];
for (const [name, id] of UNUSABLE_IDS) {
  test(`a request id ${name} is replaced`, async () => {
    const connection = await HttpConnection.open(up.gateway.port);
    const answer = await connection.ask(chatRequest({ headers: { "x-request-id": id }, body: "[]" }));
    assert.match(assertRefusal(answer, { code: "body_not_object" }), /^req_[\w-]+$/);
    await assertServes(connection);
    await connection.close();
  });
}

test("the content type of a body may be anything, for it is read as JSON", async () => {
  const connection = await HttpConnection.open(up.gateway.port);
  const { authorization = "" } = AUTHORIZED;
  for (const contentType of ["text/plain", "application/json; charset=utf-8", ""]) {
    const headers = { authorization, ...(contentType === "" ? {} : { "content-type": contentType }) };
    assert.equal((await connection.ask(withHeaders(headers))).status, 200);
  }
  await connection.close();
});
