import type { ChatRequest } from "@headrace/core/canonical/chat";
import type { JsonObject } from "@headrace/core/json-object";
import type { EncodedRequest, EncodeTarget } from "@headrace/core/wire/chat-codec";
import { BETAS_FIELD, betasForBedrock, takeBetas } from "../../claude/betas.ts";
import { claudeTraits } from "../../claude/models.ts";
import { Losses } from "../../translation/losses.ts";
import { readClientFields } from "./client-fields.ts";
import { writeConversation } from "./message-encoder.ts";
import { planModelFields } from "./model-fields.ts";
import { modelTraits } from "./model-traits.ts";
import { STOP_SEQUENCE_PATHS } from "./stop-sequence.ts";
import { type EncodeContext, planTools } from "./tool-plan.ts";

/**
 * Writes a request of Converse or ConverseStream, which are the same body (Bedrock API reference, "Converse").
 *
 * @throws GatewayError `invalid_field` for media that Bedrock cannot read, a URL of an image among them
 */
export function encodeConverseRequest(request: ChatRequest, target: EncodeTarget): EncodedRequest {
  const losses = new Losses(request.wire);
  const traits = modelTraits(target.model);
  const claude = traits.reasoning === "claude" ? claudeTraits(target.model) : null;
  const context: EncodeContext = { request, traits, claude, losses };
  const conversation = writeConversation(request, traits, losses);
  const { toolConfig, textFormat, forced } = planTools(context, conversation);
  const { inferenceConfig, additional } = planModelFields(context, forced);
  const betas = takeBetas(request.extra);
  const client = readClientFields(claude === null ? request.extra : betas.extra, losses);
  const asked = claude === null ? [] : betasForBedrock(betas, losses);
  const body = {
    ...(conversation.system.length === 0 ? {} : { system: conversation.system }),
    messages: conversation.messages,
    ...unlessEmpty("inferenceConfig", inferenceConfig),
    ...(toolConfig === null ? {} : { toolConfig }),
    ...(textFormat === null ? {} : { outputConfig: { textFormat } }),
    ...unlessEmpty("additionalModelRequestFields", {
      ...additional,
      ...(asked.length === 0 ? {} : { [BETAS_FIELD]: asked }),
      ...client.model,
    }),
    ...(claude === null || inferenceConfig.stopSequences === undefined ? {} : askStopSequence(target)),
    ...client.top,
  };
  return { body, headers: [], lost: losses.paths };
}

function unlessEmpty(name: string, fields: JsonObject): JsonObject {
  return Object.keys(fields).length === 0 ? {} : { [name]: fields };
}

function askStopSequence({ stream }: EncodeTarget): JsonObject {
  return {
    additionalModelResponseFieldPaths: [stream ? STOP_SEQUENCE_PATHS.stream : STOP_SEQUENCE_PATHS.whole],
  };
}
