/**
 * Three providers, one of which fails in every way that the mock can, under hundreds of streams at once. The number of
 * streams is that of HEADRACE_CHAOS_STREAMS, 300 unless told.
 */
import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { FAULTS } from "@headrace/mock-upstream/behaviour/faults";
import { isWhole, lastError, openStream, type StreamEnding } from "./support/live-stream.ts";
import { closeWithNothingLeft, openRequests } from "./support/nothing-left.ts";
import { type RoutedGateway, startRoutedGateway } from "./support/routed-gateway.ts";

const STREAMS = Number(process.env.HEADRACE_CHAOS_STREAMS ?? 300);
const PROVIDERS = ["a", "b", "c"] as const;
/** Each word once, so that nothing can be said twice unseen; some of more bytes than letters. */
const TEXT = "Ein Mühlrad dreht sich über dem Wehr, 水車 und Schütz halten den Bach, bis Abend wird.";
/** Of all streams at once a third may have to go elsewhere, fault after fault. */
const BUDGET = { share: 0.2, burst: Math.max(500, 2 * STREAMS) };
/** pino's level of what somebody has to look at. */
const ERROR_LEVEL = 50;

/**
 * What has to become of the streams that come to the provider with the fault: `whole`, nothing is wrong with them; `moved`, a
 * healthy provider serves them; `told`, they break after text was sent, and say so.
 */
type Outcome = "whole" | "moved" | "told";

const OUTCOMES: Readonly<Record<string, Outcome>> = {
  none: "whole",
  "never-answer": "moved",
  "byte-by-byte": "whole",
  "cut-before-headers": "moved",
  "split-utf8": "whole",
  stall: "told",
  cut: "told",
  "cut-bytes": "moved",
  crlf: "whole",
  "eof-without-done": "whole",
  "eof-without-finish": "told",
  "malformed-event": "told",
  "error-first-event": "moved",
  "split-crlf": "whole",
  "error-event": "told",
  "error-event-no-done": "told",
  "json-error-200": "moved",
  "comment-before": "whole",
  "html-error": "moved",
  comments: "whole",
  redirect: "moved",
  "big-event": "whole",
  "rate-limited": "moved",
  gzip: "whole",
  overloaded: "moved",
  "close-delimited": "whole",
  "usage-twice": "whole",
  "wrong-content-type": "moved",
};
/** Faults that only a clock ends. Elsewhere none may run out on a machine that has other things to do. */
const SILENT: ReadonlySet<string> = new Set(["never-answer", "stall"]);
const SHORT_TIMEOUTS = { firstByteMs: 2_500, idleMs: 1_500 };
const LONG_TIMEOUTS = { firstByteMs: 60_000, idleMs: 60_000 };
/** Only binary framing has a checksum to break. */
const NOT_OF_THIS_WIRE: ReadonlySet<string> = new Set(["corrupt-event"]);

interface Seen extends StreamEnding {
  readonly status: number;
  readonly provider: string;
  readonly text: string;
}

let up: RoutedGateway;
const sent = { calls: 0, tries: 0 };

before(async () => {
  // A model, and so targets, of its own for each fault: none begins with what the last one did to their health.
  const models = Object.keys(OUTCOMES).map((fault) => {
    const targets = PROVIDERS.map((provider) => ({ provider, model: fault }));
    const timeouts = SILENT.has(fault) ? SHORT_TIMEOUTS : LONG_TIMEOUTS;
    return [fault, { strategy: { type: "round-robin" }, targets, timeouts }] as const;
  });
  up = await startRoutedGateway({
    providers: PROVIDERS,
    provider: { breaker: { enabled: true } },
    models: Object.fromEntries(models),
    config: { routing: { retryBudget: BUDGET } },
  });
});
after(() => closeWithNothingLeft(up));

