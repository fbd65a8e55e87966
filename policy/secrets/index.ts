/**
 * What looks like a secret. By name where there is one, by form where the form gives it away; never by guessing at
 * random-looking text, which would refuse checksums.
 */
export { secretAssignments } from "./assignments";
export { decoded, decodedInside, holdsEncodedKey, secretForm } from "./forms";
export { formatted } from "./formats";
export { isSecretName, secretFlag } from "./names";
export { isNameOfPlace, isReference, isSentence } from "./references";
