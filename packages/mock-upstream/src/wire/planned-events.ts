import { errorOf } from "../answers/behaviour-error.ts";
import type { StreamedAnswer, Wire } from "../answers/contract.ts";
import type { StreamEvent } from "../answers/stream-event.ts";
import type { MockBehaviour } from "../behaviour/fields.ts";
import type { Script } from "./script.ts";

/** The events that are really sent, and what happens after the last of them. */
export interface PlannedEvents {
  readonly events: readonly StreamEvent[];
  readonly ending: Script["ending"];
}

/** Works the behaviour's faults into the events of an answer; they count events, so they are the same on every wire. */
export function plannedEvents(answer: StreamedAnswer, behaviour: MockBehaviour, wire: Wire): PlannedEvents {
  const events = alterEvents(answer, behaviour, wire);
  return { events, ending: endingOf(behaviour, events.length, answer.events.length) };
}

function alterEvents(answer: StreamedAnswer, behaviour: MockBehaviour, wire: Wire): StreamEvent[] {
  const { events, format } = answer;
  let altered = [...events];
  const { malformedEvent, errorAfterEvents } = behaviour;
  const broken = malformedEvent < 0 ? undefined : altered[malformedEvent];
  if (broken !== undefined) {
    // Half of the event: it begins as JSON and never ends.
    altered[malformedEvent] = { ...broken, data: broken.data.slice(0, broken.data.length >> 1) };
  }
  if (errorAfterEvents >= 0 && errorAfterEvents <= altered.length) {
    const afterTokens = altered[errorAfterEvents]?.afterTokens ?? 0;
    const sent = altered.slice(0, errorAfterEvents);
    const { error, closing } = wire.streamError(errorOf(behaviour, wire), sent);
    const rest = behaviour.errorThenDone ? [...error, ...closing, ...format.closing] : error;
    altered = [...sent, ...rest.map((event) => ({ ...event, afterTokens }))];
  }
  return altered.slice(0, eventLimit(behaviour));
}

function eventLimit(behaviour: MockBehaviour): number {
  const { stallAfterEvents, cutAfterEvents, endAfterEvents } = behaviour;
  const limits = [stallAfterEvents, cutAfterEvents, endAfterEvents].filter((limit) => limit >= 0);
  return Math.min(Number.POSITIVE_INFINITY, ...limits);
}

function endingOf(behaviour: MockBehaviour, sent: number, planned: number): Script["ending"] {
  if (behaviour.stallAfterEvents >= 0 && behaviour.stallAfterEvents <= sent) return "stall";
  if (behaviour.cutAfterEvents >= 0 && behaviour.cutAfterEvents <= Math.max(sent, planned)) return "cut";
  return "end";
}
