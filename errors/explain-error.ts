import type { Problem } from "../kit/user-error";
import { clusterErrors, objectErrors } from "./kubernetes";
import type { ErrorPlace, KnownError } from "./known-error";
import { unmaskPath } from "./unmask-vault-path";
import { admissionCauses } from "./pods/admission";
import { vaultErrors } from "./vault";

export type { ErrorPlace } from "./known-error";

const engineErrors: KnownError[] = [
  {
    pattern: /no stack named '([^']+)' found/,
    cannotTell: true,
    toProblem: (match) => ({
      file: "the Pulumi backend",
      key: "",
      problem: `there is no stack ${match[1] ?? ""}`,
      remedy: `create it once: pulumi stack init ${match[1] ?? "NAME"}`,
    }),
  },
  {
    pattern: /incorrect passphrase|passphrase must be set with PULUMI_CONFIG_PASSPHRASE/,
    cannotTell: true,
    toProblem: (match) => ({
      file: "the environment",
      key: "PULUMI_CONFIG_PASSPHRASE",
      problem: match[0].startsWith("incorrect") ? "does not open this stack's secrets" : "is not set",
      remedy: "export the passphrase that the stack was created with, or PULUMI_CONFIG_PASSPHRASE_FILE",
    }),
  },
  {
    pattern: /PULUMI_ACCESS_TOKEN must be set for login|unable to open state directory "([^"]+)"/,
    cannotTell: true,
    toProblem: (match) => ({
      file: "the environment",
      key: "PULUMI_BACKEND_URL",
      problem: match[1] === undefined ? "names no place for the state" : `names ${match[1]}, which cannot be opened`,
      remedy: "export where the state of your stacks is (file://…, s3://…), or log in with pulumi login",
    }),
  },
];

/**
 * What Vault, the Kubernetes API and the engine say, and what it means to the person who runs the program. Each
 * message was recorded from the real thing: tests/errors/explain-error.test.ts holds the recordings.
 */
const knownErrors = [...engineErrors, ...admissionCauses, ...clusterErrors, ...vaultErrors, ...objectErrors];

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
