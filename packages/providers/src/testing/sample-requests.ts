/** One turn of an agent, written on each client's wire by hand; what benches translate. About 2 KB. */
import type { JsonObject } from "@headrace/core/json-object";

const SYSTEM =
  "You keep the mill at Oberau. Read a gauge before you move a gate, and say what you did. ".repeat(5);
const ASKED =
  "The river has risen since this morning. What does the gauge say, and should the weir be opened? ";
const LOOKS = "I look at the gauge first.";
const LEVEL =
  '{"gauge":"weir","level_m":1.42,"flow_m3s":3.1,"trend":"rising","read_at":"2026-01-01T06:30:00Z"}';
const AGAIN = "And by how much should it be opened?";
const CALL_ID = "call_8dPPDz1xY2gVnCk0b3T5";

interface SampleTool {
  readonly name: string;
  readonly description: string;
  readonly parameters: JsonObject;
}

const TOOLS: readonly SampleTool[] = [
  {
    name: "read_gauge",
    description: "Gives the level of the water at a gauge, in metres, with the trend of the last hour.",
    parameters: {
      type: "object",
      properties: {
        gauge: { type: "string", enum: ["weir", "race", "tail"] },
        hours: { type: "integer", description: "How far to look back.", minimum: 1, maximum: 48 },
      },
      required: ["gauge"],
    },
  },
  {
    name: "move_gate",
    description: "Opens or closes a gate by so many turns of its wheel.",
    parameters: {
      type: "object",
      properties: { gate: { type: "string" }, turns: { type: "number" }, note: { type: "string" } },
      required: ["gate", "turns"],
    },
  },
];

export const SAMPLE_CHAT: JsonObject = {
  model: "house-model",
  messages: [
    { role: "system", content: SYSTEM },
    { role: "user", content: ASKED },
    {
      role: "assistant",
      content: LOOKS,
      tool_calls: [
        { id: CALL_ID, type: "function", function: { name: "read_gauge", arguments: '{"gauge":"weir"}' } },
      ],
    },
    { role: "tool", tool_call_id: CALL_ID, content: LEVEL },
    { role: "user", content: AGAIN },
  ],
  tools: TOOLS.map((tool) => ({ type: "function", function: tool })),
  tool_choice: "auto",
  max_tokens: 1024,
  temperature: 0.2,
};

export const SAMPLE_MESSAGES: JsonObject = {
  model: "house-model",
  max_tokens: 1024,
  temperature: 0.2,
  system: [{ type: "text", text: SYSTEM }],
  messages: [
    { role: "user", content: ASKED },
    {
      role: "assistant",
      content: [
        { type: "text", text: LOOKS },
        { type: "tool_use", id: CALL_ID, name: "read_gauge", input: { gauge: "weir" } },
      ],
    },
    {
      role: "user",
      content: [
        { type: "tool_result", tool_use_id: CALL_ID, content: LEVEL },
        { type: "text", text: AGAIN },
      ],
    },
  ],
  tools: TOOLS.map(({ parameters, ...tool }) => ({ ...tool, input_schema: parameters })),
  tool_choice: { type: "auto" },
};

export const SAMPLE_GENERATE: JsonObject = {
  systemInstruction: { parts: [{ text: SYSTEM }] },
  contents: [
    { role: "user", parts: [{ text: ASKED }] },
    {
      role: "model",
      parts: [{ text: LOOKS }, { functionCall: { name: "read_gauge", args: { gauge: "weir" } } }],
    },
    { role: "user", parts: [{ functionResponse: { name: "read_gauge", response: { result: LEVEL } } }] },
    { role: "user", parts: [{ text: AGAIN }] },
  ],
  tools: [{ functionDeclarations: TOOLS }],
  toolConfig: { functionCallingConfig: { mode: "AUTO" } },
  generationConfig: { maxOutputTokens: 1024, temperature: 0.2 },
};

export const SAMPLE_RESPONSES: JsonObject = {
  model: "house-model",
  instructions: SYSTEM,
  input: [
    { role: "user", content: [{ type: "input_text", text: ASKED }] },
    { role: "assistant", content: [{ type: "output_text", text: LOOKS }] },
    { type: "function_call", call_id: CALL_ID, name: "read_gauge", arguments: '{"gauge":"weir"}' },
    { type: "function_call_output", call_id: CALL_ID, output: LEVEL },
    { role: "user", content: [{ type: "input_text", text: AGAIN }] },
  ],
  tools: TOOLS.map((tool) => ({ type: "function", strict: false, ...tool })),
  tool_choice: "auto",
  max_output_tokens: 1024,
  temperature: 0.2,
  store: false,
};
