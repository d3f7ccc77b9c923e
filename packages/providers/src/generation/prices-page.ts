import type { ProviderAdapter } from "@headrace/core/provider-adapter";
import { cataloguedModels, cataloguePrice } from "../prices/catalogue.ts";
import { PRICE_SOURCES, PRICES_READ_ON } from "../prices/data/catalogue.ts";

const HEAD = `# Prices

What a call cost is reckoned from the provider's own count of its tokens and the price of the target that served it. The
same price tells the strategy \`cost\` which target is the cheapest. This page is generated; a test keeps it equal to what
the gateway ships.

## Where a price comes from

The first of these that there is:

1. \`prices\` of the config, under \`provider/model\`: the provider's name in the config and the model's name there.
2. \`prices\`, under the model's name at its provider.
3. \`prices\`, under the name that clients ask for.
4. The shipped catalogue, under the adapter and the model's name at the provider.

Is there none, then the price is **not known**, which is never taken for free: the call has no cost, the strategy \`cost\`
asks targets of known price first, and nothing is added to any sum. Free is what is stated to cost 0: by you, of the
gateway's own mock, and of OpenRouter's variants whose names end in \`:free\`. A server of your own costs what you say.

\`\`\`yaml
prices:
  qwen3:                     # at any provider that calls a model so
    inputUsdPerMillion: 0.4
    cachedInputUsdPerMillion: 0.1
    outputUsdPerMillion: 1.2
  vllm-a/qwen3:              # at this one
    inputUsdPerMillion: 0
    outputUsdPerMillion: 0
\`\`\`

A price of the config stands alone: what it leaves out is not filled in from the catalogue, but goes as other input.

## How a cost is reckoned

- Each token is counted once: input read in full, from the provider's cache, written to it for five minutes or for an
  hour, output, and reasoning, which goes as output unless the price says otherwise.
- Where a provider asks more for long inputs, the whole call goes by the tier that all of its input, cached or not,
  comes to.
- Prices are held in whole millionths of a dollar for a million tokens, and sums are exact to 10^-12 USD. An amount is
  written with up to nine decimals, without an exponent; what is dearer than nothing never reads as \`0\`.
- The blended price that targets are compared by is three parts of input and one of output, as chats commonly have it,
  without discounts or tiers.
- Models that are not billed by tokens go by searches, seconds, characters or pictures where those were counted; else
  their cost is not known. The seconds of a transcription are what its \`usage\` tells (OpenAI, Mistral). Perplexity's fee
  for each request is that of its shallowest search, which a request gets that asks for none.

What the catalogue does not tell: discounts of your contract, batches, priority and flex tiers, tools that a provider
runs itself, and what a region asks more (for Amazon Bedrock the geographies in front of a model's name are told apart).
Where a provider's list names no price for cached input, it goes as other input, so that a cost may be too high but is
not too low.

## Which names are found

A model's name as its provider writes it, in any case. Besides: \`models/\` and \`publishers/…/models/\` of Google, ARNs of
Amazon Bedrock's foundation models and inference profiles, \`accounts/fireworks/models/\`, versions behind a colon at
Replicate, and fine-tuned models of OpenAI by their base. A snapshot that the catalogue has not yet (a date, or
\`latest\`), and another geography of a Bedrock model, is found when all the forms of it that are listed cost the same.
Nothing is guessed: a name that only looks like another is not known. Azure's deployments are found when they are named
as their models are.
`;

const COVERAGE_HEAD = `
| adapter | models | with a price for cached input | with tiers | not billed by tokens |
|---|---|---|---|---|
`;

/** The text of docs/prices.md. */
export function pricesMarkdown(adapters: readonly ProviderAdapter[]): string {
  const priced = adapters.filter(({ id }) => cataloguedModels(id).length > 0);
  const unpriced = adapters.filter((adapter) => !priced.includes(adapter) && adapter.id !== "mock");
  return [
    HEAD,
    sources(),
    COVERAGE_HEAD,
    ...priced.map(({ id }) => coverageRow(id)),
    `\nWithout a shipped price: ${unpriced.map(({ id }) => `\`${id}\``).join(", ")}.\n`,
  ].join("");
}

function sources(): string {
  const list = PRICE_SOURCES.map(
    ({ title, package: name, licence }) => `- ${title}: \`${name}\`, ${licence}\n`,
  );
  return [
    `\n## The catalogue\n\nRead on ${PRICES_READ_ON} from these, the first that names a model:\n\n`,
    ...list,
    "\nTo read them anew, set the versions in `packages/providers/src/prices/refresh/sources.ts`, run\n",
    "`pnpm --filter @headrace/providers refresh-prices` (it needs npm, Python and pip) and look at what changed.\n",
  ].join("");
}

function coverageRow(adapterId: string): string {
  const prices = cataloguedModels(adapterId).flatMap((name) => cataloguePrice(adapterId, name) ?? []);
  const cells = [
    `\`${adapterId}\``,
    prices.length,
    prices.filter(({ rates }) => rates !== null && rates.cacheRead !== rates.input).length,
    prices.filter(({ tiers }) => tiers.length > 0).length,
    prices.filter(({ rates }) => rates === null).length,
  ];
  return `| ${cells.join(" | ")} |\n`;
}
