import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { connect } from "node:net";
import { after, before, test } from "node:test";
import { type Mock, startMock } from "./server.ts";
import { headerOf, rawPost, sseOf, type WireJson } from "./testing/raw-client.ts";

let mock: Mock;
before(async () => {
  mock = await startMock();
});
after(() => mock.close());

function post(
  path: string,
  body: object | FormData,
  headers: Record<string, string> = {},
): Promise<Response> {
  const sent = body instanceof FormData ? body : JSON.stringify(body);
  return fetch(new URL(path, mock.url), { method: "POST", headers, body: sent });
}

async function json(path: string, body: object | FormData): Promise<WireJson> {
  return (await post(path, body)).json();
}

const AUDIO = Buffer.from(Array.from({ length: 5_000 }, (_, index) => (index * 37) & 0xff));

function form(
  fields: Readonly<Record<string, string>>,
  file?: { readonly as: string; readonly name: string },
): FormData {
  const data = new FormData();
  for (const [name, value] of Object.entries(fields)) data.append(name, value);
  if (file !== undefined) data.append(file.as, new Blob([AUDIO], { type: "audio/mpeg" }), file.name);
  return data;
}

test("a transcription names the file that arrived, its size and its hash, in every format", async () => {
  const sha256 = createHash("sha256").update(AUDIO).digest("hex");
  const text = `größe.mp3 has 5000 bytes with the hash ${sha256}`;
  const file = { as: "file", name: "größe.mp3" };
  const answer = await json("/v1/audio/transcriptions", form({ model: "whisper-1", language: "en" }, file));
  assert.equal(answer.text, text);
  assert.deepEqual(answer.x_mock_received, {
    file: { name: "größe.mp3", bytes: 5_000, content_type: "audio/mpeg", sha256 },
    fields: { model: "whisper-1", language: "en" },
  });
  for (const [format, start] of [
    ["text", text],
    ["srt", "1\n00:00:00,000 --> "],
    ["vtt", "WEBVTT\n\n"],
    ["verbose_json", '{"task":"transcribe"'],
  ] as const) {
    const asked = form({ model: "m", response_format: format }, file);
    const said = await (await post("/v1/audio/transcriptions", asked)).text();
    assert.ok(said.startsWith(start) && said.includes(sha256), said);
  }
  const streamed = await (
    await post("/v1/audio/translations", form({ model: "m", stream: "true" }, file))
  ).text();
  const events = sseOf(Buffer.from(streamed)).data.map((event) => JSON.parse(event));
  const deltas = events.filter(({ type }) => type === "transcript.text.delta").map(({ delta }) => delta);
  assert.deepEqual([deltas.join(""), events.at(-1).text], [text, text]);
  const refused = await post("/v1/audio/transcriptions", form({ model: "m" }));
  assert.match(((await refused.json()) as WireJson).error.message, /Missing required parameter: 'file'/);
  const asked = form({ model: "m", x_mock: '{"status":429}' }, file);
  assert.equal((await post("/v1/audio/transcriptions", asked)).status, 429);
});

test("what arrived of a body shows while the rest is still on its way", async () => {
  const socket = connect(mock.port, "127.0.0.1");
  const head = "POST /v1/audio/transcriptions HTTP/1.1\r\nhost: mock\r\ncontent-length: 100000\r\n\r\n";
  socket.write(head + "x".repeat(60_000));
  const request = await mock.waitFor(({ bodyBytesReceived }) => bodyBytesReceived === 60_000, 2_000);
  assert.equal(request.bodyBytes.length, 0);
  socket.write("x".repeat(40_000));
  const whole = await mock.waitFor(({ bodyBytes }) => bodyBytes.length === 100_000, 2_000);
  assert.equal(whole.bodyBytesReceived, 100_000);
  socket.destroy();
});

