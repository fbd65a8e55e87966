import type { Problem } from "../kit/user-error";
import { clusterLoginErrors } from "./cluster-login";
import { engineErrors } from "./engine";
import { clusterErrors, objectErrors } from "./kubernetes";
import type { ErrorPlace } from "./known-error";
import { refusedChanges } from "./refused-changes";
import { refusedObjects } from "./refused-objects";
import { unmaskPath } from "./unmask-vault-path";
import { admissionCauses } from "./pods/admission";
import { vaultErrors } from "./vault";

export type { ErrorPlace } from "./known-error";

/**
 * What Vault, the Kubernetes API and the engine say, and what it means to the person who runs the program. Each
 * message was recorded from the real thing: tests/errors/explain-error.test.ts holds the recordings.
 */
const knownErrors = [
  ...engineErrors,
  ...clusterLoginErrors,
  ...refusedObjects,
  ...admissionCauses,
  ...clusterErrors,
  ...vaultErrors,
  ...objectErrors,
  ...refusedChanges,
];

/**
 * The explanation of a message that is known, or `undefined`: then it is printed as it came.
 *
 * @param text one message, or all that a run of the engine printed; what the program has explained in it already
 *   matches nothing here
 */
export function explainError(text: string, place: ErrorPlace): Problem | undefined {
  const shown = unmaskPath(text, place);
  for (const { pattern, toProblem, cannotTell } of knownErrors) {
    const match = pattern.exec(shown);
    if (match) return { ...toProblem(match, place), ...(cannotTell && { cannotTell }) };
  }
  return undefined;
}
