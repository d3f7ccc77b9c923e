import type { EndedTry } from "../explain/kept-calls.ts";

/** What is told of one try. */
export type ToldTry = EndedTry;

/** Failures that were made on purpose, in the order of the tries; null for none, as nearly always. */
export function madeFaults(tries: readonly Pick<ToldTry, "fault">[]): readonly string[] | null {
  if (tries.every(({ fault }) => fault === null)) return null;
  return tries.flatMap(({ fault }) => (fault === null ? [] : [fault]));
}

/** Names the target of a try and why it was left: `openai/gpt-4o;left=503`. What could end a header is written as in a URL. */
export function leftName({ target, status, code, outcome }: ToldTry): string {
  const why = code ?? (status === 0 ? outcome : `${status}`);
  return `${encodeURI(`${target.provider}/${target.model}`)};left=${why}`;
}
