/**
 * @severity critical
 * @link https://www.pulumi.com/docs/iac/concepts/resources/
 */
import type { Report, Resource, ResourceRule } from "../../rule";
import { withDangerOfResource } from "./dangers";
import type { Expected, ExpectedStack } from "./expected/expected";

/** The stack itself is there whatever is in it. */
export const stackType = "pulumi:pulumi:Stack";

// The engine's own reads of other stacks make nothing.
const withoutEffect = [stackType, "pulumi:providers:pulumi"];

/** Resources by type and logical name. */
export function indexOf({ resources }: Pick<ExpectedStack, "resources">): (of: Keyed) => Expected | undefined {
  const byKey = new Map(resources.map((one) => [keyOf(one), one]));
  return (of) => byKey.get(keyOf(of));
}

type Keyed = Pick<Resource, "type" | "name">;

export const keyOf = ({ type, name }: Keyed): string => `${type} ${name}`;

/**
 * A collectors' stack is small and wholly computed, so what may be in it is a list. A rule for each thing that may not
 * would have a hole for each that nobody thought of.
 */
export function expectedResources(stack: ExpectedStack): ResourceRule {
  const find = indexOf(stack);
  return {
    name: "alloy-resources",
    description: "The stack holds what its settings ask for, made by the providers that they name, and nothing else.",
    severity: "critical",
    remediation: "Take it out, or put it into a stack of its own. Sections of your own enter by alloy:extraSections.",
    url: "https://www.pulumi.com/docs/iac/concepts/resources/",
    checks: [
      (resource, report) => {
        if (withoutEffect.includes(resource.type)) return;
        const expected = find(resource);
        if (expected === undefined) {
          report.violation(
            "",
            withDangerOfResource(resource.type, "is nothing that the settings of this stack ask for"),
          );
          lookForStranger(resource, stack, report);
        } else lookAtProvider(resource, expected, report);
      },
      (resource, report) => {
        const expected = find(resource);
        if (expected !== undefined && expected.protect !== resource.opts.protect)
          report.violation("", expected.protect ? "is not protected" : "is protected, so that nobody can remove it");
      },
      (resource, report) => {
        const expected = find(resource);
        if (expected === undefined) return;
        const [wanted, given] = [expected.ignoreChanges ?? [], resource.opts.ignoreChanges ?? []];
        for (const field of given)
          if (!wanted.includes(field))
            report.violation(
              field,
              "is in ignoreChanges: what the settings say of it later never reaches the object",
              "Take it out of the resource's options.",
            );
        for (const field of wanted)
          if (!given.includes(field))
            report.violation(field, "is not in ignoreChanges: what a rotation has written would be put back");
      },
    ],
  };
}

/** Of what nobody asked for, too, a reader has to see that it goes to another cluster. */
function lookForStranger({ provider }: Resource, { resources }: ExpectedStack, report: Report): void {
  if (provider === undefined || withoutEffect.includes(provider.type)) return;
  if (!resources.some(({ type, name }) => type === provider.type && name === provider.name))
    report.violation(
      "",
      "is made by a provider that is none of this stack's, so it can be in another cluster or server",
      "Take it out, and the provider with it.",
    );
}

function lookAtProvider({ provider }: Resource, expected: Expected, report: Report): void {
  const wanted = expected.provider;
  const isRight =
    wanted === undefined
      ? provider === undefined
      : provider?.name === wanted && provider.type === `pulumi:providers:${wanted}`;
  if (!isRight)
    report.violation(
      "",
      wanted === undefined
        ? "has a provider, and makes nothing itself"
        : `is not made by this stack's provider ${wanted}`,
      "Let the program's own provider make it: another one may mean another cluster.",
    );
}