test("speech comes as bytes while it is made, or as events, and can be cut", async () => {
  const asked = { model: "tts-1", voice: "alloy", input: "hello" };
  const wav = await rawPost({
    port: mock.port,
    path: "/v1/audio/speech",
    body: { ...asked, response_format: "wav", x_mock: { chunks: 3, chunkBytes: 100 } },
  });
  assert.deepEqual([headerOf(wav, "content-type"), wav.chunks.length], ["audio/wav", 3]);
  assert.equal(wav.body.toString("latin1", 0, 4), "RIFF");
  assert.equal(wav.body.readUInt32LE(4) + 8, wav.body.length);
  const again = await rawPost({
    port: mock.port,
    path: "/v1/audio/speech",
    body: { ...asked, x_mock: { chunks: 3, cutAfterEvents: 1 } },
  });
  assert.deepEqual(
    [headerOf(again, "content-type"), again.chunks.length, again.complete, again.closed],
    ["audio/mpeg", 1, false, true],
  );
  const streamed = await (await post("/v1/audio/speech", { ...asked, stream_format: "sse" })).text();
  const events = sseOf(Buffer.from(streamed)).data.map((event) => JSON.parse(event));
  const audio = Buffer.concat(events.slice(0, -1).map((event) => Buffer.from(event.audio, "base64")));
  const plain = Buffer.from(await (await post("/v1/audio/speech", asked)).arrayBuffer());
  assert.deepEqual(audio, plain);
  assert.equal(events.at(-1).type, "speech.audio.done");
  assert.match((await json("/v1/audio/speech", { model: "m", input: "a" })).error.message, /'voice'/);
});

test("ElevenLabs speaks and listens with its own key and errors", async () => {
  const path = "/v1/text-to-speech/v1/stream?output_format=pcm_16000";
  const spoken = await post(path, { text: "hello", x_mock: { chunks: 2 } });
  assert.deepEqual(
    [spoken.headers.get("content-type"), (await spoken.arrayBuffer()).byteLength],
    ["audio/pcm", 1_024],
  );
  const heard = await json("/v1/speech-to-text", form({ model_id: "scribe" }, { as: "file", name: "a.mp3" }));
  assert.equal(heard.x_mock_received.file.bytes, 5_000);
  const refused = await post(path, {});
  assert.deepEqual(
    [refused.status, await refused.json()],
    [422, { detail: { status: "value_error", message: "text: field required" } }],
  );
  const locked = await startMock({ requireKey: "k1" });
  for (const [key, status] of [
    ["k1", 422],
    ["k2", 401],
  ] as const) {
    const url = new URL("/v1/text-to-speech/v1", locked.url);
    assert.equal(
      (await fetch(url, { method: "POST", headers: { "xi-api-key": key }, body: "{}" })).status,
      status,
    );
  }
  await locked.close();
});

test("images are small PNGs, as many as asked, drawn at once or step by step", async () => {
  const { data } = await json("/v1/images/generations", { model: "m", prompt: "a mill", n: 2 });
  assert.equal(data.length, 2);
  const png = Buffer.from(data[0].b64_json, "base64");
  assert.equal(png.toString("latin1", 1, 4), "PNG");
  const byUrl = await json("/v1/images/generations", { prompt: "a mill", response_format: "url" });
  assert.match(byUrl.data[0].url, /^https:/);
  const steps = await rawPost({
    port: mock.port,
    path: "/v1/images/generations",
    body: { prompt: "a mill", stream: true, partial_images: 2 },
  });
  const types = sseOf(steps.body).data.map((event) => JSON.parse(event).type);
  assert.deepEqual(types, [
    "image_generation.partial_image",
    "image_generation.partial_image",
    "image_generation.completed",
  ]);
  const edited = await json("/v1/images/edits", form({ prompt: "more" }, { as: "image", name: "a.png" }));
  assert.equal(edited.x_mock_received.file.name, "a.png");
  assert.match((await json("/v1/images/generations", {})).error.message, /'prompt'/);
});

