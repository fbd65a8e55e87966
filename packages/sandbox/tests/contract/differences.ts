import * as semver from "semver";
import type { PluginName } from "../../../../plugins/plugin-versions";

/** A test that is left out with some official plugin, and why. */
export interface Difference {
  plugin: PluginName;
  /** Versions that differ; every official one where it is left out. */
  below?: string;
  /** Matches the titles of the tests that are left out. */
  test: RegExp;
  reason: string;
}

/**
 * Everything in which an official plugin may differ from what the suite says. What is not here has to hold. An entry that
 * matches no test is a failure (platform.ts): a difference that is gone must not hide the next one.
 */
export const DIFFERENCES: readonly Difference[] = [
  {
    plugin: "kubernetes",
    test: /keeps what only the server can say unknown/,
    reason: "it answers the dry run's own uid and times, which no object will ever have",
  },
  {
    plugin: "kubernetes",
    test: /never quotes a secret in an error/,
    reason: "it passes the server's message on as it is",
  },
  {
    plugin: "kubernetes",
    test: /refuses types that it does not implement/,
    reason: "it implements every type",
  },
  {
    plugin: "kubernetes",
    below: "4.29.0",
    test: /is not taken over where it exists already|refuses to create what exists, instead of taking it over/,
    reason: "it takes over what exists; for users it is refused (plugins/plugin-versions.ts)",
  },
  {
    plugin: "kubernetes",
    below: "4.29.0",
    test: /says at `up` what is forbidden, and to whom/,
    // https://github.com/pulumi/pulumi-kubernetes/pull/4278
    reason: "it creates by an apply, so the server names the right to patch, and not the one to create",
  },
];

/** The difference for which a test is left out with this official plugin, if there is one; pure. */
export function differenceOf(
  { plugin, version, title }: { plugin: PluginName; version: string; title: string },
  differences: readonly Difference[] = DIFFERENCES,
): Difference | undefined {
  return differences.find((difference) => applies(difference, plugin, version) && difference.test.test(title));
}

/** Whether a difference is one of this plugin at this version. A version that cannot be read is the newest. */
export function applies({ plugin, below }: Difference, name: PluginName, version: string): boolean {
  if (plugin !== name) return false;
  return below === undefined || (semver.valid(version) !== null && semver.lt(version, below));
}
