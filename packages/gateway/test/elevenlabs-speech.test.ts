/** Speech of ElevenLabs, asked for by the official OpenAI client. */
import assert from "node:assert/strict";
import { after, before, beforeEach, describe, it } from "node:test";
import OpenAI from "openai";
import {
  ELEVEN_MODEL,
  type ElevenLabsGateway,
  FALLBACK_MODEL,
  startElevenLabsGateway,
} from "./support/elevenlabs-gateway.ts";
import { KEY, PROVIDER_KEY } from "./support/mock-gateway.ts";
import { closeWithNothingLeft } from "./support/nothing-left.ts";

const VOICE = "JBFqnCBsd6RMkjVDRZzb";
const ASKED = { model: "voice", voice: VOICE, input: "The weir is open." };

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

/** What reached ElevenLabs, of which there was one request. */
function asked(): { path: string; body: unknown; key: unknown } {
  assert.equal(up.eleven.received.length, 1);
  const [request] = up.eleven.received;
  return {
    path: request?.path ?? "",
    body: JSON.parse(request?.bodyBytes.toString() ?? ""),
    key: request?.headers["xi-api-key"],
  };
}

/** The status, code and field of a refusal, its words, and which request it was. */
async function refusalOf(fields: object): Promise<{ told: unknown[]; message: string; requestId: string }> {
  const error = await client.audio.speech.create({ ...ASKED, ...fields }).then(
    () => assert.fail("it was answered"),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof OpenAI.APIError);
  const { status, code, param, message, requestID } = error;
  return { told: [status, code, param], message, requestId: requestID ?? "" };
}

describe("the official client", () => {
  const formats = [
    ["mp3", "mp3_44100_128", "audio/mpeg"],
    ["opus", "opus_48000_128", "audio/opus"],
    ["wav", "wav_24000", "audio/wav"],
    ["pcm", "pcm_24000", "audio/pcm"],
  ] as const;
  for (const [format, output, contentType] of formats)
    it(`gets speech as ${format}`, async () => {
      const direct = await fetch(`${up.eleven.url}/text-to-speech/${VOICE}?output_format=${output}`, {
        method: "POST",
        headers: { "xi-api-key": PROVIDER_KEY, "content-type": "application/json" },
        body: JSON.stringify({ text: ASKED.input }),
      });
      const expected = Buffer.from(await direct.arrayBuffer());
      up.eleven.clear();
      const response = await client.audio.speech.create({ ...ASKED, response_format: format });
      assert.deepEqual(Buffer.from(await response.arrayBuffer()), expected);
      assert.ok(expected.length > 1_000);
      assert.equal(response.headers.get("content-type"), contentType);
      assert.deepEqual(asked(), {
        path: `/v1/text-to-speech/${VOICE}?output_format=${output}`,
        body: { text: ASKED.input, model_id: ELEVEN_MODEL },
        key: PROVIDER_KEY,
      });
    });

  it("says how fast, and hears what was lost", async () => {
    const response = await client.audio.speech.create({ ...ASKED, speed: 1.1, instructions: "Whisper." });
    await response.arrayBuffer();
    assert.deepEqual(asked().body, {
      text: ASKED.input,
      model_id: ELEVEN_MODEL,
      voice_settings: { speed: 1.1 },
    });
    assert.equal(response.headers.get("x-headrace-dropped-params"), "instructions");
    assert.equal(response.headers.get("x-headrace-provider"), "eleven");
    const log = await up.logOf(response.headers.get("x-request-id"));
    assert.deepEqual(
      [log.endpoint, log.model, log.provider, log.status, log.droppedParams],
      ["speech", "voice", "eleven", 200, ["instructions"]],
    );
  });

  it("hears the first of it before the last is spoken", async () => {
    up.eleven.setFaults({ stallAfterEvents: 2 }, { times: 1 });
    const left = new AbortController();
    const response = await client.audio.speech.create(ASKED, { signal: left.signal });
    const reader = response.body?.getReader();
    const { value, done } = (await reader?.read()) ?? {};
    assert.equal(done, false);
    assert.ok((value?.length ?? 0) > 0);
    left.abort();
    const log = await up.logOf(response.headers.get("x-request-id"));
    assert.deepEqual([log.status, log.errorCode], [499, "client_closed"]);
  });

  it("speaks a text that is encoded on a thread", async () => {
    const input = "The weir is open. ".repeat(4_000);
    const response = await client.audio.speech.create({ ...ASKED, input });
    await response.arrayBuffer();
    assert.deepEqual(asked().body, { text: input, model_id: ELEVEN_MODEL });
    assert.equal(response.headers.get("content-type"), "audio/mpeg");
  });
});