test("a moderation flags what a text names, one result for each text", async () => {
  const { results } = await json("/v1/moderations", { input: ["kind words", "hate and violence"] });
  assert.deepEqual(
    results.map((result: WireJson) => [result.flagged, result.categories.hate, result.categories.violence]),
    [
      [false, false, false],
      [true, true, true],
    ],
  );
  assert.ok(results[1].category_scores.hate > 0.9);
});

test("rerankers put the documents that have the query's words first, in Jina's and in Cohere's shape", async () => {
  const asked = {
    model: "m",
    query: "water mill",
    documents: ["a dry road", "the water mill", "a water wheel"],
  };
  const jina = await json("/v1/rerank", { ...asked, top_n: 2 });
  assert.deepEqual(
    jina.results.map((result: WireJson) => [result.index, result.document.text]),
    [
      [1, "the water mill"],
      [2, "a water wheel"],
    ],
  );
  const cohere = await json("/v2/rerank", asked);
  assert.deepEqual(
    cohere.results.map((result: WireJson) => result.index),
    [1, 2, 0],
  );
  const scores: number[] = cohere.results.map((result: WireJson) => result.relevance_score);
  assert.ok(scores.every((score, index) => score > 0 && score <= (scores[index - 1] ?? 1)));
  assert.equal(cohere.meta.billed_units.search_units, 1);
});

test("embeddings of every wire are unit vectors of the text", async () => {
  const gemini = await json("/v1beta/models/e:embedContent", {
    content: { parts: [{ text: "a" }] },
    outputDimensionality: 8,
  });
  const batch = await json("/v1beta/models/e:batchEmbedContents", {
    requests: ["a", "b"].map((text) => ({ content: { parts: [{ text }] }, outputDimensionality: 8 })),
  });
  const ollama = await json("/api/embed", { model: "e", input: ["a", "b"], dimensions: 8 });
  const openai = await json("/v1/embeddings", { model: "e", input: ["a", "b"], dimensions: 8 });
  const [first, second] = openai.data.map((item: WireJson) => item.embedding);
  assert.deepEqual([gemini.embedding.values, batch.embeddings[1].values], [first, second]);
  assert.deepEqual(ollama.embeddings, [first, second]);
  const cohere = await json("/v2/embed", {
    model: "e",
    texts: ["a"],
    input_type: "search_query",
    output_dimension: 256,
    embedding_types: ["float", "int8", "ubinary", "base64"],
  });
  const { float, int8, ubinary, base64 } = cohere.embeddings;
  assert.deepEqual([float[0].length, int8[0].length, ubinary[0].length], [256, 256, 32]);
  assert.equal(Buffer.from(base64[0], "base64").readFloatLE(0), float[0][0]);
  assert.match((await json("/v2/embed", { model: "e", texts: ["a"] })).message, /input_type/);
});

test("models and counts of the other wires", async () => {
  const get = async (path: string): Promise<WireJson> => (await fetch(new URL(path, mock.url))).json();
  assert.ok(
    (await get("/v1beta/models")).models.every((model: WireJson) => model.name.startsWith("models/")),
  );
  const claude = await fetch(`${mock.url}/models`, { headers: { "anthropic-version": "2023-06-01" } });
  assert.equal(((await claude.json()) as WireJson).data[0].type, "model");
  assert.equal((await get("/api/tags")).models[0].name, "llama3.2:latest");
  assert.match((await get("/api/version")).version, /^\d/);
  const counted = { contents: [{ parts: [{ text: "hi" }] }], x_mock: { promptTokens: 70 } };
  assert.equal((await json("/v1beta/models/m:countTokens", counted)).totalTokens, 70);
  const converse = { input: { converse: { messages: [{ role: "user", content: [{ text: "hi" }] }] } } };
  assert.equal((await json("/model/m/count-tokens", converse)).inputTokens, 9);
});
