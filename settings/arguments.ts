import type { z } from "zod";

import type { Problem } from "../kit/user-error";
import { ifValid, refuse } from "./cross-field-check";
import * as field from "./fields";
import { rollout } from "./objects";
import { checkSettings, type CheckedSettings } from "./parse-settings";
import { anySettings } from "./schema";
import { keyOf } from "./schema-problems";

/**
 * What the component takes in a program of somebody else: the same settings as in a stack's file, but for two things.
 * The Kubernetes provider says which cluster is meant, so a context has one use left: kubectl asks it for the token of
 * the login test. And nobody but the engine waits for a rollout there. With `ready`, the default of a stack's file, the
 * engine would not wait at all, and nobody would notice.
 */
export const argumentsSchema = anySettings
  .safeExtend({
    kubernetes: anySettings.shape.kubernetes.meta({
      description:
        "Only if `credentials.mode` is `vault`: where kubectl asks for the token that the collectors' login is tested with. The Kubernetes provider says which cluster is deployed to.",
      ifWrong: "Another cluster than the provider's: the login test fails, or says nothing of these collectors.",
    }),
    rollout: rollout
      .unwrap()
      .extend({
        await: field.choice(["all", "none"]).default("all").meta({
          description: "Which nodes `pulumi up` waits for: all of them, or none.",
          ifWrong: "`none`: nobody notices a collector that does not start.",
        }),
      })
      .prefault({})
      .meta({ ...rollout.meta() }),
  })
  .superRefine(
    ({ kubernetes, credentials: { mode } }, context) => {
      if (kubernetes && mode !== "vault")
        refuse(
          context,
          "kubernetes",
          `has no meaning when credentials.mode is ${mode}: the Kubernetes provider says which cluster is meant`,
          "remove it, and pass the provider of that cluster",
        );
      if (!kubernetes && mode === "vault")
        refuse(
          context,
          "kubernetes",
          "is missing, and credentials.mode is vault: the collectors' login is tested with a token that kubectl asks for",
          "write { context: NAME }, with the context of the cluster that the Kubernetes provider means",
        );
    },
    ifValid(["kubernetes"], ["credentials", "mode"]),
  );

/** The settings as somebody writes them: what has a default may be left out. */
export type AlloyArgs = z.input<typeof argumentsSchema>;

/**
 * Arguments to settings, pure. It takes anything: not every program is checked by TypeScript.
 *
 * @param place what a message says of where they were written
 */
export function checkArguments(args: unknown, place: string): CheckedSettings {
  const problems: Problem[] = [];
  const input = withoutOutputs(args, [], (path) =>
    problems.push({
      file: place,
      key: keyOf(path),
      problem: "is known only while the program runs (an Output or a promise), and settings decide what is declared",
      remedy: "write a plain value, such as a constant or one of pulumi.Config",
    }),
  );
  return checkSettings(argumentsSchema, input, place, problems);
}

/** The value with each Output and promise in it reported and left out. */
function withoutOutputs(value: unknown, path: readonly PropertyKey[], report: (path: readonly PropertyKey[]) => void) {
  const walk = (part: unknown, at: readonly PropertyKey[]): unknown => {
    if (typeof part !== "object" || part === null) return part;
    if ("__pulumiOutput" in part || part instanceof Promise) return void report(at);
    if (Array.isArray(part)) return part.map((inner, index) => walk(inner, [...at, index]));
    return Object.fromEntries(Object.entries(part).map(([key, inner]) => [key, walk(inner, [...at, key])]));
  };
  return walk(value, path);
}
