import type { AuthScheme, ProviderAdapter } from "@headrace/core/provider-adapter";
import type { AdapterCapabilities, CapabilityTable, ChatCapabilities } from "../capabilities/capabilities.ts";
import { OVERRIDES } from "../capabilities/overrides.ts";
import { PLATFORM_MODELS } from "../capabilities/platform-models.ts";
import { adapterFacts, exampleUrl } from "./adapter-facts.ts";

const HEAD = `# Providers

An adapter is what the gateway knows of a provider's API; a config names it under \`providers.<name>.adapter\`. Every one
takes a \`baseUrl\` in place of its own address, so that a proxy, a private endpoint or a stand-in can be put in its
place. This page is generated from the adapters themselves; a test keeps them equal. How to add one:
[adding-a-provider.md](adding-a-provider.md).
`;

const ADDRESS_HEAD = `
## Addresses and credentials

| adapter | vendor | address | credentials | settings |
|---|---|---|---|---|
`;

const ENDPOINT_HEAD = `
## Endpoints

Native: the client's bytes are passed on, whatever is in them. Translated: the call is written anew on the provider's
wire, and its answer on the client's.

| adapter | models | native | translated |
|---|---|---|---|
`;

const PROFILE_NOTE = `
The name of an application inference profile of Bedrock does not tell which model it stands for. Write that behind it, in
Bedrock's own words, and it is asked as that model: \`arn:aws:bedrock:…:application-inference-profile/abc123#anthropic.claude-sonnet-4-5\`.
What follows the \`#\` is not sent.
`;

const AUDIO_NOTE = `
### Audio of ElevenLabs

Both calls are OpenAI's, so that its SDKs reach ElevenLabs as they are. What of a call is lost is named in
\`x-headrace-dropped-params\`.

- \`POST /v1/audio/speech\`: \`voice\` is the id of a voice at ElevenLabs (\`GET /v1/voices\` there), also as \`{"id": …}\`. OpenAI's
  own names (\`alloy\`, \`nova\`, …) are refused with \`invalid_field\`: which of an account's voices should stand for one nobody
  here can know, and another than was asked for is no answer. \`response_format\` is mp3, opus, wav or pcm; a \`speed\` outside of
  0.7 to 1.2 becomes the nearest of those, and counts as lost. ElevenLabs' own fields pass: \`voice_settings\`, \`language_code\`,
  \`seed\`, \`previous_text\`, \`next_text\`, \`pronunciation_dictionary_locators\`, \`apply_text_normalization\`,
  \`apply_language_text_normalization\`.
- \`POST /v1/audio/transcriptions\`: the form is written anew while it streams by, the fields behind the file; one of them has at
  most 16 KiB. \`language\` becomes \`language_code\`, \`temperature\` passes, and so do \`language_code\`, \`tag_audio_events\` (false
  unless asked for), \`num_speakers\`, \`diarize\`, \`diarization_threshold\`, \`file_format\`, \`keyterms\` and \`seed\`. The answer comes
  as json, text, srt, vtt or verbose_json, whose one segment is the whole transcript, with words on request;
  \`stream\` and \`diarized_json\` are refused.
`;

const FEATURE_HEAD = `
## What a translated chat may say

Everything in the list below, but for what a row names: emulated is what the gateway brings about by other means; what
is not taken is left out and named in the header \`x-headrace-dropped-params\`, or the request is refused, as the config's
\`unsupportedParams\` says; a header of betas is named and refused by none. The table is found by asking the adapters' own codecs, as \`GET /v1/capabilities\` serves it,
about the model that it names there; what the provider's other models can do, only the provider can tell.

Thoughts go to clients on OpenAI's wire as \`reasoning_content\`. A library drops what it does not know: with
\`@mistralai/mistralai\` DeepSeek's thoughts are neither seen nor given back, which DeepSeek demands while tools are called.

`;

const PREFILL_HEAD = `
## Going on with an answer

Models that go on with an answer which another one has begun ([streams.md](streams.md)), and what tells them to.

| adapter | models | the last message has | the body has |
|---|---|---|---|
`;

