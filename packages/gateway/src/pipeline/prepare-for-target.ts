import type { FlatHeaders } from "@headrace/core/adapter";
import type { Target } from "../snapshot/snapshot.ts";
import { keyRoomAt } from "../upstream/credentials/key-room.ts";
import {
  type ClientRequest,
  type EncodeDeps,
  encodeForTarget,
  type TargetRequest,
} from "./encode-for-target.ts";

/**
 * Writes a request for a target and proves who asks: at once for a key that never changes, else maybe after a token has
 * come.
 *
 * @throws GatewayError as {@link encodeForTarget}, and `upstream_auth_failed` without credentials; or such a rejection
 */
export function prepareForTarget(
  request: ClientRequest,
  target: Target,
  deps: EncodeDeps,
): TargetRequest | Promise<TargetRequest> {
  const encoded = encodeForTarget(request, target, deps);
  return encoded instanceof Promise ? encoded.then((late) => prove(late, target)) : prove(encoded, target);
}

function prove(request: TargetRequest, { upstream, health }: Target): TargetRequest | Promise<TargetRequest> {
  const { credential, host } = upstream;
  if (credential.fixedHeaders !== undefined) return request;
  const { path, body } = request;
  const proof = credential.headers({ method: "POST", path, host, body }, keyRoomAt(credential, health));
  return proof instanceof Promise ? proof.then((late) => proven(request, late)) : proven(request, proof);
}

function proven(request: TargetRequest, proof: FlatHeaders): TargetRequest {
  return { ...request, headers: [...request.headers, ...proof], proof };
}
