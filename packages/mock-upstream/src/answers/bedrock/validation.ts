import { CLAUDE_SIGNER, REDACTED_SIGNER } from "../anthropic/history.ts";
import type { Call } from "../contract.ts";
import { isJsonObject, type JsonObject, objectOf, objectsOf } from "../json.ts";
import { type Refusal, refuse } from "../refusal.ts";
import { isIssued, isSignatureOf } from "../signature.ts";

const NAME = /^[a-zA-Z0-9_-]{1,64}$/;

/** What Converse refuses about a request, in its words as its users quote them. */
export function converseProblem({ body, behaviour }: Call): Refusal | undefined {
  const messages = objectsOf(body.messages);
  const sentence =
    rolesProblem(messages) ??
    toolConfigProblem(body, messages) ??
    firstOf(messages, contentProblem) ??
    firstOf(messages, (message, index) => toolPairsProblem(message, index, messages)) ??
    (behaviour.requireSignatures ? signaturesProblem(messages) : undefined);
  return sentence === undefined ? undefined : refuse(sentence);
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
  if (messages[0]?.role !== "user") {
    return "A conversation must start with a user message. Try again with a conversation that starts with a user message.";
  }
  return firstOf(messages, ({ role }, index) => {
    if (role !== "user" && role !== "assistant") {
      return `1 validation error detected: Value '${String(role)}' at 'messages.${index + 1}.member.role' failed to satisfy constraint: Member must satisfy enum value set: [user, assistant]`;
    }
    return role === messages[index - 1]?.role
      ? "A conversation must alternate between user and assistant roles. Make sure the conversation alternates between user and assistant roles and try again."
      : undefined;
  });
}

function toolConfigProblem(body: JsonObject, messages: readonly JsonObject[]): string | undefined {
  const blocks = messages.flatMap((message) => objectsOf(message.content));
  const usesTools = blocks.some((block) => block.toolUse !== undefined || block.toolResult !== undefined);
  if (usesTools && !isJsonObject(body.toolConfig)) {
    return "The toolConfig field must be defined when using toolUse and toolResult content blocks.";
  }
  for (const [index, tool] of objectsOf(objectOf(body.toolConfig).tools).entries()) {
    if (!isJsonObject(tool.toolSpec)) continue;
    const { name, inputSchema } = tool.toolSpec;
    const place = `toolConfig.tools.${index + 1}.member.toolSpec`;
    if (typeof name !== "string" || !NAME.test(name)) {
      return `1 validation error detected: Value '${String(name)}' at '${place}.name' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_-]+`;
    }
    if (objectOf(objectOf(inputSchema).json).type !== "object") {
      return `The value at toolConfig.tools.${index}.toolSpec.inputSchema.json.type must be one of the following: object.`;
    }
  }
  return undefined;
}

function contentProblem({ content }: JsonObject, index: number): string | undefined {
  const blocks = objectsOf(content);
  if (blocks.length === 0) {
    return `The content field in the Message object at messages.${index} is empty. Add a ContentBlock object to the content field and try again.`;
  }
  for (const [at, block] of blocks.entries()) {
    const place = `messages.${index}.content.${at}`;
    if (typeof block.text === "string" && block.text.trim() === "") {
      return `The text field in the ContentBlock object at ${place} is blank. Add text to the text field, and try again.`;
    }
    if (!isJsonObject(block.toolUse)) continue;
    const { input, toolUseId } = block.toolUse;
    if (!isJsonObject(input)) {
      return `The format of the value at ${place}.toolUse.input is invalid. Provide a json object for the field and try again.`;
    }
    if (typeof toolUseId !== "string" || !NAME.test(toolUseId)) {
      return `1 validation error detected: Value '${String(toolUseId)}' at 'messages.${index + 1}.member.content.${at + 1}.member.toolUse.toolUseId' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_-]+`;
    }
  }
  return undefined;
}

function toolPairsProblem(
  message: JsonObject,
  index: number,
  messages: readonly JsonObject[],
): string | undefined {
  const results = idsOf(message, "toolResult");
  const called = index === 0 ? [] : idsOf(messages[index - 1], "toolUse");
  if (results.length > called.length) {
    return `The number of toolResult blocks at messages.${index}.content exceeds the number of toolUse blocks of previous turn.`;
  }
  const foreign = results.find((id) => !called.includes(id));
  if (foreign !== undefined) {
    return `The toolResult blocks at messages.${index}.content contain an id that no toolUse block of the previous turn has: ${foreign}`;
  }
  const missing = called.filter((id) => !results.includes(id));
  if (missing.length === 0) return undefined;
  return `Expected toolResult blocks at messages.${index}.content for the following Ids: ${missing.join(", ")}, but found: ${results.join(", ")}`;
}

function idsOf(message: JsonObject | undefined, kind: "toolUse" | "toolResult"): string[] {
  return objectsOf(message?.content)
    .map((block) => block[kind])
    .filter(isJsonObject)
    .map((block) => String(block.toolUseId));
}

/** All reasoning is as it was signed, and a turn of the running tool loop begins with it. */
function signaturesProblem(messages: readonly JsonObject[]): string | undefined {
  const lastAsked = messages.findLastIndex(
    (message) => message.role === "user" && idsOf(message, "toolResult").length === 0,
  );
  const failed = "The model returned the following errors: ";
  return firstOf(messages, (message, index) => {
    if (message.role !== "assistant") return undefined;
    const blocks = objectsOf(message.content);
    for (const [at, block] of blocks.entries()) {
      const { redactedContent, reasoningText: reasoning } = objectOf(block.reasoningContent);
      if (redactedContent !== undefined && !isIssued(REDACTED_SIGNER, redactedContent)) {
        return `${failed}messages.${index}.content.${at}: Invalid \`data\` in \`redacted_thinking\` block`;
      }
      if (!isJsonObject(reasoning)) continue;
      if (!isSignatureOf(CLAUDE_SIGNER, String(reasoning.text), reasoning.signature)) {
        return `${failed}messages.${index}.content.${at}: Invalid \`signature\` in \`thinking\` block`;
      }
    }
    const callsTool = idsOf(message, "toolUse").length > 0;
    if (index < lastAsked || !callsTool || blocks[0]?.reasoningContent !== undefined) return undefined;
    return `${failed}messages.${index}.content.0.type: Expected \`thinking\` or \`redacted_thinking\`, but found \`tool_use\`.`;
  });
}
