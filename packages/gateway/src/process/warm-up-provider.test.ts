import assert from "node:assert/strict";
import { test } from "node:test";
import { startWarmUpProvider } from "./warm-up-provider.ts";

async function ask(url: string, stream: boolean): Promise<Response> {
  return fetch(`${url}/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ model: "m", stream, messages: [] }),
  });
}

test("the warm-up's provider answers whole and streamed, again and again, with usage", async () => {
  const provider = await startWarmUpProvider();
  try {
    for (let round = 0; round < 3; round++) {
      const answer: unknown = await (await ask(provider.url, false)).json();
      assert.ok(typeof answer === "object" && answer !== null && "usage" in answer && "choices" in answer);
      const events = (await (await ask(provider.url, true)).text()).trimEnd().split("\n\n");
      assert.equal(events.length, 24);
      assert.equal(events.at(-1), "data: [DONE]");
      const parsed: unknown[] = events.slice(0, -1).map((event) => JSON.parse(event.slice("data: ".length)));
      assert.match(JSON.stringify(parsed.at(-1)), /"choices":\[\],"usage":\{"prompt_tokens":9/);
    }
  } finally {
    await provider.close();
  }
});
