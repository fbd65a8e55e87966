import type { ContainerRef, PodRef } from "./pods";
import type { RuleConfig } from "./rule";

/** Whether this very container, in its exact shape, may break the rule it is asked for. */
export type Exception = (container: ContainerRef) => boolean;

/** Where a stack's own rules put their exception: a function, so no policy configuration file can hold one. */
export const exceptionKey = "exception";

export function isExcepted(container: ContainerRef, config: RuleConfig): boolean {
  const exception = config[exceptionKey];
  return typeof exception === "function" && (exception as Exception)(container);
}

/** Whether this very pod may join group 0. */
export type PodException = (pod: PodRef) => boolean;

/** The same of a whole pod. */
export const podExceptionKey = "podException";

export function isExceptedPod(pod: PodRef, config: RuleConfig): boolean {
  const exception = config[podExceptionKey];
  return typeof exception === "function" && (exception as PodException)(pod);
}
