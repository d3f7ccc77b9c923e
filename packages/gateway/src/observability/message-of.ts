/** What a thrown value says, for a person: its stack is of no use to them. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
