/** A segment of a path as its client meant it; one that is encoded wrongly stays as it is. */
export function decodeSegment(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