async function readStream(model: string): Promise<Seen> {
  const { response, ended } = await openStream({ port: up.gateway.port, model });
  const ending = await ended;
  return {
    ...ending,
    status: response.statusCode ?? 0,
    provider: String(response.headers["x-headrace-provider"]),
    text: textOf(ending),
  };
}

/** What was said, without what the mock puts before the first word of a big event. */
function textOf({ data }: StreamEnding): string {
  const words = data
    .filter((line) => line !== "[DONE]")
    .map((line) => {
      const event = JSON.parse(line) as { choices?: { delta?: { content?: string } }[] };
      return event.choices?.[0]?.delta?.content ?? "";
    });
  return words.join("").replace(/^\.+/, "");
}

function assertWhole(seen: Seen): void {
  assert.deepEqual([seen.status, seen.text, isWhole(seen)], [200, TEXT, true], seen.data.at(-1));
}

/** It began, said nothing twice, and ended with an error rather than as a whole answer does. */
function assertTold(seen: Seen): void {
  assert.equal(seen.status, 200);
  assert.ok(seen.text !== TEXT && TEXT.startsWith(seen.text), seen.text);
  assert.ok(!seen.data.includes("[DONE]") || !isWhole(seen), "a broken stream ended as a whole one does");
  assert.notEqual(lastError(seen), null, seen.data.at(-1));
}

interface HealthOfTarget {
  readonly model: string | null;
  readonly inFlight: number;
}

interface AdminHealth {
  readonly processes: readonly { readonly targets: readonly HealthOfTarget[] }[];
}

/** Calls that the gateway believes to be at work at any target. */
async function inFlight(): Promise<number> {
  const response = await fetch(`${up.gateway.adminUrl}/admin/health`);
  const { processes } = (await response.json()) as AdminHealth;
  const targets = processes.flatMap((process) => process.targets).filter(({ model }) => model !== null);
  assert.equal(targets.length, PROVIDERS.length * Object.keys(OUTCOMES).length);
  return targets.reduce((sum, target) => sum + target.inFlight, 0);
}

suite(`one of three providers fails under ${STREAMS} streams`, { timeout: 300_000 }, () => {
  test("every fault of the mock is here", () => {
    const faults = Object.keys(FAULTS).filter((name) => !NOT_OF_THIS_WIRE.has(name));
    assert.deepEqual(Object.keys(OUTCOMES).toSorted(), faults.toSorted());
  });

  for (const [fault, outcome] of Object.entries(OUTCOMES)) {
    test(`${fault}: ${outcome}`, async () => {
      up.clear();
      for (const name of PROVIDERS) up.mock(name).setFaults({ content: TEXT });
      up.mock("a").setFaults({ content: TEXT, fault });
      const streams = await Promise.all(Array.from({ length: STREAMS }, () => readStream(fault)));
      const tries = PROVIDERS.reduce((sum, name) => sum + up.mock(name).counts.requests, 0);
      sent.calls += STREAMS;
      sent.tries += tries;

      const atA = streams.filter(({ provider }) => provider === "a");
      for (const seen of streams) {
        if (outcome === "told" && seen.provider === "a") assertTold(seen);
        else assertWhole(seen);
      }
      const extra = tries - STREAMS;
      assert.equal(extra > 0, outcome === "moved", `${extra} tries more than calls`);
      assert.ok(up.mock("a").counts.requests > 0, "the provider with the fault was never asked");
      assert.equal(atA.length > 0, outcome !== "moved");
      await openRequests(up.gateway);
      assert.equal(await inFlight(), 0);
    });
  }

  test("all the while the tries kept to the budget, and nothing went wrong in the gateway itself", () => {
    const { calls, tries } = sent;
    assert.ok(tries - calls <= BUDGET.share * calls + BUDGET.burst, `${tries} tries for ${calls} calls`);
    const errors = up.gateway.logs.filter(
      ({ level, errorCode }) => Number(level) >= ERROR_LEVEL || errorCode === "internal_error",
    );
    assert.deepEqual(errors, []);
  });
});
