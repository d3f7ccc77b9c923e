/** Transcripts of ElevenLabs, asked for by the official OpenAI client, whose forms are written anew on their way. */
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { type ClientRequest, request as httpRequest, type IncomingMessage } from "node:http";
import { after, before, beforeEach, describe, it } from "node:test";
import OpenAI, { toFile } from "openai";
import {
  ELEVEN_MODEL,
  type ElevenLabsGateway,
  FALLBACK_MODEL,
  startElevenLabsGateway,
} from "./support/elevenlabs-gateway.ts";
import { KEY, PROVIDER_KEY } from "./support/mock-gateway.ts";
import { closeWithNothingLeft } from "./support/nothing-left.ts";

const AUDIO = randomBytes(600_000);
const AUDIO_SHA256 = createHash("sha256").update(AUDIO).digest("hex");
const HEARD = `speech.mp3 has ${AUDIO.length} bytes with the hash ${AUDIO_SHA256}`;

let up: ElevenLabsGateway;
let client: OpenAI;

before(async () => {
  up = await startElevenLabsGateway();
  client = new OpenAI({ baseURL: up.baseUrl, apiKey: KEY, maxRetries: 0 });
});
beforeEach(() => {
  up.eleven.clear();
  up.fallback.clear();
});
after(() => closeWithNothingLeft(up));

async function transcribe(fields: object = {}, headers: Readonly<Record<string, string>> = {}) {
  const file = await toFile(AUDIO, "speech.mp3", { type: "audio/mpeg" });
  return client.audio.transcriptions
    .create({ file, model: "voice", ...fields, stream: false }, { headers })
    .withResponse();
}

/** The form that reached ElevenLabs, of which there was one. */
async function received(): Promise<Record<string, unknown>> {
  assert.equal(up.eleven.received.length, 1);
  const [request] = up.eleven.received;
  assert.ok(request);
  assert.equal(request.path, "/v1/speech-to-text");
  assert.equal(request.headers["xi-api-key"], PROVIDER_KEY);
  const form = await new Response(new Uint8Array(request.bodyBytes), {
    headers: { "content-type": request.headers["content-type"] ?? "" },
  }).formData();
  const file = form.get("file");
  assert.ok(file instanceof File);
  assert.deepEqual([file.name, file.type], ["speech.mp3", "audio/mpeg"]);
  assert.deepEqual(Buffer.from(await file.arrayBuffer()), AUDIO);
  const fields = [...form].filter(([name]) => name !== "file");
  assert.equal(new Set(fields.map(([name]) => name)).size, fields.length);
  return Object.fromEntries(fields);
}

/** Fields stand behind the file in the SDK's forms, so that ElevenLabs may have been sent a part of one. */
function assertNoWholeForm(): void {
  assert.ok(up.eleven.received.every(({ bodyBytes }) => bodyBytes.length === 0));
}

async function refusalOf(fields: object, headers: Readonly<Record<string, string>> = {}) {
  const error = await transcribe(fields, headers).then(
    () => assert.fail("it was answered"),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof OpenAI.APIError);
  const { status, code, param, message, requestID } = error;
  return { told: [status, code, param], message, requestId: requestID ?? "" };
}

const UNTAGGED = { model_id: ELEVEN_MODEL, tag_audio_events: "false" };
const UNTIMED = { ...UNTAGGED, timestamps_granularity: "none" };

