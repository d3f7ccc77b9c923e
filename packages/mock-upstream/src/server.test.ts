import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type Mock, startMock } from "./server.ts";

const MESSAGES = [{ role: "user", content: "hi" }];
let mock: Mock;
before(async () => {
  mock = await startMock();
});
after(() => mock.close());

function post(path: string, body: object): Promise<Response> {
  return fetch(mock.url + path, { method: "POST", body: JSON.stringify(body) });
}

test("a plain chat completion has the model asked for and the same bytes each time", async () => {
  const answers = [1, 2].map(async () => {
    const response = await post("/chat/completions", { model: "gpt-4o", messages: MESSAGES });
    assert.equal(response.status, 200);
    assert.equal(response.headers.get("content-type"), "application/json");
    return response.text();
  });
  const [first, second] = await Promise.all(answers);
  assert.equal(first, second);
  const answer = JSON.parse(first ?? "");
  assert.equal(answer.model, "gpt-4o");
  assert.equal(answer.usage.total_tokens, answer.usage.prompt_tokens + answer.usage.completion_tokens);
});

test("a streamed chat completion carries the plain answer's text and ends with [DONE]", async () => {
  const plain = JSON.parse(
    await (await post("/chat/completions", { model: "m", messages: MESSAGES })).text(),
  );
  const response = await post("/chat/completions", { model: "m", messages: MESSAGES, stream: true });
  const events = (await response.text()).split("\n\n").filter((event) => event !== "");
  assert.equal(events.at(-1), "data: [DONE]");
  const deltas = events
    .slice(0, -1)
    .map((event) => JSON.parse(event.slice("data: ".length)).choices[0].delta);
  assert.equal(deltas.map((delta) => delta.content ?? "").join(""), plain.choices[0].message.content);
});