/** The text of docs/providers.md. */
export function providersMarkdown(adapters: readonly ProviderAdapter[], table: CapabilityTable): string {
  return [
    HEAD,
    ADDRESS_HEAD,
    ...adapters.map(addressRow),
    ENDPOINT_HEAD,
    ...table.adapters.map(endpointRow),
    PROFILE_NOTE,
    AUDIO_NOTE,
    FEATURE_HEAD,
    featureList(table),
    "\n| adapters | emulated | not taken | signatures that go back | counts of usage |\n|---|---|---|---|---|\n",
    ...chatRows(table),
    overrideList(),
    PREFILL_HEAD,
    ...adapters.flatMap(prefillRows),
  ].join("");
}

function addressRow(adapter: ProviderAdapter): string {
  const { id, title, requiredSettings, optionalSettings } = adapter;
  const { needsBaseUrl } = adapterFacts(adapter);
  const url = exampleUrl(adapter);
  return row([
    code(id),
    title,
    url === null ? (needsBaseUrl ? "the config's `baseUrl`" : "inside the gateway") : code(url),
    credentials(adapter.auth),
    [...requiredSettings.map(code), ...optionalSettings.map((name) => `${code(name)} (optional)`)].join(", "),
  ]);
}

function credentials(auth: AuthScheme): string {
  switch (auth.kind) {
    case "key-header":
      return `\`apiKey\` in \`${auth.name}\`${auth.optional ? " (optional)" : ""}`;
    case "none":
      return "";
    case "aws":
      return "AWS access key or what the machine offers, signed; or `apiKey`";
    case "google":
      return "service account or what the machine offers";
    case "entra":
      return `\`apiKey\` in \`${auth.keyHeader}\`; or Entra client credentials`;
  }
}

function endpointRow({ id, models, endpoints }: AdapterCapabilities): string {
  const served = (support: string): string =>
    Object.entries(endpoints)
      .filter(([, found]) => found === support)
      .map(([name]) => name)
      .join(", ");
  return row([code(id), models ?? "all", served("native"), served("translated")]);
}

/** A platform has a row for each of the vendors whose models do. */
function prefillRows(adapter: ProviderAdapter): string[] {
  const { id, forModel } = adapter;
  const examples = forModel === undefined ? [] : (PLATFORM_MODELS[id] ?? []);
  const adapters = forModel === undefined ? [adapter] : examples.map(({ example }) => forModel(example));
  const prefills = new Set(adapters.flatMap(({ prefill }) => prefill ?? []));
  return [...prefills].map(({ models, messageFields, bodyFields }) => {
    const fields = (all: object = {}): string =>
      Object.entries(all)
        .map(([name, value]) => code(`${name}: ${value}`))
        .join(", ");
    return row([code(id), models, fields(messageFields), fields(bodyFields)]);
  });
}

/** Adapters that can do the same share a row. */
function chatRows({ adapters }: CapabilityTable): string[] {
  const groups = new Map<string, { names: string[]; chat: ChatCapabilities }>();
  for (const { id, models, chat } of adapters) {
    if (chat === null) continue;
    const key = JSON.stringify(chat);
    const group = groups.get(key) ?? { names: [], chat };
    group.names.push(models === null ? code(id) : `${code(id)} (${models})`);
    groups.set(key, group);
  }
  return [...groups.values()].map(({ names, chat }) => {
    const named = (support: string | null): string =>
      Object.entries(chat.features)
        .filter(([, found]) => found === support)
        .map(([name]) => name)
        .join(", ");
    return row([
      names.join(", "),
      named("emulated"),
      named(null),
      chat.reasoningSignatures.join(", "),
      chat.usage.join(", "),
    ]);
  });
}

function featureList({ adapters }: CapabilityTable): string {
  const chat = adapters.find((adapter) => adapter.chat !== null)?.chat;
  const names = chat === null || chat === undefined ? [] : Object.keys(chat.features);
  return `${names.map(code).join(", ")}.\n`;
}

/** What is written down rather than found. */
function overrideList(): string {
  const lines = Object.entries(OVERRIDES).flatMap(([id, features]) =>
    Object.entries(features).map(([feature, { because }]) => `- ${code(id)}, ${code(feature)}: ${because}\n`),
  );
  return lines.length === 0 ? "" : `\nWritten down rather than found:\n\n${lines.join("")}`;
}

function code(text: string): string {
  return `\`${text}\``;
}

function row(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |\n`;
}
