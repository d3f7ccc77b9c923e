import type { HttpRequest } from "uWebSockets.js";
import type { KeyPlace, Target, Wire } from "../answers/contract.ts";
import type { WireError } from "../answers/refusal.ts";

/** Reads what shows who asks while the request can be read, and gives the check for when its body is there. */
export function keyCheck(
  req: HttpRequest,
  wire: Wire,
  { requireKey, target }: { readonly requireKey: string; readonly target: Target },
): (body: Buffer) => WireError | undefined {
  const { signatures } = wire;
  if (signatures?.isSigned(target) === true) return (body) => signatures.problem(target, body, requireKey);
  const problem = keyProblem(req, wire, requireKey);
  return () => problem;
}

/** The refusal of a request that does not bring the key where the wire's clients put it. */
export function keyProblem(req: HttpRequest, wire: Wire, requireKey: string): WireError | undefined {
  const sent = wire.keyPlaces.map((place) => sentAt(req, place));
  if (sent.includes(requireKey)) return undefined;
  return sent.every((key) => key === undefined) ? wire.missingKey : wire.wrongKey;
}

function sentAt(req: HttpRequest, place: KeyPlace): string | undefined {
  if ("queryParameter" in place) return req.getQuery(place.queryParameter);
  const value = req.getHeader(place.header);
  if (value === "") return undefined;
  return value.startsWith(place.prefix) ? value.slice(place.prefix.length) : value;
}
