/**
 * What a coding agent sends to Anthropic's API in the twelfth step of its work: a system prompt in blocks, twenty tools,
 * thinking with signatures, parallel calls, results of every kind, images, cache marks, and fields that are too new for
 * any gateway to know. The words are our own, and none of them stands twice.
 */

/** A pixel. */
export const IMAGE_BASE64 =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII=";

const CACHE_5M = { cache_control: { type: "ephemeral" } } as const;
const CACHE_1H = { cache_control: { type: "ephemeral", ttl: "1h" } } as const;
/** One behind the tools, two in the system prompt, one at the end. */
export const CACHE_MARKS = 4;

const SYSTEM = [
  { type: "text", text: "You are Sluice, a coding agent that works in a terminal of the mill." },
  { type: "text", text: "House rules: small steps, tests first, no secrets in logs.", ...CACHE_1H },
  { type: "text", text: "The repository: 214 files, branch `millrace`, tree clean.", ...CACHE_5M },
];

const TOOL_NAMES = [
  ...["read_file", "write_file", "edit_file", "list_files", "find_files", "search_text", "run_shell"],
  ...["shell_output", "stop_shell", "fetch_page", "search_web", "read_notebook", "edit_notebook"],
  ...["plan_tasks", "ask_user", "start_helper", "git_log", "git_diff", "view_image", "finish_work"],
] as const;
type ToolName = (typeof TOOL_NAMES)[number];

interface AgentCall {
  readonly tool: ToolName;
  readonly input: Readonly<Record<string, unknown>>;
  readonly result: string;
  readonly failed?: true;
  /** The result shows a picture too. */
  readonly pictured?: true;
}

interface AgentStep {
  /** Said by the user before the step, besides results. */
  readonly user?: string;
  readonly thinks?: string;
  readonly hides?: string;
  readonly says?: string;
  readonly calls: readonly AgentCall[];
}

const STEPS: readonly AgentStep[] = [
  {
    user: "The wheel turns backwards on Sundays. Find out why, and mend it.",
    thinks: "Begin with the lay of the land.",
    says: "I look around first.",
    calls: [
      { tool: "list_files", input: { path: "src/wheel" }, result: "axle.ts\ngear.ts\nsunday.ts" },
      { tool: "git_log", input: { limit: 5 }, result: "a1b2c3 feat(wheel): rest on Sundays" },
    ],
  },
  {
    thinks: "sunday.ts it is, most likely.",
    calls: [{ tool: "read_file", input: { path: "src/wheel/sunday.ts" }, result: "export const sign = -1;" }],
  },
  {
    says: "A sign that never changes. Who uses it?",
    calls: [
      {
        tool: "search_text",
        input: { pattern: 'from "./sunday\\.ts"', glob: "**/*.ts" },
        result: "gear.ts:3: import { sign }",
      },
      { tool: "find_files", input: { name: "*.test.ts" }, result: "No such thing was found here." },
      { tool: "git_diff", input: { from: "HEAD~1" }, result: "+export const sign = -1; // 水車" },
    ],
  },
  {
    thinks: "No test. Write one that fails.",
    calls: [
      {
        tool: "write_file",
        input: {
          path: "src/wheel/gear.test.ts",
          text: 'test("turns onward", () => {\n  assert.equal(turn(7), 1);\n});\n',
        },
        result: "Wrote 3 lines.",
      },
    ],
  },
  {
    calls: [
      {
        tool: "run_shell",
        input: { command: "pnpm test gear", timeoutMs: 60_000 },
        result: "1 failing: expected 1, got -1",
        failed: true,
      },
    ],
  },
  {
    hides: "RW5jcnlwdGVkIG11c2luZ3Mgb2YgdGhlIG1pbGw=",
    says: "It fails as it should. Now the mending.",
    calls: [
      {
        tool: "edit_file",
        input: { path: "src/wheel/sunday.ts", before: "-1", after: "+1" },
        result: "Replaced 1 place.",
      },
      {
        tool: "plan_tasks",
        input: {
          tasks: [
            { text: "mend the sign", done: true },
            { text: "look at the dial", done: false },
          ],
        },
        result: "Two tasks noted.",
      },
    ],
  },
  {
    user: "Here is how the dial looks at the moment.",
    thinks: "The picture shows the hand at noon.",
    calls: [
      {
        tool: "view_image",
        input: { path: "docs/dial.png" },
        result: "The dial, 1 by 1 pixel",
        pictured: true,
      },
    ],
  },
  {
    calls: [{ tool: "shell_output", input: {}, result: "" }],
  },
  {
    says: "Nothing more came. Once more, all of them.",
    calls: [
      {
        tool: "run_shell",
        input: { command: 'pnpm test --all "quoted" \\n' },
        result: "41 passing (0.8 s) 🙂",
      },
    ],
  },
  {
    thinks: "Green. Is the calendar right too?",
    calls: [
      {
        tool: "fetch_page",
        input: { url: "https://example.com/calendar?week=7&day=so" },
        result: "<h1>Sonntag</h1>",
      },
      {
        tool: "search_web",
        input: { query: "which way do mill wheels turn" },
        result: "Overshot wheels turn with the water.",
      },
    ],
  },
  {
    calls: [
      {
        tool: "start_helper",
        input: { task: "Read the changelog, and tell what is missing.", model: null, share: 0.25 },
        result: "It lacks a line on Sundays.",
      },
    ],
  },
  {
    says: "The wheel turns onward on every day now.",
    calls: [],
  },
];

