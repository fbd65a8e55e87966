/** One part of `npm run bench`: a script of its own, which also can be run alone. */
export interface Part {
  name: string;
  /** From the repository's folder. */
  script: string;
  args?: readonly string[];
  /** It measures a sandbox that runs. */
  sandbox?: true;
}

/** Every part, in the order in which they run: what needs a sandbox first, as long as somebody's is up. */
export const parts: readonly Part[] = [
  { name: "preview", script: "bench/preview.ts", args: ["--runs", "2"], sandbox: true },
  { name: "policy", script: "bench/policy.ts", args: ["--runs", "3"], sandbox: true },
  { name: "scale", script: "bench/scale.ts", sandbox: true },
  { name: "churn", script: "bench/churn.ts", sandbox: true },
  { name: "policy-rules", script: "bench/policy-rules.ts" },
  { name: "large", script: "bench/large.ts" },
  { name: "pipeline", script: "bench/pipeline.ts" },
  { name: "alert-rules", script: "bench/alert-rules.ts" },
];

/** How long a part may take. One that takes longer is ended, and its record says so. */
export const partMinutes = 30;
