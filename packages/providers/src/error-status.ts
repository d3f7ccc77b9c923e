import { isErrorStatus, statusOfOpenAiName } from "./openai/error-statuses.ts";
import { anthropicErrorStatus } from "./wires/anthropic-messages/error-types.ts";
import { statusOfException } from "./wires/bedrock-converse/provider-errors.ts";
import { statusOfName } from "./wires/gemini-generate/error-status.ts";

/**
 * The HTTP status that a provider's own name for an error stands for, whoever's name it is: no two vendors mean different
 * things by one. It may be the status itself, as text. Null for what is not known.
 */
export function statusOfErrorCode(code: string): number | null {
  const number = Number(code);
  if (isErrorStatus(number)) return number;
  return (
    statusOfOpenAiName(code) ?? anthropicErrorStatus(code) ?? statusOfName(code) ?? statusOfException(code)
  );
}
