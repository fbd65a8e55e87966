/**
 * What our commands give to the engine if a person asked for fields that somebody else owns: `up --restore` and
 * `adopt --apply`. The first variable is the Kubernetes provider's own. The second tells the policy pack that a command
 * of ours has set the first: the variable alone, left in somebody's shell, would take over other people's objects at
 * every update, and the pack refuses that.
 */
export const takingOver = { PULUMI_K8S_ENABLE_PATCH_FORCE: "true", ALLOY_TAKES_OVER: "true" } as const;

/** Whether a command of ours has set the environment to take fields over. */
export const takesOver = (env: NodeJS.ProcessEnv): boolean =>
  Object.entries(takingOver).every(([name, value]) => env[name] === value);
