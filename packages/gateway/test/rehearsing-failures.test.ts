/** The configs of docs/rehearsing-failures.md do what the page says of them. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { startGateway } from "./support/started-gateway.ts";

const PAGE = readFileSync(
  fileURLToPath(new URL("../../../docs/rehearsing-failures.md", import.meta.url)),
  "utf8",
);
const [byHeader = "", byRules = ""] = [...PAGE.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, yaml]) => yaml);
const CALLS = 60;

function chat(url: string, headers: Readonly<Record<string, string>>): Promise<Response> {
  return fetch(`${url}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify({ model: "chat", messages: [{ role: "user", content: "Hello!" }] }),
  });
}

test("by a header: the call goes on to the other provider and says why", { timeout: 60_000 }, async () => {
  const gateway = await startGateway({ config: byHeader });
  const answer = await chat(gateway.url, {
    authorization: "Bearer hr-rehearse-with-me",
    "x-headrace-fault": "status=503; provider=one",
  });
  await answer.arrayBuffer();
  const [, shown = ""] = /```\nHTTP\/1\.1 (200 OK\n[\s\S]*?)```/.exec(PAGE) ?? [];
  const [status, ...lines] = shown.trim().split("\n");
  assert.equal(`${answer.status} ${answer.statusText}`, status);
  assert.equal(lines.length, 4);
  for (const line of lines) {
    const [name = "", value] = line.split(": ");
    assert.equal(answer.headers.get(name), value);
  }
  await gateway.stop();
});

test("by rules: every call is answered, and some say what they met", { timeout: 60_000 }, async () => {
  const gateway = await startGateway({ config: byRules });
  const headers = { authorization: "Bearer hr-the-application" };
  const answers = await Promise.all(
    Array.from({ length: CALLS }, async () => {
      const answer = await chat(gateway.url, headers);
      await answer.arrayBuffer();
      return answer;
    }),
  );
  assert.deepEqual(
    answers.filter(({ status }) => status !== 200),
    [],
  );
  // None of 60 would meet one but for a chance of 1 in 10^8.
  assert.ok(answers.some((answer) => answer.headers.get("x-headrace-fault") !== null));
  await gateway.stop();
});
