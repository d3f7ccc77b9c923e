/** Forms with files, as the official OpenAI client and others send them. */
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { after, before, beforeEach, describe, it } from "node:test";
import OpenAI, { toFile } from "openai";
import { KEY, type MockGateway, NARROW_KEY, PROVIDER_KEY, UPSTREAM_MODEL } from "./support/mock-gateway.ts";
import { closeWithNothingLeft } from "./support/nothing-left.ts";
import { assertRefusal, assertRefusalLogged, type ExpectedRefusal } from "./support/refusals.ts";
import { startUploadGateway } from "./support/upload-gateway.ts";

const AUDIO = randomBytes(600_000);
const AUDIO_SHA256 = createHash("sha256").update(AUDIO).digest("hex");
const UPLOAD_LIMIT_BYTES = 2_000_000;

let up: MockGateway;
let client: OpenAI;

before(async () => {
  up = await startUploadGateway({ limits: { uploadBytes: UPLOAD_LIMIT_BYTES } });
  client = new OpenAI({ baseURL: up.baseUrl, apiKey: KEY, maxRetries: 0 });
});
beforeEach(() => up.mock.clear());
after(() => closeWithNothingLeft(up));

function receivedText(): string {
  assert.equal(up.mock.received.length, 1);
  return up.mock.received[0]?.bodyBytes.toString("latin1") ?? "";
}

const modelPart = (name: string): RegExp => new RegExp(`name="model"\r\n\r\n${name}\r\n`);

describe("the official client", () => {
  it("transcribes a file, which it sends before the model", async () => {
    const file = await toFile(AUDIO, "speech.mp3");
    const { data, response } = await client.audio.transcriptions
      .create({ file, model: "chat", language: "en" })
      .withResponse();
    assert.equal(data.text, `speech.mp3 has ${AUDIO.length} bytes with the hash ${AUDIO_SHA256}`);
    assert.match(receivedText(), modelPart(UPSTREAM_MODEL));
    assert.equal(response.headers.get("x-headrace-provider"), "mock-provider");
    assert.equal(response.headers.get("x-headrace-model"), UPSTREAM_MODEL);
    const log = await up.logOf(response.headers.get("x-request-id"));
    assert.deepEqual(
      [log.endpoint, log.model, log.provider, log.status, log.keyName, log.stream, log.attempts],
      ["transcriptions", "chat", "mock-provider", 200, "client", false, 1],
    );
    assert.equal(log.requestBytes, receivedText().length - UPSTREAM_MODEL.length + "chat".length);
    assert.ok(Number(log.overheadMs) < 1_000, `${String(log.overheadMs)} ms`);
  });

  it("gets a transcription as text", async () => {
    const file = await toFile(AUDIO, "a.wav");
    const text = await client.audio.transcriptions.create({ file, model: "fast", response_format: "text" });
    assert.match(String(text), new RegExp(`a.wav has ${AUDIO.length} bytes`));
  });

  it("gets a transcription as a stream of events", async () => {
    const file = await toFile(AUDIO, "b.wav");
    const { data, response } = await client.audio.transcriptions
      .create({ file, model: "chat", stream: true })
      .withResponse();
    let text = "";
    let done = "";
    for await (const event of data) {
      if (event.type === "transcript.text.delta") text += event.delta;
      if (event.type === "transcript.text.done") done = event.text;
    }
    assert.equal(text, done);
    assert.match(text, new RegExp(AUDIO_SHA256));
    const log = await up.logOf(response.headers.get("x-request-id"));
    assert.deepEqual([log.stream, log.status], [true, 200]);
    assert.ok(Number(log.events) > 2);
  });

  it("translates", async () => {
    const file = await toFile(AUDIO, "c.wav");
    const { text } = await client.audio.translations.create({ file, model: "chat" });
    assert.match(text, new RegExp(AUDIO_SHA256));
    assert.equal(up.mock.received[0]?.path, "/v1/audio/translations");
  });

  it("edits several images", async () => {
    const image = await Promise.all(
      ["one.png", "two.png"].map((name) => toFile(AUDIO, name, { type: "image/png" })),
    );
    const answer = await client.images.edit({ image, prompt: "a mill", model: "chat" });
    assert.equal(answer.data?.length, 1);
    assert.match(receivedText(), modelPart(UPSTREAM_MODEL));
  });

  it("varies an image", async () => {
    const image = await toFile(AUDIO, "one.png", { type: "image/png" });
    const answer = await client.images.createVariation({ image, model: "chat" });
    assert.equal(answer.data?.length, 1);
    assert.equal(up.mock.received[0]?.path, "/v1/images/variations");
  });
});

interface FormCall {
  readonly path?: string;
  readonly key?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly fields?: Readonly<Record<string, string>>;
  readonly fileBytes?: number;
}

async function send(
  body: NonNullable<RequestInit["body"]>,
  { path = "/audio/transcriptions", key = KEY, headers = {} }: FormCall = {},
) {
  const response = await fetch(up.baseUrl + path, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, ...headers },
    body,
  });
  return { status: response.status, headers: response.headers, body: await response.text() };
}

