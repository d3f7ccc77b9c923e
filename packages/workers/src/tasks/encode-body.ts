import type { BodyEdits, FieldRename } from "@headrace/core/provider-adapter";
import { viewAsBuffer } from "../json/decode-body.ts";
import { createKeySet, type KeySet, type Span, scanMembers } from "../json/scan.ts";
import type { Plan } from "./plan.ts";

/** How the bodies for one target differ from the client's, compiled once. */
export interface BodyEncoder {
  /**
   * The body for the provider: the client's bytes with what must differ spliced in. Every other byte stays, so unknown
   * fields, number spellings and key order survive.
   *
   * @param body - the bytes that `plan` was made from
   * @returns `body` itself when nothing has to change
   */
  encode(body: Uint8Array, plan: Plan): EncodedBody;
}

export interface EncodedBody {
  readonly body: Uint8Array;
  /** Top-level fields that were taken out because the provider does not take them. */
  readonly lost: readonly string[];
}

/** Replaces the bytes `[start, end)` by `text`; `start === end` inserts. */
interface Splice {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

const USAGE_OPTION = createKeySet(["include_usage"]);
const NONE_LOST: readonly string[] = [];
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const QUOTE = 0x22;
const COMMA = 0x2c;
const LOWER_T = 0x74;
const SPACE = 0x20;

/** @param model - the model's name at the provider */
export function createBodyEncoder(model: string, edits: BodyEdits): BodyEncoder {
  const modelJson = JSON.stringify(model);
  const removed = edits.model === "remove" ? ["model", ...edits.refused] : edits.refused;
  const removedKeys = removed.length === 0 ? null : createKeySet(removed);
  const renames = edits.renamed === undefined ? null : compileRenames(edits.renamed);
  return {
    encode(body, plan) {
      const splices: Splice[] = [];
      const kept = edits.model === "remove" ? null : plan.modelSpan;
      if (edits.model === "replace" && plan.modelSpan !== null && model !== plan.model) {
        const [start, end] = plan.modelSpan;
        splices.push({ start, end, text: modelJson });
      }
      if (edits.askUsage && plan.stream) addUsageSplices(body, plan, splices);
      const lost = removedKeys === null ? NONE_LOST : removeMembers(body, removedKeys, splices);
      const doubled = renames === null ? NONE_LOST : renameMembers(body, renames, splices);
      if (edits.added !== "") splices.push(addition(body, kept, edits.added));
      const takesOut = lost.length > 0 || doubled.length > 0;
      return {
        body: applySplices(body, splices, takesOut),
        lost: takesOut ? [...lost, ...doubled].filter((name) => name !== "model") : NONE_LOST,
      };
    },
  };
}

function addUsageSplices(body: Uint8Array, plan: Plan, splices: Splice[]): void {
  if (plan.streamOptionsSpan === null) {
    splices.push(addition(body, plan.modelSpan, '"stream_options":{"include_usage":true}'));
    return;
  }
  const [start, end] = plan.streamOptionsSpan;
  const value = viewAsBuffer(body).subarray(start, end);
  if (value[0] !== OPEN_BRACE) {
    splices.push({ start, end, text: '{"include_usage":true}' }); // null: validation lets nothing else through
    return;
  }
  let found = false;
  // Every occurrence, should there be two: which one counts is the provider's choice.
  scanMembers(
    value,
    { start: 0, keys: USAGE_OPTION, maxDepth: Number.POSITIVE_INFINITY },
    (_slot, [from, to]) => {
      found = true;
      if (value[from] !== LOWER_T) splices.push({ start: start + from, end: start + to, text: "true" });
    },
  );
  if (found) return;
  const isEmpty = value.subarray(1, -1).every((byte) => byte <= SPACE);
  splices.push({ start: start + 1, end: start + 1, text: `"include_usage":true${isEmpty ? "" : ","}` });
}

/**
 * Members behind the model, where it stays; else behind the opening brace, and a comma that separates them from nothing
 * is dropped at the end.
 */
function addition(body: Uint8Array, modelSpan: Span | null, members: string): Splice {
  if (modelSpan !== null) return { start: modelSpan[1], end: modelSpan[1], text: `,${members}` };
  const start = body.indexOf(OPEN_BRACE) + 1;
  return { start, end: start, text: `${members},` };
}

/** Takes members out, each with the comma behind it; that of the member before a last one is dropped at the end. */
function removeMembers(body: Uint8Array, keys: KeySet, splices: Splice[]): readonly string[] {
  const names: string[] = [];
  const bytes = viewAsBuffer(body);
  scanMembers(
    bytes,
    { start: 0, keys, maxDepth: Number.POSITIVE_INFINITY },
    (slot, [, valueEnd], keyStart) => {
      names.push(keys.names[slot] ?? "");
      splices.push(removal(bytes, keyStart, valueEnd));
    },
  );
  return names;
}

function removal(bytes: Buffer, keyStart: number, valueEnd: number): Splice {
  const after = skipBlanks(bytes, valueEnd, 1);
  return { start: keyStart, end: bytes[after] === COMMA ? after + 1 : valueEnd, text: "" };
}

interface Renames {
  readonly keys: KeySet;
  /** By slot of the key set: what the field is called at the provider; undefined for one that is called so already. */
  readonly targets: readonly (string | undefined)[];
}

function compileRenames(renamed: readonly FieldRename[]): Renames {
  const names = [...renamed.map(({ from }) => from), ...renamed.map(({ to }) => to)];
  return { keys: createKeySet(names), targets: renamed.map(({ to }) => to) };
}

interface Found {
  readonly slot: number;
  readonly keyStart: number;
  readonly valueStart: number;
  readonly valueEnd: number;
}

/** @returns names of fields that were taken out, for the provider's own name stands there too */
function renameMembers(body: Uint8Array, { keys, targets }: Renames, splices: Splice[]): readonly string[] {
  const bytes = viewAsBuffer(body);
  const found: Found[] = [];
  scanMembers(
    bytes,
    { start: 0, keys, maxDepth: Number.POSITIVE_INFINITY },
    (slot, [valueStart, valueEnd], keyStart) => found.push({ slot, keyStart, valueStart, valueEnd }),
  );
  const present = new Set(found.map(({ slot }) => keys.names[slot]));
  const lost: string[] = [];
  for (const { slot, keyStart, valueStart, valueEnd } of found) {
    const target = targets[slot];
    if (target === undefined) continue;
    if (present.has(target)) {
      lost.push(keys.names[slot] ?? "");
      splices.push(removal(bytes, keyStart, valueEnd));
    } else {
      // Between the key and its value there is nothing but a colon and blanks, and the last quote ends the key.
      const keyEnd = bytes.lastIndexOf(QUOTE, valueStart - 1) + 1;
      splices.push({ start: keyStart, end: keyEnd, text: JSON.stringify(target) });
    }
  }
  return lost;
}

function skipBlanks(bytes: Buffer, from: number, step: 1 | -1): number {
  let at = from;
  while (at >= 0 && at < bytes.length && (bytes[at] ?? 0) <= SPACE) at += step;
  return at;
}

function applySplices(body: Uint8Array, splices: Splice[], takesOut: boolean): Uint8Array {
  if (splices.length === 0) return body;
  // What is put in comes before what is taken out at the same place.
  if (splices.length > 1) splices.sort((one, other) => one.start - other.start || one.end - other.end);
  let bodyBytes = body.length;
  for (const { start, end, text } of splices) bodyBytes += Buffer.byteLength(text) - (end - start);
  const result = Buffer.allocUnsafe(bodyBytes);
  let read = 0;
  let written = 0;
  for (const { start, end, text } of splices) {
    result.set(body.subarray(read, start), written);
    written += start - read;
    written += result.write(text, written);
    read = end;
  }
  result.set(body.subarray(read), written);
  return takesOut ? dropTrailingComma(result) : result;
}

/** Left when the last members were taken out; in a body that is JSON nothing else puts a comma there. */
function dropTrailingComma(body: Buffer): Buffer {
  const close = body.lastIndexOf(CLOSE_BRACE);
  const last = skipBlanks(body, close - 1, -1);
  if (body[last] !== COMMA) return body;
  return Buffer.concat([body.subarray(0, last), body.subarray(last + 1)]);
}
