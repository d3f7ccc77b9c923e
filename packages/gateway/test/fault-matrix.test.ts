/** Every fault of the mock, of every provider wire, seen by a client of every chat wire, streamed and plain. */
import assert from "node:assert/strict";
import { after, before, beforeEach, suite, test } from "node:test";
import type { BehaviourPatch } from "@headrace/mock-upstream/behaviour/parse";
import { askAsClient, CHAT_CLIENTS, type ChatClient, type SeenAnswer } from "./support/chat-clients.ts";
import {
  type FamiliesGateway,
  PROVIDER_FAMILIES,
  type ProviderFamily,
  startFamiliesGateway,
} from "./support/provider-families.ts";

/** What has to become of an answer: the whole of it, or an error that the client sees. */
type Outcome = "whole" | "error";

interface FaultRow {
  readonly fault: string;
  readonly streamed: Outcome;
  readonly plain: Outcome;
  /** Over what every answer has. */
  readonly patch?: BehaviourPatch;
  /** Families that can have this fault. */
  readonly only?: RegExp;
}

/** What a stream's faults do to nothing but a stream. */
const BREAKS_STREAMS = { streamed: "error", plain: "whole" } as const;
const BREAKS_ALL = { streamed: "error", plain: "error" } as const;
const HARMLESS = { streamed: "whole", plain: "whole" } as const;

const FAULTS: readonly FaultRow[] = [
  { fault: "never-answer", ...BREAKS_ALL },
  { fault: "cut-before-headers", ...BREAKS_ALL },
  { fault: "stall", ...BREAKS_STREAMS },
  { fault: "cut", ...BREAKS_STREAMS },
  { fault: "cut-bytes", ...BREAKS_ALL },
  { fault: "eof-without-done", ...HARMLESS },
  { fault: "eof-without-finish", ...BREAKS_STREAMS },
  { fault: "malformed-event", ...BREAKS_STREAMS },
  { fault: "corrupt-event", ...BREAKS_STREAMS, only: /^bedrock/ },
  { fault: "error-first-event", ...BREAKS_STREAMS },
  { fault: "error-event", ...BREAKS_STREAMS },
  { fault: "error-event-no-done", ...BREAKS_STREAMS },
  { fault: "json-error-200", ...BREAKS_ALL },
  { fault: "html-error", ...BREAKS_ALL },
  { fault: "redirect", ...BREAKS_ALL },
  { fault: "rate-limited", ...BREAKS_ALL },
  { fault: "overloaded", ...BREAKS_ALL },
  { fault: "byte-by-byte", ...HARMLESS },
  { fault: "split-utf8", ...HARMLESS },
  { fault: "crlf", ...HARMLESS },
  { fault: "split-crlf", ...HARMLESS },
  { fault: "comment-before", ...HARMLESS },
  { fault: "comments", ...HARMLESS },
  { fault: "big-event", ...HARMLESS },
  { fault: "gzip", ...HARMLESS },
  { fault: "close-delimited", ...HARMLESS, only: /^(?!bedrock|ollama)/ },
  { fault: "usage-twice", ...HARMLESS },
  { fault: "wrong-content-type", ...BREAKS_ALL },
];

/** Text, then two calls at once: much to lose. */
const ANSWER: BehaviourPatch = { text: "utf8", textBeforeTools: 6, toolCalls: 2 };
/** Says before its calls what it plans, which is no text of the answer. */
const PLANS_APART = "cohere";
const PLAN = "a plan";
const CALLS = ["weather", "tide"].map((name) => ({ name, arguments: { city: "mock", days: 1 } }));
/** What the mock puts before the first word of a big event. */
const PADDING = /^\.+/;
const WORDS = "The provider's own words.";
const TIMEOUTS = { firstByteMs: 4_000, plainFirstByteMs: 4_000, idleMs: 3_000 };
/** pino's level of what somebody has to look at. */
const ERROR_LEVEL = 50;

let up: FamiliesGateway;
/** What each family says when nothing is wrong. */
const wholeTexts = new Map<string, string>();

before(async () => {
  up = await startFamiliesGateway({ timeouts: TIMEOUTS, mock: { behaviour: ANSWER } });
});
beforeEach(() => up.mock.clear());
after(() => up.close());

interface Cell {
  readonly family: ProviderFamily;
  readonly client: ChatClient;
  readonly stream: boolean;
}

const CELLS: readonly Cell[] = PROVIDER_FAMILIES.flatMap((family) =>
  CHAT_CLIENTS.flatMap((client) => [false, true].map((stream) => ({ family, client, stream }))),
);
/** Those of one dialect can be asked at once. */
const DIALECTS = Object.values(Object.groupBy(CELLS, ({ family }) => JSON.stringify(family.behaviour)));

