/**
 * Names under which the catalogue may have a model, best first. Each is the same model at the same price: a
 * rule that could turn one model into another has no place here.
 *
 * @param model - in lower case
 */
export function spellings(adapterId: string, model: string): readonly string[] {
  const others = Object.hasOwn(SPELLINGS, adapterId) ? SPELLINGS[adapterId] : undefined;
  return others === undefined ? [model] : [model, ...others(model)];
}

const SPELLINGS: Readonly<Record<string, (model: string) => readonly string[]>> = {
  bedrock: bedrockSpellings,
  fireworks: (model) => [
    model.replace(/^accounts\/fireworks\/models\//, ""),
    ...(model.includes("/") ? [] : [`accounts/fireworks/models/${model}`]),
  ],
  gemini: (model) => [model.replace(/^models\//, "")],
  openai: fineTuned,
  "azure-openai": fineTuned,
  // A version is of the model before it: owner/name:<sha256>.
  replicate: (model) => [model.replace(/:[0-9a-f]{64}$/, "")],
  vertex: vertexSpellings,
};

/** `arn:aws:bedrock:us-east-1::foundation-model/…`; a profile or model of the account's own tells no name. */
function bedrockSpellings(model: string): readonly string[] {
  const name = model.replace(
    /^arn:aws[\w-]*:bedrock:[\w-]*:\d*:(?:foundation-model|inference-profile)\//,
    "",
  );
  // The same model with a longer or shorter context: anthropic.claude-3-sonnet-20240229-v1:0:28k.
  return [name, name.replace(/:\d+k$/, "")];
}

/** `ft:gpt-4o-mini-2024-07-18:organisation::id` is billed as fine-tuned models of its base are. */
function fineTuned(model: string): readonly string[] {
  const base = /^ft:[^:]+/.exec(model)?.[0];
  return base === undefined ? [] : [base];
}

/** Google's and Anthropic's models stand in the list by their bare names, all others behind their vendor's. */
function vertexSpellings(model: string): readonly string[] {
  const name = model.replace(/^publishers\/([^/]+)\/models\//, "$1/");
  return [name, name.replace(/^(?:anthropic|google)\//, "")];
}

/** A date or `latest` at the end of a name whose vendor marks snapshots of one model so. */
const SNAPSHOT = /-(?:\d{4}-\d{2}-\d{2}|20\d{6}|latest)$/;

const FAMILIES: Readonly<Record<string, RegExp>> = {
  anthropic: SNAPSHOT,
  "azure-openai": SNAPSHOT,
  // Where the call may be worked on.
  bedrock: /^(?:apac|au|ca|eu|global|jp|us|us-gov)\./,
  openai: SNAPSHOT,
  vertex: /@(?:20\d{6}|default|latest)$/,
};

/**
 * What the forms of one model have in common: its snapshots, or the geographies that it is served in. They
 * mostly cost the same, but not always, so that this is no spelling of any one of them.
 *
 * @param model - in lower case
 * @returns null where the provider's names tell no such forms.
 */
export function familyOf(adapterId: string, model: string): string | null {
  const mark = Object.hasOwn(FAMILIES, adapterId) ? FAMILIES[adapterId] : undefined;
  return mark === undefined ? null : model.replace(mark, "");
}
