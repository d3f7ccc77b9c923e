/** Providers that fail: what is tried again, where the next try goes, and what the client hears when nothing helps. */
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import type { ErrorCode } from "@headrace/core/errors/table";
import type { BehaviourPatch } from "@headrace/mock-upstream/behaviour/parse";
import { type RawListener, startRawListener } from "@headrace/mock-upstream/raw-listener";
import type { Mock } from "@headrace/mock-upstream/server";
import { askChat } from "./support/good-call.ts";
import type { RawAnswer } from "./support/http-connection.ts";
import { PROVIDER_KEY } from "./support/mock-gateway.ts";
import { closeWithNothingLeft } from "./support/nothing-left.ts";
import { assertRefusal } from "./support/refusals.ts";
import {
  type ModelOptions,
  SECOND_MODEL,
  startTwoProviderGateway,
  type TwoProviderGateway,
} from "./support/two-provider-gateway.ts";

const FIRST_BYTE_MS = 200;
const DEFAULT_RETRIED = [408, 429, 500, 502, 503, 504, 529];
const PASSED_ON = [400, 402, 403, 404, 409, 413, 422, 501];

const MODELS: Readonly<Record<string, ModelOptions>> = {
  once: { providers: ["first"], retry: { attempts: 1 } },
  twice: { providers: ["first"] },
  thrice: { providers: ["first"], retry: { attempts: 3 } },
  picky: { providers: ["first"], retry: { attempts: 3, statuses: [418] } },
  stubborn: { providers: ["first"], retry: { attempts: 3, statuses: [] } },
  hurried: {
    providers: ["first"],
    timeouts: { firstByteMs: FIRST_BYTE_MS, plainFirstByteMs: FIRST_BYTE_MS },
  },
  either: { providers: ["first", "second"], retry: { attempts: 1 } },
  "either-twice": { providers: ["first", "second"] },
  limited: { providers: ["first"] },
  "limited-plain": { providers: ["first", "second"] },
  "limited-streamed": { providers: ["first", "second"] },
  "either-hurried": {
    providers: ["first", "second"],
    retry: { attempts: 1 },
    timeouts: { firstByteMs: FIRST_BYTE_MS, plainFirstByteMs: FIRST_BYTE_MS },
  },
  "either-twice-hurried": {
    providers: ["first", "second"],
    timeouts: { firstByteMs: FIRST_BYTE_MS, plainFirstByteMs: FIRST_BYTE_MS },
  },
  "gone-then-second": { providers: ["gone", "second"], retry: { attempts: 1 } },
  "nowhere-then-second": { providers: ["nowhere", "second"], retry: { attempts: 1 } },
  "all-gone": { providers: ["gone", "nowhere"] },
  untyped: { providers: ["untyped"], retry: { attempts: 1 } },
  overlong: { providers: ["overlong"], retry: { attempts: 1 } },
};

/** Longer than any name can be, so that this machine itself says no and no network is waited for. */
const NO_HOST_NAME = `${"n".repeat(64)}.invalid`;

const HEAD = "HTTP/1.1 200 OK\r\n";
const untypedAnswer = `${HEAD}content-length: 2\r\n\r\n{}`;
/** More than it announces: what follows the answer belongs to nobody. */
const overlongAnswer = `${HEAD}content-type: application/json\r\ncontent-length: 2\r\n\r\n{}{"more":true}`;

let untyped: RawListener;
let overlong: RawListener;
let up: TwoProviderGateway;

before(async () => {
  [untyped, overlong] = (await Promise.all(
    [untypedAnswer, overlongAnswer].map((bytes) =>
      startRawListener([{ type: "await-request" }, { type: "write", bytes }]),
    ),
  )) as [RawListener, RawListener];
  up = await startTwoProviderGateway(MODELS, {
    nowhere: `http://${NO_HOST_NAME}/v1`,
    untyped: untyped.url,
    overlong: overlong.url,
  });
});
beforeEach(() => {
  up.first.clear();
  up.second.clear();
});
after(async () => {
  await closeWithNothingLeft(up);
  await Promise.all([untyped.close(), overlong.close()]);
});

function ask(model: string, fields: object = {}): Promise<RawAnswer> {
  return askChat(up.gateway.port, { model, ...fields });
}

