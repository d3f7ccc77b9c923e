import type { CallFacts } from "@headrace/routing/route";

/** For routes that look at nothing of a call. */
export const NO_FACTS: CallFacts = {
  model: "",
  endpoint: "",
  keyName: "",
  tags: [],
  stream: false,
  inputTokens: 0,
  wallMs: 0,
  body: null,
  header: () => "",
};
