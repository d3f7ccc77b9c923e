import type { MockBehaviour } from "../behaviour/fields.ts";
import type { Wire } from "./contract.ts";
import type { WireError } from "./refusal.ts";

const SERVER_ERROR = 500;

/** The error that a behaviour asks for, with the wire's words where it names none. */
export function errorOf(behaviour: MockBehaviour, wire: Wire): WireError {
  const { status: asked, errorMessage, errorType, errorCode } = behaviour;
  const status = asked < 300 ? SERVER_ERROR : asked;
  return {
    status,
    message: errorMessage || wire.sentence(status),
    ...(errorType === "" ? {} : { type: errorType }),
    ...(errorCode === "" ? {} : { code: errorCode }),
  };
}
