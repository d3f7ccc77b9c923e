import type { MockBehaviour } from "../behaviour/fields.ts";
import type { ScriptStep } from "./script.ts";

const CR = 0x0d;
const LF = 0x0a;

/** Whether the bytes may be cut between two neighbours. */
type CutTest = (before: number, after: number) => boolean;

const CUT_TESTS: Readonly<Record<MockBehaviour["split"], CutTest | undefined>> = {
  none: undefined,
  bytes: () => true,
  // A continuation byte is 10xxxxxx: a cut before it stands inside a character.
  utf8: (_, after) => (after & 0xc0) === 0x80,
  crlf: (before, after) => before === CR && after === LF,
};

/** Cuts steps further; the pieces keep the time of their step. */
export function splitSteps(steps: readonly ScriptStep[], split: MockBehaviour["split"]): ScriptStep[] {
  const mayCut = CUT_TESTS[split];
  if (mayCut === undefined) return [...steps];
  return steps.flatMap(({ bytes, atMs }) => cutBytes(bytes, mayCut).map((piece) => ({ bytes: piece, atMs })));
}

function cutBytes(bytes: Uint8Array, mayCut: CutTest): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  let start = 0;
  for (let index = 1; index < bytes.byteLength; index += 1) {
    if (!mayCut(bytes[index - 1] ?? 0, bytes[index] ?? 0)) continue;
    pieces.push(bytes.subarray(start, index));
    start = index;
  }
  if (start < bytes.byteLength) pieces.push(bytes.subarray(start));
  return pieces;
}
