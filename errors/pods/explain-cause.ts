import type { ErrorPlace } from "../known-error";
import { admissionCauses } from "./admission";
import { findCause, type PodCause } from "./known-cause";
import { startCauses } from "./start";

const causes = [...admissionCauses, ...startCauses];

/**
 * What a text of Kubernetes about a pod means: an event's message, or a status's reason and message.
 *
 * @returns undefined if it is not known: then it is shown as it came
 */
export const explainPodCause = (text: string, place: ErrorPlace): PodCause | undefined =>
  findCause(causes, text, place);
