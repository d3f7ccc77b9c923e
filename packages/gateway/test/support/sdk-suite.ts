/** What every official client must be able to do with every provider family, whatever its own words for it. */
import assert from "node:assert/strict";
import { after, before, beforeEach, suite, test } from "node:test";
import type { BehaviourPatch } from "@headrace/mock-upstream/behaviour/parse";
import {
  type FamiliesGateway,
  PROVIDER_FAMILIES,
  type ProviderFamily,
  startFamiliesGateway,
} from "./provider-families.ts";

/** A tool call as a client shows it, with its arguments parsed. */
export interface SaidCall {
  readonly id: string;
  readonly name: string;
  readonly arguments: unknown;
}

/** One answer, read by a client. */
export interface Said {
  readonly text: string;
  readonly thinking: string;
  readonly calls: readonly SaidCall[];
  /** The client wire's own word. */
  readonly finish: string;
  readonly inputTokens: number;
  readonly outputTokens: number;
}

export interface ToolResult {
  readonly call: SaidCall;
  readonly text: string;
}

export interface Turn {
  readonly stream: boolean;
  /** Of the calls of the turn before; absent for the user's first words. */
  readonly results?: readonly ToolResult[];
}

/** One conversation; the client keeps what was said, as its documentation tells. */
export interface Conversation {
  say(turn: Turn): Promise<Said>;
}

export interface ConversationOptions {
  readonly model: string;
  readonly tools?: boolean;
  /** Asks to be shown the model's thinking, on wires that want to be asked. */
  readonly thinking?: boolean;
  /** Asks for an answer of {@link WEATHER_SCHEMA}. */
  readonly schema?: boolean;
}

export interface SeenError {
  readonly status: number | undefined;
  readonly message: string;
}

export type Check = "chat" | "tools" | "schema" | "refusal" | "thinking" | "cut";

/** A check that fails in a known way. One that has come to pass is an error too, so that the table stays true. */
export interface Deviation {
  readonly check: Check;
  readonly stream: boolean;
  /** Names of families; absent for all. */
  readonly families?: readonly string[];
  readonly fails: RegExp;
  readonly reason: string;
}

/** An official client. */
export interface Sdk {
  readonly title: string;
  /** The words of its wire for an answer that ended by itself, and for one that calls tools. */
  readonly finishWords: { readonly stop: string; readonly tools: string };
  /** False where the client has no place for other providers' thinking. */
  readonly showsThinking: boolean;
  /** False for a client that neither asks for a stream's usage nor can. */
  readonly asksUsage?: false;
  /** What is known to fail; a table of what the client or the wire cannot, each with its reason. */
  readonly deviations?: readonly Deviation[];
  open(gatewayUrl: string, options: ConversationOptions): Conversation;
  /** Reads an error of the client's own class; fails for any other. */
  readError(error: unknown): SeenError;
}

export const TOOL_NAMES = ["weather", "tide"] as const;
export const PROMPT = "Tell me of the mill.";
export const SYSTEM = "You are the miller.";
export const WEATHER_SCHEMA = {
  type: "object",
  properties: { city: { type: "string" }, days: { type: "integer" } },
  required: ["city", "days"],
  additionalProperties: false,
} as const;
/** What the mock makes of that schema. */
const SAMPLE = { city: "mock", days: 1 };

const CONTENT = "Das Wasser treibt das Rad. 水車 🙂";
const CHUNKS = 6;
const ROUNDS = 2;
const LOOP: BehaviourPatch = { toolCalls: TOOL_NAMES.length, toolRounds: ROUNDS };

let up: FamiliesGateway;

/** Registers the whole table for one client. */
export function testSdk(sdk: Sdk): void {
  before(async () => {
    up = await startFamiliesGateway({ mock: { behaviour: { content: CONTENT, chunks: CHUNKS } } });
  });
  beforeEach(() => up.mock.clear());
  after(() => up.close());
  for (const family of PROVIDER_FAMILIES) {
    suite(`${sdk.title} to ${family.name}`, () => {
      for (const row of CHECKS) {
        if (row.check === "thinking" && family.proving === null) continue;
        for (const stream of row.modes)
          test(`${row.title}, ${stream ? "streamed" : "plain"}`, () =>
            runCheck({ ...row, sdk, family, stream }));
      }
    });
  }
}

interface Scope {
  readonly sdk: Sdk;
  readonly family: ProviderFamily;
  readonly stream: boolean;
}

interface CheckRow {
  readonly check: Check;
  readonly title: string;
  readonly modes: readonly boolean[];
  readonly run: (scope: Scope) => Promise<void>;
}

const BOTH = [false, true];

