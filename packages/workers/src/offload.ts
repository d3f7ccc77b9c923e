import type { Endpoint } from "@headrace/core/endpoints";
import type { PathFacts } from "@headrace/core/wire/chat-codec";
import type { CpuPool, RunOptions } from "./pool.ts";
import {
  type CompareAnswersInput,
  type CompareAnswersOutput,
  compareAnswers,
} from "./tasks/compare-answers.ts";
import type { CountRequestInput, CountRequestOutput } from "./tasks/count-request.ts";
import { planRequest } from "./tasks/plan.ts";
import type { PlannedBody } from "./tasks/registry.ts";
import {
  type TranslateAnswerInput,
  type TranslateAnswerOutput,
  type TranslateRequestInput,
  type TranslateRequestOutput,
  translateAnswer,
  translateRequest,
} from "./tasks/translate.ts";
import {
  type TranslateTranscriptInput,
  type TranslateTranscriptOutput,
  translateTranscript,
} from "./tasks/translate-transcript.ts";

/** Where work is done. */
export interface OffloadOptions {
  readonly pool: CpuPool;
  /** Bodies of more bytes are worked on by a thread of the pool. */
  readonly offloadAboveBytes: number;
  /** Levels of arrays and objects that a body may nest. */
  readonly maxDepth: number;
}

/** Whose work it is. Asked only for work that goes to a thread. */
export interface OffloadCaller {
  runOptions(): RunOptions;
}

/**
 * Does work where it is cheapest. A small body is worked on at once, without a promise: a round trip to a thread costs
 * more than the work. A large one is transferred away and comes back in the result, which is the one to use in both
 * cases. Errors are thrown or come as a rejection, those of {@link CpuPool.run} among them.
 */
export interface Offload {
  /** @throws GatewayError as {@link planRequest} */
  plan(request: RequestToPlan, caller?: OffloadCaller): PlannedBody | Promise<PlannedBody>;
  /** @throws GatewayError as {@link translateRequest} */
  translateRequest(
    input: TranslateRequestInput,
    caller?: OffloadCaller,
  ): TranslateRequestOutput | Promise<TranslateRequestOutput>;
  /** @throws GatewayError as {@link translateAnswer} */
  translateAnswer(
    input: TranslateAnswerInput,
    caller?: OffloadCaller,
  ): TranslateAnswerOutput | Promise<TranslateAnswerOutput>;
  /** @throws GatewayError as {@link translateTranscript} */
  translateTranscript(
    input: TranslateTranscriptInput,
    caller?: OffloadCaller,
  ): TranslateTranscriptOutput | Promise<TranslateTranscriptOutput>;
  /**
   * Always a thread's job: the tokeniser's tables would cost this one 80 MB, and its work would hold up streams.
   *
   * @throws GatewayError as {@link countRequest}
   */
  countRequest(input: CountRequestInput, caller?: OffloadCaller): Promise<CountRequestOutput>;
  compareAnswers(input: CompareAnswersInput): CompareAnswersOutput | Promise<CompareAnswersOutput>;
}

export interface RequestToPlan {
  readonly endpoint: Endpoint;
  readonly body: Uint8Array;
  readonly path: PathFacts;
  /** Some route looks into requests; absent = none does. */
  readonly showsBody?: boolean;
}

export function createOffload({ pool, offloadAboveBytes, maxDepth }: OffloadOptions): Offload {
  return {
    plan({ endpoint, body, path, showsBody = false }, caller) {
      const input = { endpoint, body, path, maxDepth, showsBody };
      if (body.length > offloadAboveBytes) return pool.run("plan", input, caller?.runOptions());
      return { plan: planRequest(input), body };
    },
    translateRequest(input, caller) {
      const bytes = input.body.length + (input.conversation?.length ?? 0);
      if (bytes <= offloadAboveBytes) return translateRequest(input);
      return pool.run("translateRequest", input, caller?.runOptions());
    },
    translateAnswer(input, caller) {
      if (input.body.length <= offloadAboveBytes) return translateAnswer(input);
      return pool.run("translateAnswer", input, caller?.runOptions());
    },
    translateTranscript(input, caller) {
      if (input.body.length <= offloadAboveBytes) return translateTranscript(input);
      return pool.run("translateTranscript", input, caller?.runOptions());
    },
    countRequest: (input, caller) => pool.run("countRequest", input, caller?.runOptions()),
    compareAnswers(input) {
      const bytes = input.primary.length + input.shadow.length;
      return bytes <= offloadAboveBytes ? compareAnswers(input) : pool.run("compareAnswers", input);
    },
  };
}
