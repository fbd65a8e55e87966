import { Ajv } from "ajv";

import { stackSchema } from "../../operations/documents/stack-schema";
import type { StackValues } from "./settings";

// `errorMessage` is what editors show instead of the validator's own words.
const ajv = new Ajv({ allErrors: true, strictTypes: false, strictRequired: false }).addKeyword("errorMessage");
const validate = ajv.compile(stackSchema());

/** The least that a stack has to say. */
export const least: StackValues = { clusterName: "test", lokiTenant: "test", environment: "local" };

/** Whether an editor shows no mistake in these settings. */
export const accepts = (config: StackValues): boolean => validate({ config: { ...least, ...config } });

/** Where an editor shows mistakes in a stack's file: `/config/alloy:wal/pathh`. */
export function placesOf(content: unknown): string[] {
  if (validate(content)) return [];
  return (validate.errors ?? []).map(({ instancePath, params }) =>
    "additionalProperty" in params ? `${instancePath}/${String(params["additionalProperty"])}` : instancePath,
  );
}
