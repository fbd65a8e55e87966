import { UserError } from "../kit/user-error";

/** An answer of the API server with status 400 and above, as the client for production code throws it. */
interface KubeAnswer extends Error {
  code: number;
}

const isKubeAnswer = (error: unknown): error is KubeAnswer => error instanceof Error && error.name === "KubeError";

/**
 * A refusal of the API server that no place closer to it has explained, as a report for a person; undefined for any
 * other error.
 */
export function explainKubeAnswer(error: unknown): UserError | undefined {
  if (!isKubeAnswer(error)) return undefined;
  const remedy =
    error.code === 401
      ? "the kubeconfig's credentials have usually expired: log in to the cluster again"
      : error.code === 403
        ? "use a context that may, or have the right granted"
        : "look at what the API server says, then run the same command again";
  return UserError.cannotTell("the API server", "", error.message, remedy, "what was done until then stays");
}