const LAST_WORDS = "Good. Now write the line for the changelog.";

/** Everything of which each part has to arrive somewhere, in the order in which it stands. */
export interface AgentSession {
  /** The body as the agent writes it: indented, with its own spelling of numbers and characters. */
  readonly body: string;
  readonly tools: readonly string[];
  readonly systemTexts: readonly string[];
  /** Texts, arguments and results, in the order of the conversation. */
  readonly said: readonly string[];
  readonly calls: readonly { readonly name: string; readonly input: unknown }[];
  readonly thoughts: readonly string[];
}

/** The session with a model's name in it. */
export function agentSession(model: string, stream: boolean): AgentSession {
  const body = {
    model,
    max_tokens: 32_000,
    stream,
    thinking: { type: "enabled", budget_tokens: 16_000 },
    metadata: { user_id: "user_mill_account__session_wheel" },
    context_management: { edits: [{ type: "clear_tool_uses_20250919" }] },
    a_field_of_next_year: { unknown: [1, 2.5, null] },
    system: SYSTEM,
    tools: TOOL_NAMES.map((name, index) => ({
      name,
      description: `What ${name} does is told in chapter ${index} of the handbook.`,
      input_schema: { type: "object", properties: { path: { type: "string" } }, additionalProperties: true },
      ...(index === TOOL_NAMES.length - 1 ? CACHE_5M : {}),
    })),
    messages: messages(),
  };
  const calls = STEPS.flatMap((step) => step.calls);
  return {
    // As other languages' libraries write it, so that to parse and to write it again would show.
    body: JSON.stringify(body, null, 2)
      .replace("0.25", "2.50e-1")
      .replaceAll("🙂", "\\ud83d\\ude42")
      .replaceAll("/", "\\/"),
    tools: TOOL_NAMES,
    systemTexts: SYSTEM.map(({ text }) => text),
    said: STEPS.flatMap(wordsOf)
      .concat(LAST_WORDS)
      .filter((text) => text !== ""),
    calls: calls.map(({ tool, input }) => ({ name: tool, input })),
    thoughts: STEPS.flatMap(({ thinks = [] }) => thinks),
  };
}

function wordsOf({ user = "", says = "", calls }: AgentStep): string[] {
  return [user, says, ...calls.map(({ result }) => result)];
}

function messages(): object[] {
  const list: object[] = [];
  let results: object[] = [];
  let count = 0;
  for (const step of STEPS) {
    const heard = step.user === undefined ? [] : [{ type: "text", text: step.user }, ...picture(step.user)];
    list.push({ role: "user", content: [...results, ...heard] });
    const uses = step.calls.map(({ tool, input }, index) => ({
      type: "tool_use",
      id: `toolu_mill${count + index}`,
      name: tool,
      input,
    }));
    list.push({ role: "assistant", content: [...thoughtsOf(step), ...said(step.says), ...uses] });
    results = step.calls.map((call, index) => resultOf(call, `toolu_mill${count + index}`));
    count += uses.length;
  }
  list.push({ role: "user", content: [{ type: "text", text: LAST_WORDS, ...CACHE_5M }] });
  return list;
}

function thoughtsOf({ thinks, hides }: AgentStep): object[] {
  if (hides !== undefined) return [{ type: "redacted_thinking", data: hides }];
  if (thinks === undefined) return [];
  return [
    { type: "thinking", thinking: thinks, signature: Buffer.from(`signed: ${thinks}`).toString("base64") },
  ];
}

function said(text: string | undefined): object[] {
  return text === undefined ? [] : [{ type: "text", text }];
}

/** The user shows the dial. */
function picture(text: string): object[] {
  return text.includes("the dial") ? [IMAGE] : [];
}

const IMAGE = { type: "image", source: { type: "base64", media_type: "image/png", data: IMAGE_BASE64 } };

function resultOf({ result, failed, pictured }: AgentCall, id: string): object {
  const content = pictured === true ? [{ type: "text", text: result }, IMAGE] : result;
  return { type: "tool_result", tool_use_id: id, content, ...(failed === true ? { is_error: true } : {}) };
}
