/** One line of the proof in the summary of `npm start`. */
export interface PrintedClaim {
  claim: string;
  holds: boolean;
  /** What was seen, as it is printed. */
  seen: string;
}

/** The proof that a run of `npm start` printed; empty where it got as far as no summary. */
export function claimsOf(output: string): PrintedClaim[] {
  const lines = output.matchAll(/^ +(✔|✘ FAILED:) (.+) \((.*)\)$/gm);
  return [...lines].map(([, sign = "", claim = "", seen = ""]) => ({ claim, holds: sign === "✔", seen }));
}
