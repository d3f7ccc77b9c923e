/** A coding agent's session on Anthropic's wire: untouched to Anthropic, and with all that it says to everybody else. */
import assert from "node:assert/strict";
import { after, before, beforeEach, suite, test } from "node:test";
import { anthropic } from "./conformance/readers/anthropic.ts";
import { at } from "./conformance/readers/json-path.ts";
import { type AgentSession, agentSession, CACHE_MARKS, IMAGE_BASE64 } from "./support/agent-session.ts";
import { KEY } from "./support/mock-gateway.ts";
import {
  type FamiliesGateway,
  PROVIDER_FAMILIES,
  type ProviderFamily,
  startFamiliesGateway,
} from "./support/provider-families.ts";

const ANSWER = "- The wheel no longer turns backwards on Sundays.";
const BETA = "interleaved-thinking-2025-05-14";
const AGENT_HEADERS = {
  "x-api-key": KEY,
  "content-type": "application/json",
  "anthropic-version": "2023-06-01",
  "anthropic-beta": BETA,
};
/** Claude's own wire, whoever serves it: what is signed, hidden and marked arrives as it is. */
const CLAUDES: ReadonlySet<string> = new Set(["anthropic", "vertex-claude", "bedrock-claude"]);

let up: FamiliesGateway;

before(async () => {
  up = await startFamiliesGateway({ mock: { behaviour: { content: ANSWER, toolCalls: 0 } } });
});
beforeEach(() => up.mock.clear());
after(() => up.close());

interface Passage {
  readonly session: AgentSession;
  readonly answer: string;
  readonly received: string;
  readonly dropped: string;
}

async function pass(family: ProviderFamily, stream: boolean): Promise<Passage> {
  up.mock.setFaults(family.behaviour);
  const session = agentSession(family.name, stream);
  const init = { method: "POST", headers: AGENT_HEADERS, body: session.body };
  const response = await fetch(`${up.gateway.url}/v1/messages?beta=true`, init);
  const answer = await response.text();
  assert.equal(response.status, 200, answer);
  assert.equal(up.mock.received.length, 1);
  return {
    session,
    answer: textOf(answer, stream),
    received: up.mock.received[0]?.bodyBytes.toString() ?? "",
    dropped: response.headers.get("x-headrace-dropped-params") ?? "",
  };
}

function textOf(answer: string, stream: boolean): string {
  if (!stream) return anthropic.plain(JSON.parse(answer)).text;
  const data = answer.split("\n").filter((line) => line.startsWith("data: "));
  return anthropic.stream(data.map((line): unknown => JSON.parse(line.slice("data: ".length)))).text;
}

for (const stream of [false, true]) {
  test(`to Anthropic it passes byte for byte, ${stream ? "streamed" : "plain"}`, async () => {
    const [family] = PROVIDER_FAMILIES;
    assert.ok(family?.name === "anthropic");
    const { session, received, dropped, answer } = await pass(family, stream);
    assert.equal(received, session.body.replace(`"model": "${family.name}"`, `"model": "${family.model}"`));
    assert.equal(dropped, "");
    assert.equal(up.mock.received[0]?.headers["anthropic-beta"], BETA);
    assert.equal(answer, ANSWER);
  });
}

suite("to everybody else all of it arrives, or is named", () => {
  for (const family of PROVIDER_FAMILIES) {
    for (const stream of [false, true]) {
      test(`${family.name}, ${stream ? "streamed" : "plain"}`, async () => {
        const passage = await pass(family, stream);
        const strings = stringsIn(JSON.parse(passage.received));
        assertWords(passage.session, strings);
        assertCalls(passage.session, JSON.parse(passage.received));
        assertMarks(passage);
        assertBeta(passage);
        assertMedia(passage, strings);
        if (CLAUDES.has(family.name)) assertThoughts(passage.session, strings);
        assert.equal(passage.answer, ANSWER);
      });
    }
  }
});

/** Texts, results and descriptions; those of the conversation in its order. */
function assertWords({ said, systemTexts, tools }: AgentSession, strings: readonly string[]): void {
  const all = strings.join("\n");
  for (const text of systemTexts) assert.ok(all.includes(text), `lost: ${text}`);
  for (const name of tools) {
    assert.ok(strings.includes(name), `lost: the tool ${name}`);
    assert.ok(all.includes(`What ${name} does`), `lost: the description of ${name}`);
  }
  let last = -1;
  for (const text of said) {
    const place = strings.findIndex((string, index) => index >= last && string.includes(text));
    assert.ok(place >= 0, `lost, or out of its order: ${text}`);
    last = place;
  }
}

/** Every call with its arguments, whether they are written as an object or as JSON in a text, in their order. */
function assertCalls({ calls }: AgentSession, received: unknown): void {
  const seen = callsIn(received);
  assert.deepEqual(seen, calls);
}

function assertMarks({ received, dropped }: Passage): void {
  const marks = received.match(/"cache_control"|"cachePoint"/g)?.length ?? 0;
  const told = marks === CACHE_MARKS || dropped.includes("cache_control");
  assert.ok(told, `${marks} marks, dropped: ${dropped}`);
}

function assertBeta({ received, dropped }: Passage): void {
  const carried = up.mock.received[0]?.headers["anthropic-beta"] === BETA || received.includes(`["${BETA}"]`);
  assert.notEqual(carried, dropped.includes("anthropic-beta"), `carried: ${carried}, dropped: ${dropped}`);
}

function assertMedia({ dropped }: Passage, strings: readonly string[]): void {
  const images = strings.filter((string) => string.includes(IMAGE_BASE64)).length;
  assert.ok(images === 2 || dropped.includes("image"), `${images} images, dropped: ${dropped}`);
}

function assertThoughts({ thoughts }: AgentSession, strings: readonly string[]): void {
  for (const text of thoughts) {
    assert.ok(strings.includes(text), `lost thought: ${text}`);
    assert.ok(strings.includes(Buffer.from(`signed: ${text}`).toString("base64")), `lost proof of: ${text}`);
  }
}

function stringsIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap(stringsIn);
}

interface SeenCall {
  readonly name: unknown;
  readonly input: unknown;
}

/** How the wires write a call: the member that holds it, and where in it the arguments stand. */
const CALL_SHAPES = [
  { holds: (value: unknown) => at(value, "type") === "tool_use", call: [], input: "input" },
  { holds: (value: unknown) => at(value, "type") === "function_call", call: [], input: "arguments" },
  { holds: (value: unknown) => at(value, "toolUse") !== undefined, call: ["toolUse"], input: "input" },
  {
    holds: (value: unknown) => at(value, "functionCall") !== undefined,
    call: ["functionCall"],
    input: "args",
  },
  {
    holds: (value: unknown) => at(value, "function", "arguments") !== undefined,
    call: ["function"],
    input: "arguments",
  },
] as const;

function callsIn(value: unknown): SeenCall[] {
  if (typeof value !== "object" || value === null) return [];
  const shape = CALL_SHAPES.find(({ holds }) => holds(value));
  if (shape === undefined) return Object.values(value).flatMap(callsIn);
  const call = at(value, ...shape.call);
  const input = at(call, shape.input);
  return [{ name: at(call, "name"), input: typeof input === "string" ? JSON.parse(input) : input }];
}
