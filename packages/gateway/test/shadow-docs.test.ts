/** The config of docs/shadow.md does what the page says of it. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { SHADOW_OUTCOMES } from "../src/shadow/shadow-outcome.ts";
import type { ShadowReport } from "../src/shadow/shadow-report.ts";
import { startDocumented } from "./support/documented-routes.ts";

const PAGE = readFileSync(fileURLToPath(new URL("../../../docs/shadow.md", import.meta.url)), "utf8");
const [, config = ""] = /```yaml\n([\s\S]*?)```/.exec(PAGE) ?? [];
const contents = [...PAGE.matchAll(/--content '([^']+)'/g)].map(([, content = ""]) => content);
const CALLS = 3;

test("the report says what the page says", { timeout: 60_000 }, async () => {
  const up = await startDocumented(config);
  try {
    const [ofPresent = "", ofCandidate = ""] = contents;
    up.a.setFaults({ content: ofPresent });
    up.b.setFaults({ content: ofCandidate, latencyMs: 100 });
    for (let i = 0; i < CALLS; i++) {
      const answer = await up.ask("chat");
      const id = answer.headers.get("x-request-id");
      assert.ok(answer.body.includes(ofPresent));
      await up.gateway.waitForLog(({ msg, requestId }) => msg === "shadow" && requestId === id);
    }
    const response = await fetch(`${up.gateway.adminUrl}/admin/shadow`);
    const { shadows } = (await response.json()) as { shadows: readonly ShadowReport[] };
    assert.deepEqual(
      shadows.map(({ model, target, outcomes, similarity }) => [model, target, outcomes, similarity?.mean]),
      [["chat", { provider: "candidate", model: "gpt-4.1-mini" }, { compared: CALLS }, 0.714286]],
    );
    const [report] = shadows;
    assert.ok((report?.latencyDifferenceMs.firstByte?.p50 ?? 0) > 50);
    assert.ok((report?.costUsd?.meanDifference ?? 0) < 0);
  } finally {
    await up.close();
  }
});

test("the page names every outcome", () => {
  assert.match(PAGE, /have 5 of 7 pairs in common/);
  for (const outcome of SHADOW_OUTCOMES) assert.ok(PAGE.includes(`\`${outcome}\``), outcome);
});
