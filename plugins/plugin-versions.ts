import * as semver from "semver";

import type { Problem } from "../kit/user-error";

/** The resource plugins that the program needs. */
export const PLUGINS = ["kubernetes", "random", "vault"] as const;
export type PluginName = (typeof PLUGINS)[number];

/** A plugin's executable, and what it answers when it is asked for its version. */
export interface PluginFound {
  name: PluginName;
  /** The executable. */
  path: string;
  /** `4.34.2`; whatever it said, also where that is no version. */
  version: string;
  /** Found on PATH, where the engine prefers it to its plugin folder, whatever the version. */
  onPath: boolean;
}

/**
 * What the program can live with, and what is wrong with the rest. The engine itself compares versions in its plugin
 * folder only, where it takes what the SDK asks for or later. An executable on PATH is taken as it is.
 */
const requirements: Record<PluginName, { least: string; below?: string }> = {
  kubernetes: {
    least: "4.29.0",
    // https://github.com/pulumi/pulumi-kubernetes/pull/4278
    below: "below 4.29 it takes over an object that exists already, without a word, and a destroy deletes it",
  },
  random: { least: "4.0.0" },
  vault: { least: "7.0.0" },
};

/**
 * What is wrong with a plugin, if anything; pure.
 *
 * @param wanted the version of the SDK's package, which is named in the remedy
 */
export function judgePlugin(
  { name, path, version, onPath }: PluginFound,
  wanted: Record<PluginName, string>,
): Problem | undefined {
  const { least, below } = requirements[name];
  const said = semver.parse(version);
  // A release candidate of 4.29.0 comes before 4.29.0, and one of 4.35.0 after it.
  if (said !== null && semver.satisfies(said, `^${least}`, { includePrerelease: true })) return undefined;
  const what =
    said === null
      ? `says ${JSON.stringify(version)} when it is asked for its version, so nobody can tell what it does`
      : below !== undefined && semver.lt(said, least)
        ? `is version ${version}: ${below}`
        : `is version ${version}, and the program is written for major version ${semver.major(least)}`;
  const install = `pulumi plugin install resource ${name} ${wanted[name]}`;
  return {
    file: path,
    key: "",
    problem: `the ${name} plugin ${what}`,
    remedy: onPath
      ? `take it off PATH, where the engine prefers it to any other, and run ${install}; or set PULUMI_IGNORE_AMBIENT_PLUGINS=true`
      : install,
  };
}
