/** Every failure made on purpose, of every provider wire, seen by a client of every chat wire, streamed and plain. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { askAsClient, CHAT_CLIENTS, type ChatClient, type SeenAnswer } from "./support/chat-clients.ts";
import { KEY } from "./support/mock-gateway.ts";
import { closeWithNothingLeft } from "./support/nothing-left.ts";
import {
  type FamiliesGateway,
  PROVIDER_FAMILIES,
  type ProviderFamily,
  startFamiliesGateway,
} from "./support/provider-families.ts";

const TIMEOUTS = { firstByteMs: 3_000, plainFirstByteMs: 3_000, idleMs: 3_000 };
const MADE = /made on purpose/;

let up: FamiliesGateway;
before(async () => {
  up = await startFamiliesGateway({
    timeouts: TIMEOUTS,
    mock: { behaviour: { textBeforeTools: 6, toolCalls: 2 } }, // 3 events are inside of the text
    config: {
      faults: { enabled: true },
      keys: [{ name: "client", key: KEY, overrides: ["faults"] }],
    },
  });
});
after(() => closeWithNothingLeft(up));

interface Cell {
  readonly family: ProviderFamily;
  readonly client: ChatClient;
  readonly stream: boolean;
}

/** Those whose mock speaks as nobody in particular, so that all of them can be asked at once. */
const CELLS: readonly Cell[] = PROVIDER_FAMILIES.filter(
  ({ behaviour }) => Object.keys(behaviour).length === 0,
).flatMap((family) =>
  CHAT_CLIENTS.flatMap((client) => [false, true].map((stream) => ({ family, client, stream }))),
);

async function checkAll(fault: string, check: (seen: SeenAnswer, cell: Cell) => void): Promise<void> {
  const wrong: string[] = [];
  const headers = { "x-headrace-fault": fault };
  await Promise.all(
    CELLS.map(async (cell) => {
      const { family, client, stream } = cell;
      const seen = await askAsClient(up.gateway.url, client, { model: family.name, stream, headers });
      try {
        assert.equal(seen.headers.get("x-headrace-fault"), fault);
        check(seen, cell);
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        const place = `${client.title} to ${family.name}, ${stream ? "streamed" : "plain"}`;
        wrong.push(`${place}: ${why}\n${seen.status} ${seen.body.slice(-600)}`);
      }
    }),
  );
  assert.equal(wrong.length, 0, `${wrong.length} of ${CELLS.length}:\n${wrong.join("\n")}`);
}

for (const status of [400, 403, 404, 429, 500, 503, 529]) {
  test(`status ${status} is told as it is, in the client's own shape`, () =>
    checkAll(`status=${status}`, (seen) => {
      assert.equal(seen.status, status);
      assert.match(seen.error ?? "no error", MADE);
    }));
}

test("an error in a 200 is no answer", () =>
  checkAll("error-in-200", (seen) => {
    assert.ok(seen.status >= 400 || seen.error !== null, "no error was told");
    assert.equal(seen.clean, false);
    assert.match(seen.error ?? "no error", MADE);
  }));

for (const fault of ["cut", "stall"]) {
  test(`${fault} before the first byte`, () =>
    checkAll(fault, (seen) => {
      assert.equal(seen.status, fault === "cut" ? 502 : 504);
      assert.ok(seen.error !== null && seen.error !== "");
    }));
}

for (const fault of [
  "cut; after-events=3",
  "stall; after-events=3",
  "malformed; after-events=3",
  "malformed",
]) {
  test(`${fault}: nothing of it looks whole`, () =>
    checkAll(fault, (seen, { stream }) => {
      assert.equal(seen.clean, false, "a clean end");
      // A whole document that is passed on is the client's to read, which it cannot.
      if (!stream && seen.status === 200 && !isJson(seen.body)) return;
      assert.ok(seen.cut || (seen.error !== null && seen.error !== ""), "no error was told");
    }));
}

test("latency changes nothing of an answer", () =>
  checkAll("latency=5", ({ status, clean, error }) => {
    assert.deepEqual({ status, clean, error }, { status: 200, clean: true, error: null });
  }));

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
