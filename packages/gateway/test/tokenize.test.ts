/** `POST /tokenize` in vLLM's shape, and what it does to others. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { type Mock, startMock } from "@headrace/mock-upstream/server";
import { openStream } from "./support/live-stream.ts";
import { type StartedGateway, startGateway } from "./support/started-gateway.ts";

const KEY = "sk-for-everything";
const NARROW_KEY = "sk-for-the-house-model";

interface Tokenized {
  readonly count: number;
  readonly max_model_len: number;
  readonly tokens: readonly number[];
  readonly token_strs: readonly string[] | null;
  readonly exact: boolean;
}

/** Varied text, so that the tokeniser finds no short way through it. */
function words(bytes: number): string {
  let text = "";
  for (let i = 0; text.length < bytes; i++) text += `${(i * 2_654_435_761).toString(36)} word${i % 977}, `;
  return text.slice(0, bytes);
}

describe("/tokenize", { timeout: 60_000 }, () => {
  let mock: Mock;
  let gateway: StartedGateway;

  before(async () => {
    mock = await startMock();
    const target = (model: string): object => ({ targets: [{ provider: "p", model }] });
    gateway = await startGateway({
      config: {
        listen: { host: "127.0.0.1" },
        workers: { threads: 1 },
        providers: { p: { adapter: "openai-compatible", baseUrl: mock.url } },
        models: { chat: target("gpt-4o"), house: target("gpt-4"), local: target("qwen3") },
        aliases: { nick: "house" },
        limits: { bodyBytes: 2_000_000 },
        keys: [
          { name: "all", key: KEY },
          { name: "narrow", key: NARROW_KEY, models: ["house"] },
        ],
      },
    });
  });

  after(async () => {
    await gateway.stop();
    await mock.close();
  });

  const post = (body: unknown, key: string | null = KEY): Promise<Response> =>
    fetch(`${gateway.url}/tokenize`, {
      method: "POST",
      headers: key === null ? {} : { authorization: `Bearer ${key}` },
      body: typeof body === "string" ? body : JSON.stringify(body),
    });

  const tokenize = async (body: unknown, key = KEY): Promise<Tokenized> => {
    const response = await post(body, key);
    assert.equal(response.status, 200);
    assert.equal(response.headers.get("content-type"), "application/json");
    return (await response.json()) as Tokenized;
  };

  it("answers a prompt with vLLM's fields", async () => {
    assert.deepEqual(await tokenize({ model: "house", prompt: "hello world" }), {
      count: 2,
      max_model_len: 8192,
      tokens: [15339, 1917],
      token_strs: null,
      exact: true,
    });
  });

  it("goes by what the provider calls the model, for an alias too", async () => {
    const { tokens } = await tokenize({ model: "nick", prompt: "hello world" });
    assert.deepEqual(tokens, [15339, 1917]);
    const other = await tokenize({ model: "chat", prompt: "hello world" });
    assert.deepEqual([other.count, other.exact, other.max_model_len], [2, true, 128_000]);
    assert.notDeepEqual(other.tokens, tokens);
  });

  it("says so when it can only guess", async () => {
    assert.equal((await tokenize({ model: "local", prompt: "hello world" })).exact, false);
  });

  it("counts messages with their framing, and gives the tokens' texts when asked", async () => {
    const messages = [{ role: "user", content: "hello world" }];
    const answer = await tokenize({ model: "house", messages, return_token_strs: true });
    assert.equal(answer.count, answer.tokens.length);
    assert.equal(answer.token_strs?.length, answer.count);
    assert.match(answer.token_strs?.join("") ?? "", /user.*hello world.*assistant/s);
    const bare = await tokenize({ model: "house", messages, add_generation_prompt: false });
    assert.ok(bare.count < answer.count);
  });

  it("takes an empty prompt", async () => {
    assert.deepEqual((await tokenize({ model: "house", prompt: "" })).tokens, []);
  });

  for (const [name, body, status, code, param] of [
    ["no JSON", "{", 400, "invalid_json", null],
    ["no object", "[]", 400, "body_not_object", null],
    ["no body", "", 400, "invalid_json", null],
    ["no model", { prompt: "x" }, 400, "missing_field", "model"],
    ["nothing to count", { model: "house" }, 400, "missing_field", "prompt"],
    ["a prompt that is no text", { model: "house", prompt: 7 }, 400, "invalid_field", "prompt"],
    ["messages that are no list", { model: "house", messages: {} }, 400, "invalid_field", "messages"],
    ["an unknown model", { model: "nobody", prompt: "x" }, 404, "model_not_found", "model"],
    ["too much", { model: "house", prompt: "x".repeat(2_000_000) }, 413, "body_too_large", null],
  ] as const) {
    it(`refuses ${name}`, async () => {
      const response = await post(body);
      const { error } = (await response.json()) as { error: { code: string; param: string | null } };
      assert.deepEqual([response.status, error.code, error.param], [status, code, param]);
    });
  }

  it("asks for a key, and for the right one", async () => {
    const body = { model: "chat", prompt: "x" };
    for (const [key, status] of [
      [null, 401],
      ["sk-unknown-key", 401],
      [NARROW_KEY, 403],
      [KEY, 200],
    ] as const) {
      const response = await post(body, key);
      await response.arrayBuffer();
      assert.equal(response.status, status);
    }
    assert.equal((await tokenize({ model: "nick", prompt: "hello world" }, NARROW_KEY)).count, 2);
  });

  it("is counted and logged without what was sent", async () => {
    await tokenize({ model: "house", prompt: "a very private sentence" });
    const line = await gateway.waitForLog(
      ({ endpoint, status }) => endpoint === "tokenize" && status === 200,
    );
    assert.equal(line.keyName, "all");
    assert.ok(!gateway.stdout.includes("very private"));
  });

  it("of a megabyte holds up no stream", async () => {
    const prompt = words(1_000_000);
    const timed = async (): Promise<number> => {
      const startedAtMs = performance.now();
      const { count } = await tokenize({ model: "house", prompt });
      assert.ok(count > 200_000);
      return performance.now() - startedAtMs;
    };
    await timed(); // loads the tables
    const stream = await openStream({
      port: gateway.port,
      key: KEY,
      mock: { chunks: 100_000, tokensPerSecond: 200 },
    });
    const arrivedAtMs: number[] = [];
    stream.response.on("data", () => arrivedAtMs.push(performance.now()));
    const tookMs = await timed();
    stream.response.destroy();
    const gaps = arrivedAtMs.slice(1).map((at, i) => at - (arrivedAtMs[i] ?? at));
    const longestMs = Math.max(...gaps);
    assert.ok(gaps.length > 10, `${gaps.length + 1} events in ${tookMs} ms`);
    // On the stream's own thread the longest gap would be nearly all of that time.
    assert.ok(longestMs < tookMs / 2, `no event for ${longestMs} of ${tookMs} ms`);
  });
});
