import { randomBytes } from "node:crypto";

// Letters that no log, header or URL has to escape, and no longer than a client could sensibly need.
const CLIENT_ID = /^[A-Za-z0-9_.:-]{1,128}$/;

const processPrefix = `req_${randomBytes(9).toString("base64url")}`;
let count = 0;

/** The client's own id when it is usable, otherwise one that is unique over processes and restarts. */
export function requestId(clientId: string): string {
  if (clientId !== "" && CLIENT_ID.test(clientId)) return clientId;
  count++;
  return processPrefix + count.toString(36);
}