/** How an answer came about, by its own headers and by what the providers saw. */
function route({ status, headers }: RawAnswer): object {
  return {
    status,
    attempts: Number(headers.get("x-headrace-attempts")),
    provider: headers.get("x-headrace-provider"),
    first: up.first.counts.requests,
    second: up.second.counts.requests,
  };
}

async function assertLogged(
  answer: RawAnswer,
  expected: { readonly errorCode: ErrorCode | null; readonly attempts: number; readonly provider: string },
): Promise<void> {
  const log = await up.logOf(answer.headers.get("x-request-id"));
  const { status, errorCode = null, attempts, provider } = log;
  assert.deepEqual({ status, errorCode, attempts, provider }, { status: answer.status, ...expected });
}

const PASSING_FAULTS: readonly (readonly [name: string, fault: BehaviourPatch])[] = [
  ...DEFAULT_RETRIED.map((status) => [`status ${status}`, { status }] as const),
  ["a page of HTML with status 502", { fault: "html-error" }],
  ["a cut before the head", { fault: "cut-before-headers" }],
  ["a cut body", { cutAfterBytes: 10 }],
  ["an error object with status 200", { fault: "json-error-200" }],
];
for (const [name, fault] of PASSING_FAULTS) {
  for (const stream of [false, true]) {
    test(`${name} is tried again, ${stream ? "streamed" : "plain"}, and the client sees the answer`, async () => {
      up.first.setFaults(fault, { times: 1 });
      const answer = await ask("twice", { stream });
      assert.deepEqual(route(answer), { status: 200, attempts: 2, provider: "first", first: 2, second: 0 });
      const [one, other] = up.first.received;
      assert.deepEqual(one?.bodyBytes, other?.bodyBytes);
    });
  }
}

/** What an error object in place of an answer says of itself, and what the client is told. */
const DISGUISED: readonly (readonly [said: BehaviourPatch, status: number, code: ErrorCode])[] = [
  [{ errorCode: "insufficient_quota" }, 429, "upstream_error"],
  [{ errorType: "invalid_request_error" }, 400, "upstream_error"],
  [{ errorCode: "invalid_api_key" }, 502, "upstream_auth_failed"],
  [{ errorCode: "unheard_of", errorType: "unheard_of" }, 502, "upstream_error"],
];
for (const [said, status, code] of DISGUISED) {
  for (const stream of [false, true]) {
    test(`an error object with status 200 and ${JSON.stringify(said)} is a ${status}, ${stream ? "streamed" : "plain"}`, async () => {
      up.first.setFaults({ fault: "json-error-200", errorMessage: "No room.", ...said });
      const answer = await ask("once", { stream });
      assert.equal(answer.status, status);
      if (code === "upstream_error") assert.match(answer.body, /answered with an error: No room\./);
      await assertLogged(answer, { errorCode: code, attempts: 1, provider: "first" });
    });
  }
}

test("an error object with status 200 sends the call to the next target, if its status may", async () => {
  up.first.setFaults({ fault: "json-error-200", errorType: "invalid_request_error" });
  const refused = await ask("either");
  assert.deepEqual(route(refused), { status: 400, attempts: 1, provider: "first", first: 1, second: 0 });
  up.first.setFaults({ fault: "json-error-200", errorCode: "rate_limit_exceeded" });
  const limited = await ask("either");
  assert.deepEqual(route(limited), { status: 200, attempts: 2, provider: "second", first: 2, second: 1 });
});

/** What was most likely worked on and billed, or will be refused again: only another target can help. */
const LEFT_FAULTS: readonly (readonly [name: string, fault: BehaviourPatch])[] = [
  ["a page of HTML with status 200", { contentType: "text/html", errorBody: "html" }],
  ["a redirect", { fault: "redirect" }],
  ["silence", { fault: "never-answer" }],
  ["a refusal of our own key", { status: 401 }],
];
for (const [name, fault] of LEFT_FAULTS) {
  for (const stream of [false, true]) {
    test(`${name} sends the call to the next target at once, ${stream ? "streamed" : "plain"}`, async () => {
      up.first.setFaults(fault);
      const answer = await ask("either-twice-hurried", { stream });
      assert.deepEqual(route(answer), { status: 200, attempts: 2, provider: "second", first: 1, second: 1 });
    });
  }
}

