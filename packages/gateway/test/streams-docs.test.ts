/** The configuration of docs/streams.md, started and asked: it does what the page says. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { sseOf } from "@headrace/mock-upstream/testing/raw-client";
import { startDocumented } from "./support/documented-routes.ts";

const PAGE = readFileSync(new URL("../../../docs/streams.md", import.meta.url), "utf8");

function block(language: string): string {
  const found = new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, "ms").exec(PAGE)?.[1];
  assert.ok(found !== undefined, `the page has no ${language}`);
  return found;
}

test("docs/streams.md: a text that breaks off is gone on with", { timeout: 60_000 }, async () => {
  const up = await startDocumented(block("yaml"));
  try {
    // One command a line for the runner.
    const lines = await up.run(block("sh").replaceAll("\\\n", " "));
    const events = sseOf(Buffer.from(`${lines.at(-1)?.printed}\n\n`)).data;
    const chunks = events
      .slice(0, -1)
      .map((data) => JSON.parse(data) as { choices: { delta: { content?: string } }[] });
    const text = chunks.flatMap(({ choices }) => choices.map(({ delta }) => delta.content ?? "")).join("");
    assert.equal(text, "The channel carries water to the wheel.");
    assert.equal(events.at(-1), "[DONE]");
    assert.deepEqual(up.seen(), { a: 1, b: 1, c: 0 });
    const told = `${up.gateway.adminUrl}/admin/requests`;
    const { requests } = (await (await fetch(told)).json()) as { requests: readonly { id: string }[] };
    const call = (await (await fetch(`${told}/${requests[0]?.id}`)).json()) as {
      tries: readonly { provider: string; reason: string }[];
    };
    const tries = call.tries.map(({ provider, reason }) => [provider, reason]);
    assert.deepEqual(tries, [
      ["a", "first"],
      ["b", "continuation"],
    ]);
  } finally {
    await up.close();
  }
});
