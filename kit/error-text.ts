/** An error with its causes in one line: `fetch failed: connect ECONNREFUSED 127.0.0.1:80`. */
export function errorText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? "" : `: ${errorText(error.cause)}`;
  return `${error.message}${cause}`;
}
