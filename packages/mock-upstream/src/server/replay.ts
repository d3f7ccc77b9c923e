import type { GenerationEndpoint, StreamedAnswer, WireName } from "../answers/contract.ts";
import type { GenerationRequest } from "../answers/generation.ts";
import type { MockBehaviour } from "../behaviour/fields.ts";

/** A recorded answer of a provider. */
export interface Replay {
  /** The wire it was recorded on; endpoints of other wires refuse to replay it. */
  readonly wire: WireName;
  /** Body of the plain answer. */
  readonly plain?: string;
  /** Data of the stream's events in order, without framing and without `[DONE]`. */
  readonly events?: readonly string[];
}

/** Recordings by name. */
export type Replays = Readonly<Record<string, Replay>>;

/** What a recording gives for a request, or the sentence that says why it gives nothing. */
export function replayed(
  endpoint: GenerationEndpoint,
  request: GenerationRequest,
  { behaviour, replays }: { readonly behaviour: MockBehaviour; readonly replays: Replays },
): StreamedAnswer | { readonly plain: string } | { readonly problem: string } {
  const name = behaviour.replay;
  const replay = Object.hasOwn(replays, name) ? replays[name] : undefined;
  if (replay === undefined) return { problem: `replay: there is no recording ${JSON.stringify(name)}` };
  const wire = endpoint.replays ?? endpoint.wire(behaviour).name;
  if (replay.wire !== wire) return { problem: `replay: ${name} is on the wire ${replay.wire}, not ${wire}` };
  if (!request.stream) {
    return replay.plain === undefined
      ? { problem: `replay: ${name} has no plain answer` }
      : { plain: replay.plain };
  }
  if (replay.events === undefined) return { problem: `replay: ${name} has no stream` };
  const format = endpoint.format(request);
  const recorded = [...replay.events.map(format.recorded), ...format.closing];
  const events = recorded.map((event, index) => ({ ...event, afterTokens: index }));
  return { events, format };
}
