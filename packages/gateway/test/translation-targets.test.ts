/** What a provider cannot take leads to the next target, and whatever thread had the body, it arrives there whole. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { type Mock, startMock } from "@headrace/mock-upstream/server";
import { type StartedGateway, startGateway } from "./support/started-gateway.ts";

const KEY = "sk-client-key";
const WORDS = "The water ran down the headrace to the wheel. ".repeat(40);

for (const [place, offloadAboveBytes] of [
  ["inline", 1_000_000],
  ["on a thread", 0],
] as const) {
  describe(`a translated request, ${place}`, { timeout: 60_000 }, () => {
    let mock: Mock;
    let gateway: StartedGateway;

    before(async () => {
      mock = await startMock();
      const root = mock.url;
      const anthropic = { adapter: "anthropic", baseUrl: root, apiKey: "sk-ant-test-key" };
      gateway = await startGateway({
        config: {
          listen: { host: "127.0.0.1" },
          workers: { threads: 1, offloadAboveBytes },
          logs: { access: true },
          providers: {
            strict: { ...anthropic, unsupportedParams: "reject" },
            lenient: anthropic,
            silent: { ...anthropic, unsupportedParams: "drop" },
            foreign: { adapter: "openai-compatible", baseUrl: root, unsupportedParams: "reject" },
          },
          models: {
            both: {
              strategy: { type: "fallback" },
              targets: [
                { provider: "strict", model: "claude-sonnet-4-5" },
                { provider: "lenient", model: "claude-sonnet-4-5" },
              ],
            },
            strict: { targets: [{ provider: "strict", model: "claude-sonnet-4-5" }] },
            foreign: { targets: [{ provider: "foreign", model: "gpt-4o" }] },
            silent: { targets: [{ provider: "silent", model: "claude-sonnet-4-5" }] },
          },
          keys: [{ name: "client", key: KEY }],
        },
      });
    });
    after(async () => {
      await gateway.stop();
      await mock.close();
    });

    const ask = (model: string): Promise<Response> => {
      mock.clear();
      return fetch(`${gateway.url}/v1/chat/completions`, {
        method: "POST",
        headers: { authorization: `Bearer ${KEY}`, "x-request-id": `ask-${model}` },
        body: JSON.stringify({
          model,
          messages: [{ role: "user", content: WORDS }],
          logit_bias: { 1: 2 },
          "odd\r\nname": 1,
        }),
      });
    };

    const loggedFor = (model: string): Promise<{ readonly droppedParams?: unknown }> =>
      gateway.waitForLog((line) => line.msg === "request" && line.requestId === `ask-${model}`);

    it("is not refused for betas that its client would try, and is for what depends on them", async () => {
      const askFor = (more: object): Promise<Response> => {
        mock.clear();
        return fetch(`${gateway.url}/v1/messages`, {
          method: "POST",
          headers: {
            "x-api-key": KEY,
            "anthropic-version": "2023-06-01",
            "anthropic-beta": "claude-code-20250219,context-management-2025-06-27",
          },
          body: JSON.stringify({
            model: "foreign",
            max_tokens: 100,
            messages: [{ role: "user", content: WORDS }],
            ...more,
          }),
        });
      };
      const taken = await askFor({});
      assert.equal(taken.status, 200);
      assert.equal(taken.headers.get("x-headrace-dropped-params"), "anthropic-beta");
      const refused = await askFor({ context_management: { edits: [{ type: "clear_tool_uses_20250919" }] } });
      assert.equal(refused.status, 400);
      const { error } = (await refused.json()) as { error: Record<string, unknown> };
      assert.match(String(error.message), /cannot take context_management\. /);
      assert.equal(mock.counts.requests, 0);
    });

    it("is refused by a provider that wants nothing left out", async () => {
      const answer = await ask("strict");
      assert.equal(answer.status, 400);
      const { error } = (await answer.json()) as { error: Record<string, unknown> };
      assert.equal(error.code, "unsupported_param");
      assert.equal(error.param, "logit_bias");
      assert.equal(mock.counts.requests, 0);
    });

    it("goes to the next target whole, and names what was left out", async () => {
      const answer = await ask("both");
      assert.equal(answer.status, 200);
      assert.equal(answer.headers.get("x-headrace-provider"), "lenient");
      assert.equal(answer.headers.get("x-headrace-attempts"), "2");
      assert.equal(answer.headers.get("x-headrace-dropped-params"), "logit_bias, odd%0D%0Aname");
      const [received] = mock.received;
      const body = JSON.parse(Buffer.from(received?.bodyBytes ?? []).toString());
      assert.deepEqual(body.messages, [{ role: "user", content: [{ type: "text", text: WORDS }] }]);
      assert.deepEqual((await loggedFor("both")).droppedParams, ["logit_bias", "odd\r\nname"]);
    });

    it("is named in the header alone where the config wants no more", async () => {
      const answer = await ask("silent");
      assert.equal(answer.status, 200);
      assert.equal(answer.headers.get("x-headrace-dropped-params"), "logit_bias, odd%0D%0Aname");
      assert.equal((await loggedFor("silent")).droppedParams, undefined);
    });
  });
}