describe("the official client", () => {
  it("gets a transcript, and hears what was lost", async () => {
    const call = { language: "en", temperature: 0.2, prompt: "Mills.", tag_audio_events: "true" };
    const { data, response } = await transcribe(call);
    assert.deepEqual(data, { text: HEARD });
    assert.equal(response.headers.get("content-type"), "application/json");
    assert.deepEqual(await received(), {
      ...UNTIMED,
      language_code: "en",
      temperature: "0.2",
      tag_audio_events: "true",
    });
    assert.equal(response.headers.get("x-headrace-dropped-params"), "prompt");
    assert.equal(response.headers.get("x-headrace-model"), ELEVEN_MODEL);
    const log = await up.logOf(response.headers.get("x-request-id"));
    assert.deepEqual(
      [log.endpoint, log.model, log.provider, log.status, log.attempts, log.droppedParams, log.usageSource],
      ["transcriptions", "voice", "eleven", 200, 1, ["prompt"], undefined],
    );
    assert.ok(Number(log.requestBytes) > AUDIO.length);
  });

  it("gets it as text", async () => {
    const { data } = await transcribe({ response_format: "text" });
    assert.equal(data, `${HEARD}\n`);
    assert.deepEqual(await received(), UNTIMED);
  });

  for (const [format, head] of [
    ["srt", "1\n00:00:00,000 --> 00:00:01,500\n"],
    ["vtt", "WEBVTT\n\n1\n00:00:00.000 --> 00:00:01.500\n"],
  ] as const)
    it(`gets it as ${format}`, async () => {
      const { data, response } = await transcribe({ response_format: format });
      assert.equal(data, `${head}${HEARD}\n\n`);
      assert.equal(response.headers.get("content-type"), "text/plain; charset=utf-8");
      assert.deepEqual(await received(), { ...UNTAGGED, additional_formats: '[{"format":"srt"}]' });
    });

  it("gets its segments", async () => {
    const { data } = await transcribe({ response_format: "verbose_json" });
    assert.deepEqual(data, {
      task: "transcribe",
      language: "eng",
      duration: 1.5,
      text: HEARD,
      segments: [{ id: 0, start: 0, end: 1.5, text: HEARD }],
    });
    assert.deepEqual(await received(), UNTAGGED);
  });

  it("gets its words, of which there are so many that a thread writes them", async () => {
    const content = "weir ".repeat(2_000).trim();
    up.eleven.setFaults({ content }, { times: 1 });
    const call = { response_format: "verbose_json", timestamp_granularities: ["word"] };
    const { data } = await transcribe(call);
    assert.ok(typeof data === "object" && "words" in data && Array.isArray(data.words));
    assert.equal(data.words.length, 2_000);
    assert.deepEqual(Object.keys(data.words[0] ?? {}), ["word", "start", "end"]);
  });

  it("may name the model in a header, with a query that stays here", async () => {
    const named = new OpenAI({
      baseURL: up.baseUrl,
      apiKey: KEY,
      maxRetries: 0,
      defaultQuery: { enable_logging: "false" },
    });
    const file = await toFile(AUDIO, "speech.mp3", { type: "audio/mpeg" });
    const headers = { "x-headrace-model": "voice" };
    const { text } = await named.audio.transcriptions.create({ file, model: "scribe" }, { headers });
    assert.equal(text, HEARD);
    assert.deepEqual(await received(), UNTIMED);
  });
});

const BOUNDARY = "b".repeat(30);
const FILE_HEAD = `--${BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="speech.mp3"\r\n\r\n`;
const fieldPart = (name: string, value: string): string =>
  `\r\n--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}`;
const FORM_END = `\r\n--${BOUNDARY}--\r\n`;