const CHECKS: readonly CheckRow[] = [
  { check: "chat", title: "a chat", modes: BOTH, run: chats },
  { check: "tools", title: "two rounds of parallel tool calls", modes: BOTH, run: loops },
  { check: "schema", title: "an answer of a schema", modes: BOTH, run: answersInSchema },
  { check: "thinking", title: "thinking that has to come back", modes: BOTH, run: proves },
  { check: "refusal", title: "a provider's refusal", modes: BOTH, run: seesRefusal },
  { check: "cut", title: "a cut is an error and no end", modes: [true], run: seesCut },
];

async function runCheck({ check, run, ...scope }: CheckRow & Scope): Promise<void> {
  const { sdk, family, stream } = scope;
  const known = sdk.deviations?.find(
    (row) => row.check === check && row.stream === stream && (row.families?.includes(family.name) ?? true),
  );
  if (known === undefined) await run(scope);
  else await assert.rejects(run(scope), known.fails, known.reason);
}

function misbehave(family: ProviderFamily, patch: BehaviourPatch): void {
  up.mock.setFaults({ ...family.behaviour, ...patch });
}

async function chats({ sdk, family, stream }: Scope): Promise<void> {
  misbehave(family, {});
  const said = await sdk.open(up.gateway.url, { model: family.name }).say({ stream });
  assert.deepEqual(said, {
    text: CONTENT,
    thinking: "",
    calls: [],
    finish: sdk.finishWords.stop,
    ...(stream && sdk.asksUsage === false
      ? { inputTokens: said.inputTokens, outputTokens: said.outputTokens }
      : { inputTokens: 9, outputTokens: CHUNKS }),
  });
  assert.equal(up.mock.received.length, 1);
  assert.match(lastBody(), new RegExp(SYSTEM));
}

async function loops(scope: Scope): Promise<void> {
  misbehave(scope.family, LOOP);
  await loop(scope, { tools: true });
}

async function loop(
  { sdk, family, stream }: Scope,
  options: Omit<ConversationOptions, "model">,
): Promise<Said[]> {
  const conversation = sdk.open(up.gateway.url, { model: family.name, ...options });
  const turns = [await conversation.say({ stream })];
  for (let round = 0; round < ROUNDS; round++) {
    const { calls, finish } = turns.at(-1) ?? assert.fail();
    assert.deepEqual(
      calls.map((call) => ({ name: call.name, arguments: call.arguments })),
      TOOL_NAMES.map((name) => ({ name, arguments: SAMPLE })),
    );
    assert.equal(new Set(calls.map(({ id }) => id)).size, calls.length, "two calls of one id");
    assert.equal(finish, sdk.finishWords.tools);
    const results = calls.map((call) => ({ call, text: `round ${round}: ${call.name} is fine` }));
    turns.push(await conversation.say({ stream, results }));
    for (const { text } of results) assert.match(lastBody(), new RegExp(text));
  }
  const last = turns.at(-1);
  assert.deepEqual([last?.text, last?.finish, last?.calls], [CONTENT, sdk.finishWords.stop, []]);
  return turns;
}

/** The mock refuses the second and third turn, were the thinking of those before not to come back as it was. */
async function proves(scope: Scope): Promise<void> {
  misbehave(scope.family, { ...LOOP, ...scope.family.proving, reasoningTokens: 5 });
  const turns = await loop(scope, { tools: true, thinking: true });
  if (!scope.sdk.showsThinking) return;
  for (const { thinking } of turns) assert.notEqual(thinking, "");
}

async function answersInSchema({ sdk, family, stream }: Scope): Promise<void> {
  misbehave(family, { content: "" });
  const said = await sdk.open(up.gateway.url, { model: family.name, schema: true }).say({ stream });
  const answer: unknown = JSON.parse(said.text);
  if (family.schemaInWords === true) assert.match(lastBody(), /city.+days/);
  else assert.deepEqual(answer, SAMPLE);
  assert.deepEqual([said.finish, said.calls], [sdk.finishWords.stop, []]);
}

async function seesRefusal(scope: Scope): Promise<void> {
  for (const status of [400, 429]) {
    const errorMessage = `The provider's own words for ${status}.`;
    misbehave(scope.family, { status, errorMessage });
    const seen = await errorOf(scope);
    assert.equal(seen.status, status, seen.message);
    assert.ok(seen.message.includes(errorMessage), seen.message);
  }
}

async function seesCut(scope: Scope): Promise<void> {
  misbehave(scope.family, { cutAfterEvents: 4 });
  const seen = await errorOf(scope);
  assert.notEqual(seen.message, "");
}

async function errorOf({ sdk, family, stream }: Scope): Promise<SeenError> {
  const outcome = await sdk
    .open(up.gateway.url, { model: family.name })
    .say({ stream })
    .then(
      (said) => assert.fail(`no error, but ${JSON.stringify(said)}`),
      (error: unknown) => error,
    );
  if (outcome instanceof assert.AssertionError) throw outcome;
  return sdk.readError(outcome);
}

function lastBody(): string {
  return up.mock.received.at(-1)?.bodyBytes.toString() ?? "";
}