function sendForm(call: FormCall = {}) {
  const { fields = { model: "chat" }, fileBytes = 10 } = call;
  const form = new FormData();
  form.set("file", new Blob([AUDIO.subarray(0, fileBytes)]), "f.mp3");
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  return send(form, call);
}

describe("a model that is named outside of the form", () => {
  for (const [where, call] of [
    ["a header", { headers: { "x-headrace-model": "chat" } }],
    ["the query", { path: "/audio/transcriptions?model=chat&keep=a%20b" }],
  ] as const) {
    it(`goes by ${where}, and the form's own is replaced`, async () => {
      const answer = await sendForm({
        ...call,
        fields: { model: "whatever-the-tool-sends" },
        fileBytes: 500_000,
      });
      assert.equal(answer.status, 200, answer.body);
      assert.match(receivedText(), modelPart(UPSTREAM_MODEL));
      const { path = "" } = up.mock.received[0] ?? {};
      assert.equal(path, `/v1/audio/transcriptions${where === "a header" ? "" : "?keep=a%20b"}`);
    });
  }

  it("need not be in the form", async () => {
    const answer = await sendForm({ path: "/images/variations?model=chat", fields: {} });
    // The mock wants a file of another name: what matters is that it was asked.
    assert.equal(up.mock.received.length, 1, answer.body);
  });
});

describe("what is refused before a provider is asked", () => {
  const refused = async (
    answer: Awaited<ReturnType<typeof send>>,
    expected: ExpectedRefusal,
  ): Promise<void> => {
    await assertRefusalLogged(up, assertRefusal(answer, expected), expected);
    assert.equal(up.mock.received.length, 0);
  };
  const cases: readonly (readonly [string, FormCall, ExpectedRefusal])[] = [
    ["a model that is not there", { fields: { model: "nope" } }, { code: "model_not_found", param: "model" }],
    [
      "a model that is not there, in a header",
      { headers: { "x-headrace-model": "nope" } },
      { code: "model_not_found", param: "model" },
    ],
    [
      "a model that the key may not use",
      { fields: { model: "retried" }, key: NARROW_KEY },
      { code: "model_not_allowed", param: "model" },
    ],
    ["no model", { fields: { language: "en" } }, { code: "missing_field", param: "model" }],
    ["no key", { key: "" }, { code: "missing_api_key" }],
    ["a wrong key", { key: "wrong" }, { code: "invalid_api_key" }],
    ["a compressed body", { headers: { "content-encoding": "gzip" } }, { code: "unsupported_media_type" }],
    [
      "a provider without the service",
      { path: "/images/variations", fields: { model: "unserved" } },
      { code: "endpoint_not_served" },
    ],
    [
      "more than may be uploaded",
      { fileBytes: 0, headers: {} },
      { code: "body_too_large", message: /limits\.uploadBytes/ },
    ],
  ];
  for (const [name, call, expected] of cases) {
    it(name, async () => {
      if (expected.code !== "body_too_large") await refused(await sendForm(call), expected);
      else
        await refused(
          await send(Buffer.alloc(UPLOAD_LIMIT_BYTES + 1), {
            headers: { "content-type": "multipart/form-data; boundary=b" },
          }),
          expected,
        );
    });
  }

  it("JSON in place of a form", async () => {
    const answer = await send("{}", { headers: { "content-type": "application/json" } });
    await refused(answer, { code: "unsupported_media_type", message: /form/ });
  });

  it("a form without an end", async () => {
    const body = '--b\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\nx';
    const answer = await send(body, { headers: { "content-type": "multipart/form-data; boundary=b" } });
    await refused(answer, { code: "malformed_form" });
  });
});

describe("providers", () => {
  it("a target that does not serve the call is passed over", async () => {
    const answer = await sendForm({ path: "/images/variations", fields: { model: "both" } });
    assert.equal(answer.headers.get("x-headrace-provider"), "mock-provider", answer.body);
    assert.match(receivedText(), modelPart(UPSTREAM_MODEL));
  });

  it("a failed try is made again with the same form", async () => {
    up.mock.setFaults({ fault: "rate-limited" }, { times: 1 });
    const answer = await sendForm({ fields: { model: "retried" }, fileBytes: 500_000 });
    assert.equal(answer.status, 200, answer.body);
    const [first, second] = up.mock.received;
    assert.equal(up.mock.received.length, 2);
    assert.deepEqual(first?.bodyBytes, second?.bodyBytes);
    assert.equal(answer.headers.get("x-headrace-attempts"), "2");
  });

  it("an error of the provider's is passed on, without its key", async () => {
    up.mock.setFaults({ status: 400 }, { times: 1 });
    const answer = await sendForm();
    assert.equal(answer.status, 400);
    assert.match(answer.body, /"error"/);
    assert.doesNotMatch(answer.body, new RegExp(PROVIDER_KEY));
    const log = await up.logOf(answer.headers.get("x-request-id"));
    assert.deepEqual([log.status, log.errorCode], [400, "upstream_error"]);
  });
});
