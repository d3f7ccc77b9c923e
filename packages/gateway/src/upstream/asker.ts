/** What a request to a provider goes through, in undici's terms, for those who stand in its way. */
import type { Dispatcher } from "undici";

/** What takes a request to a provider. */
export type Asker = Pick<Dispatcher, "dispatch">;
export type AskOptions = Dispatcher.DispatchOptions;
/** Hears of the request and its answer. */
export type AnswerHandler = Dispatcher.DispatchHandler;
/** Pauses the reading of an answer, and ends its request. */
export type AnswerController = Dispatcher.DispatchController;
