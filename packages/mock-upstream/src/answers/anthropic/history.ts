import { isJsonObject, type JsonObject, objectsOf } from "../json.ts";
import { isIssued, isSignatureOf } from "../signature.ts";

/** Under what thinking is signed; Bedrock passes on the same signatures. */
export const CLAUDE_SIGNER = "anthropic";
/** Under what the bytes are issued that stand for redacted thinking. */
export const REDACTED_SIGNER = "anthropic-redacted";

const TOOL_USE_ID = /^[a-zA-Z0-9_-]+$/;
const IMAGE_TYPES: ReadonlySet<unknown> = new Set(["image/jpeg", "image/png", "image/gif", "image/webp"]);

/** What Anthropic refuses about the messages of a conversation; undefined when they are in order. */
export function historyProblem(
  messages: readonly JsonObject[],
  requireSignatures: boolean,
): string | undefined {
  return (
    rolesProblem(messages) ??
    firstOf(messages, contentProblem) ??
    firstOf(messages, (message, index) => toolPairsProblem(message, index, messages)) ??
    (requireSignatures ? signaturesProblem(messages) : undefined)
  );
}

function firstOf(
  messages: readonly JsonObject[],
  rule: (message: JsonObject, index: number) => string | undefined,
): string | undefined {
  for (const [index, message] of messages.entries()) {
    const sentence = rule(message, index);
    if (sentence !== undefined) return sentence;
  }
  return undefined;
}

function rolesProblem(messages: readonly JsonObject[]): string | undefined {
  for (const [index, { role }] of messages.entries()) {
    if (role === "user" || role === "assistant") continue;
    if (role !== "system") return `messages.${index}.role: Input should be 'user' or 'assistant'`;
    return 'messages: Unexpected role "system". The Messages API accepts a top-level `system` parameter, not "system" as an input message role.';
  }
  return messages[0]?.role === "user" ? undefined : 'messages: first message must use the "user" role';
}

function contentProblem({ content }: JsonObject, index: number): string | undefined {
  if (content === undefined) return `messages.${index}.content: Field required`;
  if (typeof content === "string") return content === "" ? emptyContent(index) : undefined;
  if (!Array.isArray(content)) return `messages.${index}.content: Input should be a valid list`;
  if (content.length === 0) return emptyContent(index);
  for (const [at, block] of content.entries()) {
    const place = `messages.${index}.content.${at}`;
    if (!isJsonObject(block))
      return `${place}: Input should be a valid dictionary or object to extract fields from`;
    const sentence = BLOCK_RULES[String(block.type)]?.(block, place);
    if (sentence !== undefined) return sentence;
  }
  return undefined;
}

function emptyContent(index: number): string {
  return `messages.${index}: all messages must have non-empty content except for the optional final assistant message`;
}

/** What is wrong with one block of a type, by type. */
const BLOCK_RULES: Readonly<Record<string, (block: JsonObject, place: string) => string | undefined>> = {
  text: ({ text }, place) => {
    if (typeof text !== "string") return `${place}.text.text: Field required`;
    if (text === "") return "messages: text content blocks must be non-empty";
    return text.trim() === "" ? "messages: text content blocks must contain non-whitespace text" : undefined;
  },
  tool_use: ({ id, input }, place) => {
    if (typeof id !== "string" || !TOOL_USE_ID.test(id)) {
      return `${place}.tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'`;
    }
    return isJsonObject(input) ? undefined : `${place}.tool_use.input: Input should be a valid dictionary`;
  },
  tool_result: (block, place) =>
    typeof block.tool_use_id === "string" ? undefined : `${place}.tool_result.tool_use_id: Field required`,
  image: ({ source }, place) => {
    if (!isJsonObject(source)) return `${place}.image.source: Field required`;
    if (source.type !== "base64" || IMAGE_TYPES.has(source.media_type)) return undefined;
    return `${place}.image.source.base64.media_type: Input should be 'image/jpeg', 'image/png', 'image/gif' or 'image/webp'`;
  },
  thinking: ({ signature }, place) =>
    typeof signature === "string" ? undefined : `${place}.thinking.signature: Field required`,
};

