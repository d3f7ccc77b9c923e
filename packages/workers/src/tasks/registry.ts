import { type CompareAnswersInput, type CompareAnswersOutput, compareAnswers } from "./compare-answers.ts";
import { type CountRequestInput, type CountRequestOutput, countRequest } from "./count-request.ts";
import { type CountTokensInput, countTokens, type TokenCount } from "./count-tokens.ts";
import { type Plan, type PlanInput, planRequest } from "./plan.ts";
import { type TokenizeInput, type TokenizeOutput, tokenize } from "./tokenize.ts";
import {
  type TranslateAnswerInput,
  type TranslateAnswerOutput,
  type TranslateRequestInput,
  type TranslateRequestOutput,
  translateAnswer,
  translateRequest,
} from "./translate.ts";
import {
  type TranslateTranscriptInput,
  type TranslateTranscriptOutput,
  translateTranscript,
} from "./translate-transcript.ts";

/** A pure function that may run on a thread. Byte arrays at the top level of input and output are transferred. */
export type Task = (input: never) => object;

/** Tasks by the name that crosses threads. */
export type TaskTable = Readonly<Record<string, Task>>;

/** A plan together with the body that it is about, which a thread hands back. */
export interface PlannedBody {
  readonly plan: Plan;
  readonly body: Uint8Array;
}

/** Everything a thread of the gateway's pool can do. */
export type Tasks = {
  readonly plan: (input: PlanInput) => PlannedBody;
  readonly countTokens: (input: CountTokensInput) => TokenCount;
  readonly compareAnswers: (input: CompareAnswersInput) => CompareAnswersOutput;
  readonly countRequest: (input: CountRequestInput) => CountRequestOutput;
  readonly tokenize: (input: TokenizeInput) => TokenizeOutput;
  readonly translateRequest: (input: TranslateRequestInput) => TranslateRequestOutput;
  readonly translateAnswer: (input: TranslateAnswerInput) => TranslateAnswerOutput;
  readonly translateTranscript: (input: TranslateTranscriptInput) => TranslateTranscriptOutput;
};

export const TASKS: Tasks = {
  plan: (input) => ({ plan: planRequest(input), body: input.body }),
  countTokens,
  compareAnswers,
  countRequest,
  tokenize,
  translateRequest,
  translateAnswer,
  translateTranscript,
};
