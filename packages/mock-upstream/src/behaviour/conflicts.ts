import type { MockBehaviour } from "./fields.ts";

const MAX_TEXT_BYTES = 256 * 1024 * 1024;
const WORD_BYTES = 16;

/** Combinations of fields that cannot be played, each with the sentence that refuses it. */
const CONFLICTS: readonly (readonly [applies: (behaviour: MockBehaviour) => boolean, sentence: string])[] = [
  [
    ({ framing, encoding, split }) => framing === "close" && (encoding !== "identity" || split !== "none"),
    "framing close goes with neither gzip nor split",
  ],
  [
    ({ chunks, chunkBytes }) => chunks * Math.max(chunkBytes, WORD_BYTES) > MAX_TEXT_BYTES,
    "chunks times chunkBytes is more than 256 MiB",
  ],
];

/** The sentence that refuses a behaviour, or undefined for one that can be played. */
export function conflictOf(behaviour: MockBehaviour): string | undefined {
  return CONFLICTS.find(([applies]) => applies(behaviour))?.[1];
}
