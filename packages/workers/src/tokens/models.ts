/** Tokenisers whose vocabularies OpenAI has published. */
export type EncodingName = "o200k_base" | "cl100k_base";

/** What counting needs to know of a model. */
export interface ModelTokens {
  readonly encoding: EncodingName;
  /** Tokens of prompt and answer together that the model takes; null when the model is not in the table. */
  readonly contextTokens: number | null;
  /** False for a model that is not in the table: its tokeniser is guessed. */
  readonly known: boolean;
}

type Row = readonly [prefix: string, encoding: EncodingName, contextTokens: number];

/**
 * Model families by the prefix of their names, as OpenAI's tiktoken (`model.py`) assigns encodings and OpenAI's model
 * pages give context windows. A prefix counts up to the end of the name or a separator; the longest one wins.
 */
const ROWS: readonly Row[] = [
  ["gpt-5", "o200k_base", 400_000],
  ["gpt-5-chat", "o200k_base", 128_000],
  ["gpt-4.5", "o200k_base", 128_000],
  ["gpt-4.1", "o200k_base", 1_047_576],
  ["gpt-4o", "o200k_base", 128_000],
  ["chatgpt-4o", "o200k_base", 128_000],
  ["gpt-oss", "o200k_base", 131_072],
  ["o1", "o200k_base", 200_000],
  ["o1-mini", "o200k_base", 128_000],
  ["o1-preview", "o200k_base", 128_000],
  ["o3", "o200k_base", 200_000],
  ["o4", "o200k_base", 200_000],
  ["gpt-4", "cl100k_base", 8_192],
  ["gpt-4-32k", "cl100k_base", 32_768],
  ["gpt-4-turbo", "cl100k_base", 128_000],
  ["gpt-4-1106", "cl100k_base", 128_000],
  ["gpt-4-0125", "cl100k_base", 128_000],
  ["gpt-4-vision", "cl100k_base", 128_000],
  ["gpt-3.5", "cl100k_base", 16_385],
  ["gpt-35", "cl100k_base", 16_385],
  ["text-embedding-3", "cl100k_base", 8_191],
  ["text-embedding-ada-002", "cl100k_base", 8_191],
  ["davinci-002", "cl100k_base", 16_384],
  ["babbage-002", "cl100k_base", 16_384],
];

const LONGEST_FIRST = ROWS.toSorted(([one], [other]) => other.length - one.length);

/** Newer models all use it, so it is the better guess. */
const UNKNOWN_MODEL: ModelTokens = { encoding: "o200k_base", contextTokens: null, known: false };

/** Looks a model up by its name, also with a vendor in front (`openai/gpt-4o`) or as a fine-tune (`ft:gpt-4o:…`). */
export function lookUpModel(model: string): ModelTokens {
  const name = model.slice(model.lastIndexOf("/") + 1).replace(/^ft:/, "");
  const row = LONGEST_FIRST.find(
    ([prefix]) => name.startsWith(prefix) && !/^[a-z0-9]/i.test(name.slice(prefix.length)),
  );
  if (row === undefined) return UNKNOWN_MODEL;
  const [, encoding, contextTokens] = row;
  return { encoding, contextTokens, known: true };
}
