/**
 * uWebSockets.js reads its bound on request heads from the environment when the addon loads, so this module must be
 * imported before it. Its own bound is 4 KiB, less than some OAuth tokens. A head between `MAX_HEAD_BYTES` and the
 * parser's bound gets an answer in the client's shape; beyond the parser's bound the parser itself answers 431, with a
 * page of its own. A connection without a whole head yet, and so without a key, holds up to the parser's bound in memory.
 */
export const MAX_HEAD_BYTES: number = 32 * 1024;
const PARSER_HEAD_BYTES = 96 * 1024;

process.env.UWS_HTTP_MAX_HEADERS_SIZE ??= String(PARSER_HEAD_BYTES);
