/**
 * A container or volume that cannot be set up as the pod asks. `reason` is what a kubelet writes into the waiting
 * state; the agent tries again, since the missing object may appear.
 */
export class SetupError extends Error {
  constructor(
    readonly reason: "CreateContainerConfigError" | "ContainerCreating" | "RunContainerError",
    message: string,
  ) {
    super(message);
    this.name = "SetupError";
  }
}

/** What a kubelet does and this agent does not: refused, since leaving it out silently would prove the wrong thing. */
export function unsupported(what: string): SetupError {
  return new SetupError("CreateContainerConfigError", `the sandbox's node agent does not support ${what}`);
}
