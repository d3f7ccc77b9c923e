import type { AnswerContent, CalledTool } from "./answer-content.ts";
import { textSimilarity, vectorSimilarity } from "./text-similarity.ts";

/** What may be known of an answer's content by those who must not read it. Plain data: it crosses threads as it is. */
export interface ContentFacts {
  /** UTF-16 units of visible text. */
  readonly textChars: number;
  readonly toolCalls: number;
  /** As in the canonical form; of several choices all of them. */
  readonly finish: readonly string[];
  /** Of embeddings: how many, and how long the first one is. */
  readonly vectors: number;
  readonly dimensions: number;
}

/** How two answers differ. It is the same whichever of them comes first, but for the order of the facts. */
export interface ContentComparison {
  readonly primary: ContentFacts;
  readonly shadow: ContentFacts;
  /** Of the texts from 0 to 1, or of the vectors from -1 to 1; null where there is nothing to compare. */
  readonly similarity: number | null;
  readonly identical: boolean;
  /** Names and arguments, whatever their order; null when neither calls a tool. */
  readonly sameToolCalls: boolean | null;
  /** Null for embeddings. */
  readonly sameFinish: boolean | null;
}

/** Of longer texts the beginnings are compared. */
const MAX_COMPARED_CHARS = 100_000;

export function compareContents(primary: AnswerContent, shadow: AnswerContent): ContentComparison {
  const sameToolCalls = sameCalls(primary.toolCalls, shadow.toolCalls);
  const isChat = primary.vectors === null && shadow.vectors === null;
  const similarity = similarityOf(primary, shadow);
  return {
    primary: factsOf(primary),
    shadow: factsOf(shadow),
    similarity,
    identical: isChat
      ? primary.text === shadow.text && sameToolCalls !== false
      : sameVectors(primary.vectors ?? [], shadow.vectors ?? []),
    sameToolCalls,
    sameFinish: isChat ? primary.finish.join() === shadow.finish.join() : null,
  };
}

function similarityOf(primary: AnswerContent, shadow: AnswerContent): number | null {
  if (primary.vectors !== null && shadow.vectors !== null)
    return vectorSimilarity(primary.vectors, shadow.vectors);
  if (primary.text === "" && shadow.text === "") return null;
  return textSimilarity(primary.text.slice(0, MAX_COMPARED_CHARS), shadow.text.slice(0, MAX_COMPARED_CHARS));
}

function factsOf({ text, toolCalls, finish, vectors }: AnswerContent): ContentFacts {
  return {
    textChars: text.length,
    toolCalls: toolCalls.length,
    finish,
    vectors: vectors?.length ?? 0,
    dimensions: vectors?.[0]?.length ?? 0,
  };
}

function sameVectors(one: readonly Float32Array[], other: readonly Float32Array[]): boolean {
  return (
    one.length === other.length &&
    one.every((vector, i) => {
      const opposite = other[i];
      return opposite?.length === vector.length && vector.every((value, at) => value === opposite[at]);
    })
  );
}

/** Calls made side by side have no order that would mean anything. */
function sameCalls(one: readonly CalledTool[], other: readonly CalledTool[]): boolean | null {
  if (one.length === 0 && other.length === 0) return null;
  if (one.length !== other.length) return false;
  const writtenOther = other.map(writeCall).sort();
  return one
    .map(writeCall)
    .sort()
    .every((call, i) => call === writtenOther[i]);
}

function writeCall({ name, argumentsJson }: CalledTool): string {
  return JSON.stringify([name, canonicalArguments(argumentsJson)]);
}

/** With all members in the order of their names; what is no JSON stands for itself. */
function canonicalArguments(text: string): unknown {
  if (text === "") return {};
  try {
    return JSON.parse(text, sortMembers);
  } catch {
    return [text];
  }
}

function sortMembers(_key: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)));
}