for (const status of PASSED_ON) {
  test(`status ${status} is not tried again, and passed on with the provider's own words`, async () => {
    up.first.setFaults({ status, errorMessage: "No.", errorCode: "because", errorType: "a_type" });
    const answer = await ask("either-twice");
    assert.deepEqual(route(answer), { status, attempts: 1, provider: "first", first: 1, second: 0 });
    const { error } = JSON.parse(answer.body) as { error: Record<string, unknown> };
    assert.deepEqual([error.message, error.code, error.type], ["No.", "because", "a_type"]);
  });
}

test("attempts are honoured, and the last answer is the client's", async () => {
  up.first.setFaults({ status: 500, errorMessage: "Down." });
  const answer = await ask("thrice");
  assert.deepEqual(route(answer), { status: 500, attempts: 3, provider: "first", first: 3, second: 0 });
  assert.match(answer.body, /Down\./);
  await assertLogged(answer, { errorCode: "upstream_error", attempts: 3, provider: "first" });
});

const STATUSES: readonly (readonly [model: string, status: number, attempts: number])[] = [
  ["picky", 418, 3],
  ["picky", 500, 1],
  ["stubborn", 503, 1],
];
for (const [model, status, attempts] of STATUSES) {
  test(`statuses are honoured: ${model} asks ${attempts} times for ${status}`, async () => {
    up.first.setFaults({ status });
    const answer = await ask(model);
    assert.deepEqual(route(answer), { status, attempts, provider: "first", first: attempts, second: 0 });
  });
}

const PAUSES: readonly (readonly [name: string, patch: BehaviourPatch, pauseMs: number])[] = [
  ["retry-after-ms: 300", { retryAfterMs: 300 }, 300],
  ["retry-after: 1", { retryAfter: "1" }, 1_000],
];
for (const [name, patch, pauseMs] of PAUSES) {
  test(`a 429 with ${name} is tried again no sooner`, async () => {
    up.first.setFaults({ status: 429, ...patch }, { times: 1 });
    const answer = await ask("twice");
    assert.deepEqual(route(answer), { status: 200, attempts: 2, provider: "first", first: 2, second: 0 });
    const [one, other] = up.first.received;
    const pausedMs = (other?.receivedAtMs ?? 0) - (one?.receivedAtMs ?? 0);
    assert.ok(pausedMs >= pauseMs - 5 && pausedMs < pauseMs + 1_000, `${pausedMs} ms`);
  });
}

test("a 429 with a long retry-after is the client's to wait for", async () => {
  up.first.setFaults({ status: 429, retryAfter: "60" });
  const answer = await ask("limited");
  assert.deepEqual(route(answer), { status: 429, attempts: 1, provider: "first", first: 1, second: 0 });
  assert.equal(answer.headers.get("retry-after"), "60");
  assert.equal(answer.headers.get("retry-after-ms"), "60000");
});

const FALLBACKS: readonly (readonly [name: string, model: string, fault: BehaviourPatch])[] = [
  ["status 500", "either", { status: 500 }],
  ["a long retry-after", "limited", { status: 429, retryAfter: "60" }],
  ["a cut", "either", { fault: "cut-before-headers" }],
  ["silence", "either-hurried", { fault: "never-answer" }],
  ["credentials that are refused", "either", { status: 401 }],
];
for (const [name, model, fault] of FALLBACKS) {
  for (const stream of [false, true]) {
    test(`${name} leads to the second target, ${stream ? "streamed" : "plain"}`, async () => {
      up.first.setFaults(fault);
      // A target that asks to be left alone is, so that each such test has one of its own.
      const name = model === "limited" ? `limited-${stream ? "streamed" : "plain"}` : model;
      const answer = await ask(name, { stream });
      assert.deepEqual(route(answer), { status: 200, attempts: 2, provider: "second", first: 1, second: 1 });
      assert.equal(answer.headers.get("x-headrace-model"), SECOND_MODEL);
      const sent = up.second.received[0]?.bodyBytes.toString() ?? "";
      assert.ok(sent.startsWith(`{"model":"${SECOND_MODEL}",`), sent);
      await assertLogged(answer, { errorCode: null, attempts: 2, provider: "second" });
    });
  }
}

for (const model of ["gone-then-second", "nowhere-then-second"]) {
  test(`${model} is served by the second target`, async () => {
    const answer = await ask(model);
    assert.deepEqual(route(answer), { status: 200, attempts: 2, provider: "second", first: 0, second: 1 });
  });
}