function openForm(requestId: string): ClientRequest {
  return httpRequest(`${up.baseUrl}/audio/transcriptions`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${KEY}`,
      "content-type": `multipart/form-data; boundary=${BOUNDARY}`,
      "x-headrace-model": "voice",
      "x-request-id": requestId,
    },
  });
}

async function answerOf(form: ClientRequest): Promise<{ status: number; body: string }> {
  const [response] = (await once(form, "response")) as [IncomingMessage];
  let body = "";
  for await (const piece of response) body += String(piece);
  return { status: response.statusCode ?? 0, body };
}

describe("a form on its way", () => {
  it("is refused as soon as it goes wrong, while its client still sends", async () => {
    const form = openForm("untranslatable");
    const answered = answerOf(form);
    form.on("error", () => {}); // the answer may come before all has been sent
    form.write(FILE_HEAD);
    form.write(AUDIO);
    form.write(`${fieldPart("language", "x".repeat(17_000))}\r\n--`);
    const { status, body } = await answered;
    assert.equal(status, 400);
    assert.equal(JSON.parse(body).error.param, "language");
    form.destroy();
    assert.equal((await up.logOf("untranslatable")).errorCode, "invalid_field");
  });

  it("that its client leaves is cut at ElevenLabs too", async () => {
    const form = openForm("left-form");
    form.on("error", () => {});
    await new Promise((resolve) => form.write(Buffer.concat([Buffer.from(FILE_HEAD), AUDIO]), resolve));
    form.destroy();
    const log = await up.logOf("left-form");
    assert.deepEqual([log.status, log.errorCode], [499, "client_closed"]);
    assertNoWholeForm();
  });

  it("may name itself in two ways no more than to others", async () => {
    const form = openForm("two-models");
    const answered = answerOf(form);
    const models = fieldPart("model", "a") + fieldPart("model", "b");
    form.end(Buffer.concat([Buffer.from(FILE_HEAD), AUDIO, Buffer.from(models + FORM_END)]));
    const { status, body } = await answered;
    assert.deepEqual([status, JSON.parse(body).error.code], [400, "duplicate_field"]);
  });
});

describe("what is refused", () => {
  const refusals: readonly (readonly [string, object, string])[] = [
    ["a transcript by speakers", { response_format: "diarized_json" }, "response_format"],
    ["a form without a file", { file: undefined }, "file"],
  ];
  for (const [name, fields, param] of refusals)
    it(name, async () => {
      const { told, requestId } = await refusalOf(fields);
      assert.deepEqual(told, [400, param === "file" ? "missing_field" : "invalid_field", param]);
      assertNoWholeForm();
      const log = await up.logOf(requestId);
      assert.equal(log.status, 400);
    });

  it("a stream", async () => {
    const file = await toFile(AUDIO, "speech.mp3");
    await assert.rejects(client.audio.transcriptions.create({ file, model: "voice", stream: true }), {
      status: 400,
      param: "stream",
    });
  });

  it("translations, which ElevenLabs does not make", async () => {
    const file = await toFile(AUDIO, "speech.mp3");
    await assert.rejects(client.audio.translations.create({ file, model: "voice" }), {
      code: "endpoint_not_served",
    });
  });

  it("what cannot be said, where all must be", async () => {
    const { told } = await refusalOf({ model: "strict", prompt: "Mills." });
    assert.deepEqual(told, [400, "unsupported_param", "prompt"]);
  });

  it("goes to one who can say it, in the form as it came", async () => {
    const { data, response } = await transcribe({ model: "strict-first", prompt: "Mills." });
    assert.equal(data.text, HEARD);
    assert.equal(response.headers.get("x-headrace-model"), FALLBACK_MODEL);
    assert.equal(response.headers.get("x-headrace-dropped-params"), null);
    assertNoWholeForm();
    assert.match(up.fallback.received[0]?.bodyBytes.toString("latin1") ?? "", /name="prompt"\r\n\r\nMills\./);
  });
});

describe("failures of ElevenLabs", () => {
  for (const [status, words] of [
    [400, /status 400/],
    [422, /malformed/],
    [429, /high traffic/],
  ] as const)
    it(`${status} comes with its words, in OpenAI's form`, async () => {
      up.eleven.setFaults({ status }, { times: 1 });
      const { told, message, requestId } = await refusalOf({});
      assert.deepEqual(told, [status, "upstream_error", null]);
      assert.match(message, words);
      const log = await up.logOf(requestId);
      assert.deepEqual([log.status, log.errorCode], [status, "upstream_error"]);
    });

  const broken: readonly (readonly [string, object, number, string])[] = [
    ["a page", { fault: "html-error" }, 502, "upstream_error"],
    ["a document that is no transcript", { fault: "json-error-200" }, 502, "upstream_invalid_response"],
    ["a type that is none of JSON's", { contentType: "text/plain" }, 502, "upstream_invalid_response"],
    ["an answer that is cut", { cutAfterBytes: 20 }, 502, "upstream_cut"],
    ["no answer", { cutBeforeHeaders: true }, 502, "upstream_cut"],
    ["a redirect", { fault: "redirect" }, 502, "upstream_invalid_response"],
    ["its key refused", { status: 401 }, 502, "upstream_auth_failed"],
  ];
  for (const [name, fault, status, code] of broken)
    it(`${name} is no answer`, async () => {
      up.eleven.setFaults(fault, { times: 1 });
      assert.deepEqual((await refusalOf({})).told.slice(0, 2), [status, code]);
    });

  it("is tried again with the same form", async () => {
    up.eleven.setFaults({ status: 503 }, { times: 1 });
    const { data, response } = await transcribe({ model: "retried", language: "en" });
    assert.equal(data.text, HEARD);
    assert.equal(response.headers.get("x-headrace-attempts"), "2");
    const [first, second] = up.eleven.received;
    assert.deepEqual(first?.bodyBytes, second?.bodyBytes);
  });

  it("leads to another provider, in the form as it came", async () => {
    up.eleven.setFaults({ status: 503 }, { times: 1 });
    const { data, response } = await transcribe({ model: "first", language: "en" });
    assert.equal(data.text, HEARD);
    assert.equal(response.headers.get("x-headrace-provider"), "openai");
    const form = up.fallback.received[0]?.bodyBytes.toString("latin1") ?? "";
    assert.match(form, /name="language"\r\n\r\nen\r\n/);
    assert.match(form, new RegExp(`name="model"\r\n\r\n${FALLBACK_MODEL}\r\n`));
  });
});
