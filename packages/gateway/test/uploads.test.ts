import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { after, before, describe, it } from "node:test";
import OpenAI, { toFile } from "openai";
import { KEY, type MockGateway, startMockGateway, UPSTREAM_MODEL } from "./support/mock-gateway.ts";
import { closeWithNothingLeft } from "./support/nothing-left.ts";

const AUDIO = randomBytes(600_000);

function sha256(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}

describe("uploads of the official client", () => {
  let up: MockGateway;
  let client: OpenAI;
  before(async () => {
    up = await startMockGateway();
    client = new OpenAI({ baseURL: up.baseUrl, apiKey: KEY, maxRetries: 0 });
  });
  after(() => closeWithNothingLeft(up));

  it("transcribes a file that stands before its model", async () => {
    const file = await toFile(AUDIO, "speech.mp3");
    const { data, response } = await client.audio.transcriptions
      .create({ file, model: "chat", language: "en" })
      .withResponse();
    assert.match(data.text, new RegExp(`speech.mp3 has 600000 bytes with the hash ${sha256(AUDIO)}`));
    const received = up.mock.received.at(-1);
    assert.match(
      received?.bodyBytes.toString("latin1") ?? "",
      new RegExp(`name="model"\r\n\r\n${UPSTREAM_MODEL}\r\n`),
    );
    assert.equal(response.headers.get("x-headrace-provider"), "mock-provider");
    assert.equal(response.headers.get("x-headrace-model"), UPSTREAM_MODEL);
    const log = await up.logOf(response.headers.get("x-request-id"));
    assert.deepEqual(
      [log.endpoint, log.model, log.status, log.keyName, log.stream],
      ["transcriptions", "chat", 200, "client", false],
    );
    assert.equal(log.requestBytes, (received?.bodyBytes.length ?? 0) - UPSTREAM_MODEL.length + "chat".length);
  });
});