test("each target has its own attempts", async () => {
  up.first.setFaults({ status: 503 });
  up.second.setFaults({ status: 503 }, { times: 1 });
  const answer = await ask("either-twice");
  assert.deepEqual(route(answer), { status: 200, attempts: 4, provider: "second", first: 2, second: 2 });
});

test("a stream that broke after its first event is neither tried again nor sent elsewhere", async () => {
  up.first.setFaults({ fault: "cut" });
  const answer = await ask("either-twice", { stream: true });
  assert.deepEqual(route(answer), { status: 200, attempts: 1, provider: "first", first: 1, second: 0 });
  assert.match(answer.body, /"code":"upstream_cut"/);
  assert.doesNotMatch(answer.body, /\[DONE\]/);
  await assertLogged(answer, { errorCode: "upstream_cut", attempts: 1, provider: "first" });
});

test("credentials that are refused are not offered twice", async () => {
  up.first.setFaults({ status: 401 });
  const elsewhere = await ask("either-twice");
  assert.deepEqual(route(elsewhere), { status: 200, attempts: 2, provider: "second", first: 1, second: 1 });
  const nowhereElse = await ask("twice");
  assertRefusal(nowhereElse, { code: "upstream_auth_failed" });
  assert.equal(up.first.counts.requests, 2);
  await assertLogged(nowhereElse, { errorCode: "upstream_auth_failed", attempts: 1, provider: "first" });
});

test("when every target is gone the client knows in well under a second", async () => {
  const askedAtMs = performance.now();
  const answer = await ask("all-gone");
  const tookMs = performance.now() - askedAtMs;
  assertRefusal(answer, { code: "upstream_unreachable", message: /\(ENOTFOUND\)/ });
  assert.deepEqual(route(answer), { status: 502, attempts: 4, provider: "nowhere", first: 0, second: 0 });
  assert.ok(tookMs < 900, `${tookMs} ms`);
  assert.ok(!answer.body.includes(NO_HOST_NAME), answer.body);
  await assertLogged(answer, { errorCode: "upstream_unreachable", attempts: 4, provider: "nowhere" });
});

test("a redirect is not followed", async () => {
  up.first.setFaults({ fault: "redirect", location: `${up.second.url}/chat/completions` });
  const answer = await ask("once");
  assertRefusal(answer, { code: "upstream_invalid_response", message: /status 307/ });
  assert.equal(up.second.counts.requests, 0);
  assert.equal(answer.headers.get("location"), null);
});

test("an answer without a content type is refused", async () => {
  const answer = await ask("untyped");
  assertRefusal(answer, { code: "upstream_invalid_response", message: /without a content type/ });
});

test("an answer longer than it announces is cut to what it announced, and spoils no other", async () => {
  for (let i = 0; i < 3; i++) {
    const answer = await ask("overlong");
    assert.deepEqual([answer.status, answer.body], [200, "{}"]);
  }
});

/** Providers that quote the key which the gateway sent them. */
const QUOTE = `You sent ${PROVIDER_KEY}, and again ${PROVIDER_KEY}.`;
const QUOTES: readonly (readonly [name: string, fault: BehaviourPatch, stream: boolean])[] = [
  ["a 401", { status: 401 }, false],
  ["a 403", { status: 403 }, false],
  ["a 500", { status: 500 }, true],
  ["an error object in JSON with status 200", { fault: "json-error-200" }, true],
  ["an error object in place of a whole answer", { fault: "json-error-200" }, false],
  ["an error as the first event", { fault: "error-first-event" }, true],
  ["an error in the stream", { fault: "error-event" }, true],
];
for (const [name, fault, stream] of QUOTES) {
  test(`the provider's key is masked in ${name}`, async () => {
    up.first.setFaults({ ...fault, errorMessage: QUOTE });
    const answer = await ask("once", { stream });
    assert.ok(answer.body.includes('"error"'), answer.body);
    assert.ok(!answer.body.includes(PROVIDER_KEY), answer.body);
    if (fault.status !== 401) assert.match(answer.body, /You sent \*\*\*, and again \*\*\*\./);
  });
}

test("one provider's failures are no other model's", async () => {
  up.first.setFaults({ fault: "never-answer" });
  const failing = ask("hurried");
  assert.equal((await ask("gone-then-second")).status, 200);
  assert.equal((await failing).status, 504);
});

function openAt({ counts }: Mock): number {
  return counts.open;
}

test("nothing is left open at the providers", () => {
  assert.deepEqual([up.first, up.second].map(openAt), [0, 0]);
});
