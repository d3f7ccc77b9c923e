/** What is in trial at Anthropic has to be asked for by name: in a header, or on clouds in the body. */
import type { ExtraFields } from "@headrace/core/canonical/chat-parts";
import { extraOf, listOf } from "../json/read.ts";

/** API reference, "Beta headers"; decoders put what it lists among a request's further fields, by the header's name. */
export const BETAS_HEADER = "anthropic-beta";
/** What clients of Bedrock's InvokeModel say in the body. */
export const BETAS_FIELD = "anthropic_beta";

/** Nothing else may get into a header. */
const BETA = /^[a-zA-Z0-9._-]{1,100}$/;
const MAX_BETAS = 64;

/**
 * Bedrock user guide, "Anthropic Claude Messages API", `anthropic_beta`. With any other a request is refused, "invalid beta
 * flag", and coding agents name many that mean something at Anthropic alone.
 */
const BEDROCK_BETAS: ReadonlySet<string> = new Set([
  "computer-use-2024-10-22",
  "computer-use-2025-01-24",
  "token-efficient-tools-2025-02-19",
  "interleaved-thinking-2025-05-14",
  "output-128k-2025-02-19",
  "dev-full-thinking-2025-05-14",
  "context-1m-2025-08-07",
  "context-management-2025-06-27",
  "effort-2025-11-24",
  "tool-search-tool-2025-10-19",
  "tool-examples-2025-10-29",
]);

export function readBetasHeader(value: string | undefined): readonly string[] {
  return validBetas((value ?? "").split(",").map((name) => name.trim()));
}

export interface Betas {
  /** The further fields without those that name betas. */
  readonly extra: ExtraFields;
  /** As the client's header named them. */
  readonly fromHeader: readonly string[];
  /** As they stood in the client's body, where those mean Bedrock that write them. */
  readonly fromBody: readonly unknown[];
}

const NAMES: ReadonlySet<string> = new Set([BETAS_HEADER, BETAS_FIELD]);

export function takeBetas(extra: ExtraFields): Betas {
  return {
    extra: extraOf(extra, NAMES),
    fromHeader: validBetas(listOf(extra, BETAS_HEADER) ?? []),
    fromBody: listOf(extra, BETAS_FIELD) ?? [],
  };
}

/** For a request's header. */
export function betasForHeader({ fromHeader, fromBody }: Betas): readonly string[] {
  return [...new Set([...validBetas(fromBody), ...fromHeader])];
}

/** For the body of a request to Bedrock. Those of a header that it would refuse are left out, and the header is named. */
export function betasForBedrock(
  { fromHeader, fromBody }: Betas,
  losses: { named(name: string): void },
): readonly unknown[] {
  const known = fromHeader.filter((name) => BEDROCK_BETAS.has(name));
  if (known.length < fromHeader.length) losses.named(BETAS_HEADER);
  return [...new Set([...fromBody, ...known])];
}

function validBetas(names: readonly unknown[]): readonly string[] {
  const valid = names.filter((name): name is string => typeof name === "string" && BETA.test(name));
  return valid.slice(0, MAX_BETAS);
}
