import { GatewayError } from "@headrace/core/errors/gateway-error";

const FORM = /^multipart\/form-data[ \t]*(?=;|$)/i;
const PARAMETER = /;[ \t]*([!#$%&'*+.^_`|~0-9A-Za-z-]+)=(?:"([^"\\]*)"|([^\s";,]+))[ \t]*/y;
/** RFC 2046, 5.1.1, without the blank, which nobody uses and some parsers trim. */
const BOUNDARY = /^[A-Za-z0-9'()+_,./:=?-]{1,70}$/;

/**
 * The boundary that a `content-type` header names.
 *
 * @throws GatewayError `unsupported_media_type` for what is no form, `malformed_form` for one without a clear boundary
 */
export function readBoundary(contentType: string): string {
  const type = FORM.exec(contentType);
  if (type === null) {
    const message = "This call takes a form with a file (multipart/form-data).";
    throw new GatewayError("unsupported_media_type", { message });
  }
  const boundaries: string[] = [];
  PARAMETER.lastIndex = type[0].length;
  while (PARAMETER.lastIndex < contentType.length) {
    const [, name = "", quoted, token] = PARAMETER.exec(contentType) ?? [];
    if (name === "") throw unclear();
    if (name.toLowerCase() === "boundary") boundaries.push(quoted ?? token ?? "");
  }
  const [boundary, second] = boundaries;
  if (boundary === undefined || second !== undefined || !BOUNDARY.test(boundary)) throw unclear();
  return boundary;
}

function unclear(): GatewayError {
  const message = "The content type of the form does not name one boundary of 1 to 70 letters.";
  return new GatewayError("malformed_form", { message });
}