type Check = (cell: Cell, seen: SeenAnswer) => void;

/** Asks in every cell of the matrix, and tells of all that are wrong. */
async function checkAll(
  patch: BehaviourPatch,
  check: Check,
  options: { readonly only?: RegExp } = {},
): Promise<void> {
  const wrong: string[] = [];
  const { only } = options;
  for (const dialect of DIALECTS) {
    const cells = dialect?.filter(({ family }) => only?.test(family.name) ?? true);
    const [first] = cells ?? [];
    if (cells === undefined || first === undefined) continue;
    up.mock.setFaults({ ...first.family.behaviour, ...patch });
    await Promise.all(
      cells.map(async (cell) => {
        const { family, client, stream } = cell;
        const seen = await askAsClient(up.gateway.url, client, { model: family.name, stream });
        try {
          check(cell, seen);
        } catch (error) {
          const why = error instanceof Error ? error.message : String(error);
          wrong.push(
            `${client.title} to ${family.name}, ${stream ? "streamed" : "plain"}: ${why}\n${seen.body.slice(-600)}`,
          );
        }
      }),
    );
  }
  assert.equal(wrong.length, 0, `${wrong.length} of ${CELLS.length}:\n${wrong.join("\n")}`);
}

test("no fault: every client sees the same answer of every family", async () => {
  await checkAll({}, (cell, seen) => {
    const { name } = cell.family;
    if (!wholeTexts.has(name)) wholeTexts.set(name, seen.said?.text ?? "");
    assertEndedWell(cell, seen);
  });
  const texts = new Set([...wholeTexts].map(([name, text]) => (name === PLANS_APART ? PLAN : text)));
  assert.deepEqual([texts.size, wholeTexts.get(PLANS_APART)], [2, ""]);
  assert.ok(!texts.has(""));
});

suite("faults", () => {
  for (const { fault, streamed, plain, only } of FAULTS) {
    test(fault, () =>
      checkAll(
        { fault, errorMessage: WORDS },
        (cell, seen) => {
          if ((cell.stream ? streamed : plain) === "whole") assertEndedWell(cell, seen);
          else assertEndedBadly(cell, seen);
        },
        only === undefined ? {} : { only },
      ),
    );
  }
});

test("half an event is never passed on, whichever it is", async () => {
  for (const malformedEvent of [0, 1, 3, 4, 5]) {
    await checkAll({ malformedEvent }, (cell, seen) => {
      if (cell.stream) assertEndedBadly(cell, seen);
      else assertEndedWell(cell, seen);
    });
  }
});

test("a provider's 400 is the client's 400, with the provider's words", async () => {
  await checkAll({ status: 400, errorMessage: WORDS }, (_, seen) => {
    assert.equal(seen.status, 400);
    assert.ok(seen.error?.includes(WORDS), seen.error ?? "no error");
  });
});

test("after all of it the gateway has nothing to report", () => {
  const bad = up.gateway.logs.filter(({ level }) => typeof level === "number" && level >= ERROR_LEVEL);
  assert.deepEqual(bad, []);
  assert.equal(up.gateway.stderr, "");
  assert.doesNotMatch(up.gateway.stdout, /unhandled|internal_error/i);
});

function assertEndedWell({ family }: Cell, { status, said, clean, error, malformed, cut }: SeenAnswer): void {
  assert.deepEqual(
    { status, clean, error, malformed, cut },
    { status: 200, clean: true, error: null, malformed: false, cut: false },
  );
  assert.ok(said !== null);
  assert.equal(said.text.replace(PADDING, ""), wholeTexts.get(family.name));
  const calls = said.calls.map((call) => ({ name: call.name, arguments: call.arguments }));
  assert.deepEqual([calls, said.finish], [CALLS, "tool-calls"]);
}

/** An error in the client's own shape, before anything or after a true beginning, and never the end of a whole answer. */
function assertEndedBadly(
  { family, stream }: Cell,
  { status, said, clean, error, malformed, cut }: SeenAnswer,
): void {
  assert.equal(malformed, false, "an event that no client can read");
  assert.equal(clean, false, "a clean end");
  if (status >= 400) {
    assert.ok(error !== null && error !== "", `status ${status} without an error`);
    return;
  }
  assert.ok(cut || stream, "an error with a good status");
  assert.ok(cut || (error !== null && error !== ""), "no error was told");
  if (said === null) return;
  const whole = wholeTexts.get(family.name) ?? "";
  assert.ok(whole.startsWith(said.text.replace(PADDING, "")), `invented text: ${said.text}`);
  assert.ok(said.calls.length <= CALLS.length, "invented calls");
}
