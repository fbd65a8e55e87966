import * as pulumi from "@pulumi/pulumi";

import { runError } from "../errors/run-error";
import { UserError, type Problem } from "../kit/user-error";
import { argumentPlace } from "../settings/argument-place";
import { checkArguments, type AlloyArgs } from "../settings/arguments";
import type { Settings } from "../settings/schema";
import { refuseTerraformDrift } from "../terraform/refuse-difference";
import { testLogin } from "../vault/try-login";
import { NodeCollectors } from "./node-collectors";
import { prepare, type Prepared } from "./prepare";
import { missingProviders, providerOf, warnOfReplacement } from "./providers";

export type { AlloyArgs } from "../settings/arguments";

/**
 * Grafana Alloy on every node of a Kubernetes cluster, for a Pulumi program of your own: logs to Loki, the nodes' metrics
 * to Prometheus.
 *
 * The arguments are the settings that a stack's file has under `alloy:`, checked in the same way before anything is
 * declared: whatever is wrong is said in one report, and the run ends. Settings are plain values, no Outputs. Paths in
 * them (`extraSections`, `terraform`, files of CAs) start in the folder that the program runs in.
 *
 * Providers come from the options, or from the parent: `kubernetes` always, `vault` when `credentials.mode` is `secret`
 * or `vault`, `random` with `credentials.seed`. A default provider is never used.
 *
 * A cluster has one such component: the names of its objects in the cluster are fixed.
 */
export class Alloy extends NodeCollectors {
  constructor(name: string, args: AlloyArgs, opts?: pulumi.ComponentResourceOptions) {
    const place = argumentPlace(name);
    const folder = process.cwd();
    const prepared = checked(name, args, opts, folder);
    super(
      name,
      { ...prepared, stackFile: place, testLogin, allowed: sameAsTerraform(prepared.settings, place, folder) },
      opts,
    );
    const cluster = providerOf(opts, "kubernetes");
    if (cluster !== undefined) warnOfReplacement(cluster, place, this);
  }
}

/**
 * Everything that can be known before anything is declared.
 *
 * @throws pulumi.RunError with all that is wrong
 */
function checked(
  name: string,
  args: AlloyArgs,
  opts: pulumi.ComponentResourceOptions | undefined,
  folder: string,
): Prepared {
  const place = argumentPlace(name);
  const missing = missingProviders(args, opts, place);
  try {
    const { settings, problems } = checkArguments(args, place);
    if (settings === undefined) throw new UserError([...problems, ...missing]);
    const twice = [...missing, ...sameTwice(name, settings, opts)];
    const prepared = alsoReporting(twice, () => prepare(settings, place, folder));
    remember(name, settings, opts);
    return prepared;
  } catch (error) {
    throw runError(error, place);
  }
}

/** Adds problems to those that the work finds, so that both are in one report. */
function alsoReporting<T>(problems: readonly Problem[], work: () => T): T {
  let done: T;
  try {
    done = work();
  } catch (error) {
    throw error instanceof UserError ? new UserError([...error.problems, ...problems]) : error;
  }
  if (problems.length > 0) throw new UserError(problems);
  return done;
}

/** Waits for the comparison with Terraform, which takes time that a constructor does not have. */
function sameAsTerraform(settings: Settings, place: string, folder: string): Promise<pulumi.Resource[]> | undefined {
  if (settings.terraform === undefined) return undefined;
  return refuseTerraformDrift(settings, place, undefined, folder).then(
    () => [],
    (error: unknown) => {
      throw runError(error, place);
    },
  );
}

/** The components that this process has declared, by the provider of their cluster, and by the stack and its clusters. */
const onCluster = new WeakMap<pulumi.Resource, string>();
const inStack = new WeakMap<pulumi.Resource, Map<string, string>>();

/** What a second component must not have in common with a first. */
function sameTwice(
  name: string,
  { clusterName }: Settings,
  opts: pulumi.ComponentResourceOptions | undefined,
): Problem[] {
  const file = argumentPlace(name);
  const cluster = providerOf(opts, "kubernetes");
  const first = cluster && onCluster.get(cluster);
  if (first !== undefined)
    return [
      {
        file,
        key: "providers",
        problem: `have the Kubernetes provider of ${argumentPlace(first)}, and both would write the same objects`,
        remedy: "remove one of the two, or pass each the provider of a cluster of its own",
      },
    ];
  const stack = pulumi.runtime.getStackResource();
  const namesake = stack && inStack.get(stack)?.get(clusterName);
  if (namesake === undefined) return [];
  return [
    {
      file,
      key: "clusterName",
      problem: `${JSON.stringify(clusterName)} is that of ${argumentPlace(namesake)} too, and nobody could tell their lines apart`,
      remedy: "give each cluster a name of its own",
    },
  ];
}

function remember(name: string, { clusterName }: Settings, opts: pulumi.ComponentResourceOptions | undefined): void {
  const cluster = providerOf(opts, "kubernetes");
  if (cluster !== undefined) onCluster.set(cluster, name);
  const stack = pulumi.runtime.getStackResource();
  if (stack === undefined) return;
  const known = inStack.get(stack) ?? new Map<string, string>();
  inStack.set(stack, known.set(clusterName, name));
}