/** Each result follows its call, and each call is followed by its result; messages of one role in a row are one. */
function toolPairsProblem(
  message: JsonObject,
  index: number,
  messages: readonly JsonObject[],
): string | undefined {
  const called = idsOf(runOf(messages, turnStart(messages, index) - 1, -1), "tool_use");
  for (const [at, block] of objectsOf(message.content).entries()) {
    if (block.type !== "tool_result" || called.includes(block.tool_use_id)) continue;
    return `messages.${index}.content.${at}: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${String(block.tool_use_id)}. Each \`tool_result\` block must have a corresponding \`tool_use\` block in the previous message.`;
  }
  if (message.role !== "assistant") return undefined;
  const next = messages.findIndex(({ role }, at) => at > index && role === "user");
  const answered = next < 0 ? [] : idsOf(runOf(messages, next, 1), "tool_result");
  const open = idsOf([message], "tool_use").filter((id) => !answered.includes(id));
  if (open.length === 0) return undefined;
  return `messages.${index}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${open.join(", ")}. Each \`tool_use\` block must have a corresponding \`tool_result\` block in the next message.`;
}

/** Where the run of messages of one role begins that a message stands in. */
function turnStart(messages: readonly JsonObject[], index: number): number {
  const role = messages[index]?.role;
  return messages.findLastIndex((message, at) => at < index && message.role !== role) + 1;
}

/** The messages of one role from a place on, forwards or backwards. */
function runOf(messages: readonly JsonObject[], from: number, step: 1 | -1): JsonObject[] {
  const run: JsonObject[] = [];
  for (let at = from; messages[at] !== undefined; at += step) {
    const message = messages[at];
    if (message === undefined || message.role !== messages[from]?.role) break;
    run.push(message);
  }
  return run;
}

function idsOf(messages: readonly JsonObject[], type: "tool_use" | "tool_result"): unknown[] {
  return messages
    .flatMap((message) => objectsOf(message.content))
    .filter((block) => block.type === type)
    .map((block) => (type === "tool_use" ? block.id : block.tool_use_id));
}

function isForged(block: JsonObject): boolean {
  if (block.type === "redacted_thinking") return !isIssued(REDACTED_SIGNER, block.data);
  return block.type === "thinking" && !isSignatureOf(CLAUDE_SIGNER, String(block.thinking), block.signature);
}

/** All thinking is as it was signed, and a turn of the running tool loop begins with it. */
function signaturesProblem(messages: readonly JsonObject[]): string | undefined {
  const lastAsked = messages.findLastIndex(
    (message) =>
      message.role === "user" && !objectsOf(message.content).some((block) => block.type === "tool_result"),
  );
  return firstOf(messages, (message, index) => {
    if (message.role !== "assistant") return undefined;
    const blocks = objectsOf(message.content);
    const forged = blocks.findIndex(isForged);
    if (forged >= 0) {
      const place = `messages.${index}.content.${forged}`;
      return blocks[forged]?.type === "thinking"
        ? `${place}: Invalid \`signature\` in \`thinking\` block`
        : `${place}: Invalid \`data\` in \`redacted_thinking\` block`;
    }
    const [first] = blocks;
    const callsTool = blocks.some((block) => block.type === "tool_use");
    const thought = first?.type === "thinking" || first?.type === "redacted_thinking";
    if (index < lastAsked || !callsTool || thought) return undefined;
    return `messages.${index}.content.0.type: Expected \`thinking\` or \`redacted_thinking\`, but found \`${String(first?.type)}\`. When \`thinking\` is enabled, a final \`assistant\` message must start with a thinking block (preceeding the lastmost set of \`tool_use\` and \`tool_result\` blocks).`;
  });
}
