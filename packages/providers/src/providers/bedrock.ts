import type { ProviderAdapter, ProviderSettings } from "@headrace/core/provider-adapter";
import { bedrockModelPath } from "../bedrock/model-path.ts";
import { CLAUDE_PREFILL } from "../families/prefills.ts";
import { BEDROCK_INVOKE } from "../wires/anthropic-messages/dialect.ts";
import { anthropicProvider } from "../wires/anthropic-messages/provider.ts";
import { anthropicService } from "../wires/anthropic-messages/service.ts";
import { converseProvider } from "../wires/bedrock-converse/provider.ts";
import { readConverseError } from "../wires/bedrock-converse/provider-errors.ts";
import { converseService } from "../wires/bedrock-converse/service.ts";
import { bedrockEmbedProvider } from "../wires/bedrock-embed/provider.ts";
import { bedrockEmbedService } from "../wires/bedrock-embed/service.ts";

/** Names, inference profiles and ARNs, and what is written behind those that do not tell (bedrock/model-path.ts). */
const CLAUDE = /\banthropic\.claude/;

/**
 * Amazon Bedrock: Converse for all models, and for Claude, whose own wire says more, InvokeModel. Sources: AWS General
 * Reference, "Amazon Bedrock endpoints and quotas"; Bedrock user guide, "Amazon Bedrock API keys" (a bearer token in
 * place of a signature).
 */
export const bedrock: ProviderAdapter = {
  id: "bedrock",
  title: "Amazon Bedrock",
  baseUrl: regionalUrl,
  requiredSettings: ["region"],
  optionalSettings: [],
  probePath: "/",
  auth: { kind: "aws", service: "bedrock" },
  services: { "bedrock-converse": converseService(), "bedrock-embed": bedrockEmbedService() },
  chat: converseProvider,
  embedding: bedrockEmbedProvider,
  rerank: null,
  readError: readConverseError,
  forModel: (model) => (CLAUDE.test(model) ? claude : bedrock),
};

const claude: ProviderAdapter = {
  ...bedrock,
  services: {
    "bedrock-converse": converseService(),
    "anthropic-messages": {
      ...anthropicService({
        dialect: BEDROCK_INVOKE,
        path: (call) => bedrockModelPath("invoke", call),
      }),
      // Streams come in binary frames, and betas go into the body.
      onlyTranslated: true,
    },
  },
  chat: anthropicProvider(BEDROCK_INVOKE),
  embedding: null,
  prefill: CLAUDE_PREFILL,
};

/** AWS in China has a domain of its own. */
function regionalUrl({ region }: ProviderSettings): string | null {
  if (region === undefined) return null;
  return `https://bedrock-runtime.${region}.amazonaws.com${region.startsWith("cn-") ? ".cn" : ""}`;
}
