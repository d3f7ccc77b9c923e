/** What a stream cost, told at its end to clients that ask: on every wire, and read past by the official SDKs. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import Anthropic from "@anthropic-ai/sdk";
import { GoogleGenAI } from "@google/genai";
import { type Mock, startMock } from "@headrace/mock-upstream/server";
import OpenAI from "openai";
import { type GatewayBeforeMocks, startBeforeMocks } from "./support/gateway-before-mocks.ts";
import { KEY, PROVIDER_KEY } from "./support/mock-gateway.ts";
import { closeWithNothingLeft } from "./support/nothing-left.ts";

const PROMPT = "Say it in a few words.";
const ASKED = { "x-headrace-stream-cost": "true" };
const PRICE = { inputUsdPerMillion: 3, outputUsdPerMillion: 15 };
const CHAT = { messages: [{ role: "user", content: PROMPT }], stream: true };

/** A wire's call, how the note is written there, and what ends its streams. */
const WIRES: readonly (readonly [name: string, path: string, body: object, note: RegExp, end: RegExp])[] = [
  ["chat", "/v1/chat/completions", { model: "chat", ...CHAT }, /^: headrace ({.*})$/m, /^data: \[DONE\]$/m],
  [
    "messages",
    "/v1/messages",
    { model: "chat", max_tokens: 100, ...CHAT },
    /^: headrace ({.*})$/m,
    /^event: message_stop$/m,
  ],
  [
    "messages, passed on",
    "/v1/messages",
    { model: "claude", max_tokens: 100, ...CHAT },
    /^: headrace ({.*})$/m,
    /^event: message_stop$/m,
  ],
  [
    "responses",
    "/v1/responses",
    { model: "chat", input: PROMPT, stream: true },
    /^: headrace ({.*})$/m,
    /^event: response\.completed$/m,
  ],
  [
    "gemini",
    "/v1beta/models/chat:streamGenerateContent?alt=sse",
    { contents: [{ role: "user", parts: [{ text: PROMPT }] }] },
    /^data: {"headrace":({[^}]*}),.*"finishReason"/m,
    /$(?![\s\S])/,
  ],
];

describe("the cost of a stream", () => {
  let mock: Mock;
  let up: GatewayBeforeMocks & { readonly mock: Mock };
  before(async () => {
    mock = await startMock({ requireKey: PROVIDER_KEY });
    const target = (provider: string): object => ({
      targets: [{ provider, model: "upstream-model" }],
      retry: { attempts: 1 },
    });
    const config = {
      listen: { host: "127.0.0.1" },
      providers: {
        p: { adapter: "openai-compatible", baseUrl: mock.url, apiKey: PROVIDER_KEY },
        a: { adapter: "anthropic", baseUrl: mock.url, apiKey: PROVIDER_KEY },
      },
      models: {
        chat: target("p"),
        claude: target("a"),
        unpriced: { targets: [{ provider: "p", model: "house" }] },
      },
      prices: { "upstream-model": PRICE },
      keys: [{ name: "client", key: KEY }],
    };
    up = { mock, ...(await startBeforeMocks([mock], { config, processes: 1 })) };
  });
  after(() => closeWithNothingLeft(up));

  async function ask(path: string, body: object, headers: Record<string, string>): Promise<[string, string]> {
    const response = await fetch(`${up.gateway.url}${path}`, {
      method: "POST",
      headers: { authorization: `Bearer ${KEY}`, "content-type": "application/json", ...headers },
      body: JSON.stringify(body),
    });
    return [
      await response.text(),
      response.headers.get("x-request-id") ?? response.headers.get("request-id") ?? "",
    ];
  }

  for (const [name, path, body, form, end] of WIRES) {
    it(`is told before the end of a stream of ${name}, as in the log, and only to who asks`, async () => {
      const [told, requestId] = await ask(path, body, ASKED);
      const note = form.exec(told);
      assert.ok(note !== null, told);
      const { costUsd, inputTokens, outputTokens, ...rest } = JSON.parse(note[1] ?? "");
      assert.deepEqual(rest, { attempts: 1, usageSource: "reported" });
      assert.ok(inputTokens > 0 && outputTokens > 0);
      const expected =
        (inputTokens * PRICE.inputUsdPerMillion + outputTokens * PRICE.outputUsdPerMillion) / 1e6;
      assert.equal(costUsd, Number(expected.toFixed(9)));
      const log = await up.logOf(requestId);
      assert.deepEqual([log.inputTokens, log.outputTokens], [inputTokens, outputTokens]);
      const closing = end.exec(told);
      assert.ok(closing !== null && note.index < closing.index, told);
      const [plain] = await ask(path, body, {});
      assert.doesNotMatch(plain, form);
    });
  }

  it("is null where no price is known, and stands before the error of a stream that breaks", async () => {
    const [unpriced] = await ask("/v1/chat/completions", { model: "unpriced", ...CHAT }, ASKED);
    assert.match(unpriced, /^: headrace {"costUsd":null,"inputTokens":\d+,/m);
    up.mock.setFaults({ fault: "cut", cutAfterEvents: 3 }, { times: 1 });
    const [broken] = await ask("/v1/chat/completions", { model: "chat", ...CHAT }, ASKED);
    assert.match(
      broken,
      /\n\n: headrace {"costUsd":[\d.]+,"inputTokens":\d+,"outputTokens":\d+,"attempts":1,"usageSource":"estimated"}\n\ndata: {"error":.*\n\n$/,
    );
  });

  it("is read past by OpenAI's SDK", async () => {
    const client = new OpenAI({ baseURL: up.baseUrl, apiKey: KEY, maxRetries: 0, defaultHeaders: ASKED });
    const asked = { model: "chat", messages: [{ role: "user" as const, content: PROMPT }] };
    let text = "";
    for await (const chunk of await client.chat.completions.create({ ...asked, stream: true }))
      text += chunk.choices[0]?.delta.content ?? "";
    assert.ok(text.length > 0);
    const response = client.responses.stream({ model: "chat", input: PROMPT });
    assert.ok((await response.finalResponse()).output_text.length > 0);
  });

  it("is read past by Anthropic's SDK", async () => {
    const client = new Anthropic({
      baseURL: up.gateway.url,
      apiKey: KEY,
      maxRetries: 0,
      defaultHeaders: ASKED,
    });
    for (const model of ["chat", "claude"]) {
      const asked = { model, max_tokens: 100, messages: [{ role: "user" as const, content: PROMPT }] };
      const { stop_reason, usage } = await client.messages.stream(asked).finalMessage();
      assert.equal(stop_reason, "end_turn");
      assert.ok(usage.output_tokens > 0);
    }
  });

  it("is read past by Google's SDK", async () => {
    const said = async (headers: Record<string, string>): Promise<unknown> => {
      const httpOptions = { baseUrl: up.gateway.url, headers };
      const chat = new GoogleGenAI({ apiKey: KEY, httpOptions }).chats.create({ model: "chat" });
      let text = "";
      for await (const chunk of await chat.sendMessageStream({ message: PROMPT })) text += chunk.text ?? "";
      assert.ok(text.length > 0);
      return [text, chat.getHistory()];
    };
    assert.deepEqual(await said(ASKED), await said({}));
  });
});