describe("what is refused", () => {
  const refusals: readonly (readonly [string, object, string | undefined])[] = [
    ["a voice of OpenAI's", { voice: "alloy" }, "voice"],
    ["a voice that would lead elsewhere", { voice: "../voices" }, "voice"],
    ["a format that ElevenLabs lacks", { response_format: "flac" }, "response_format"],
    ["events", { stream_format: "sse" }, "stream_format"],
    ["no text", { input: 7 }, "input"],
  ];
  for (const [name, fields, param] of refusals)
    it(`${name}, before ElevenLabs is asked`, async () => {
      const { told, requestId } = await refusalOf(fields);
      assert.deepEqual(told, [400, "invalid_field", param]);
      assert.equal(up.eleven.received.length, 0);
      const log = await up.logOf(requestId);
      assert.deepEqual([log.status, log.errorCode], [400, "invalid_field"]);
    });

  it("what cannot be said, where all must be", async () => {
    const { told } = await refusalOf({ model: "strict", instructions: "Whisper." });
    assert.deepEqual(told, [400, "unsupported_param", "instructions"]);
  });

  it("goes to one who can say it", async () => {
    const call = { ...ASKED, model: "strict-first", instructions: "Whisper." };
    const response = await client.audio.speech.create(call);
    await response.arrayBuffer();
    assert.equal(response.headers.get("x-headrace-model"), FALLBACK_MODEL);
    assert.equal(up.eleven.received.length, 0);
  });
});

describe("failures of ElevenLabs", () => {
  for (const [status, words] of [
    [404, /voice with the given voice_id was not found/],
    [422, /malformed/],
    [429, /high traffic/],
  ] as const)
    it(`${status} comes with its words, in OpenAI's form`, async () => {
      up.eleven.setFaults({ status }, { times: 1 });
      const { told, message } = await refusalOf({});
      assert.deepEqual(told, [status, "upstream_error", null]);
      assert.match(message, words);
    });

  it("a key that it refuses is none of the client's", async () => {
    up.eleven.setFaults({ status: 401 }, { times: 1 });
    assert.deepEqual((await refusalOf({})).told.slice(1), ["upstream_auth_failed", null]);
  });

  it("a page in place of an answer is no words for a client", async () => {
    up.eleven.setFaults({ fault: "html-error" }, { times: 1 });
    const { told, message } = await refusalOf({});
    assert.deepEqual(told.slice(0, 2), [502, "upstream_error"]);
    assert.doesNotMatch(message, /</);
  });

  it("an error in place of audio is told as one", async () => {
    const errorMessage = "The voice is hoarse.";
    up.eleven.setFaults({ fault: "json-error-200", errorMessage }, { times: 1 });
    const { told, message } = await refusalOf({});
    assert.deepEqual(told.slice(0, 2), [502, "upstream_error"]);
    assert.match(message, /The voice is hoarse\./);
  });

  it("is tried again", async () => {
    up.eleven.setFaults({ status: 503 }, { times: 1 });
    const response = await client.audio.speech.create({ ...ASKED, model: "retried" });
    await response.arrayBuffer();
    assert.equal(response.headers.get("x-headrace-attempts"), "2");
    const [first, second] = up.eleven.received;
    assert.deepEqual(first?.bodyBytes, second?.bodyBytes);
    assert.equal(first?.path, second?.path);
  });

  it("leads to another provider, in its own form", async () => {
    up.eleven.setFaults({ status: 503 }, { times: 1 });
    const response = await client.audio.speech.create({ ...ASKED, model: "first", response_format: "wav" });
    await response.arrayBuffer();
    assert.equal(response.headers.get("content-type"), "audio/wav");
    const [request] = up.fallback.received;
    assert.equal(request?.path, "/v1/audio/speech");
    assert.deepEqual(JSON.parse(request?.bodyBytes.toString() ?? ""), {
      ...ASKED,
      model: FALLBACK_MODEL,
      response_format: "wav",
    });
  });

  it("speech that breaks off never ends well", async () => {
    up.eleven.setFaults({ fault: "cut" }, { times: 1 });
    const response = await client.audio.speech.create(ASKED);
    await assert.rejects(response.arrayBuffer());
    const log = await up.logOf(response.headers.get("x-request-id"));
    assert.deepEqual([log.status, log.errorCode], [200, "upstream_cut"]);
  });
});
