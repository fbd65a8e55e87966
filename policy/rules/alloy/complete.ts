/**
 * @severity high
 * @link https://www.pulumi.com/docs/iac/concepts/stacks/
 */
import type { StackRule } from "../../rule";
import { asObject, guarded, isAbsent } from "../../values";
import type { ExpectedStack } from "./expected/expected";
import { keyOf, stackType } from "./resources";

/**
 * What is missing shows in no resource: a stack without its NetworkPolicy looks tidy. Here a resource is looked for by
 * its names alone, since a stack is checked with what the cluster has filled in.
 */
export function completeStack(stack: ExpectedStack): StackRule {
  return {
    name: "alloy-complete",
    description: "Everything that the settings ask for is there once, and the stack hands out nothing else.",
    severity: "high",
    remediation: "Let the program make it: a part that is left out protects or delivers nothing.",
    url: "https://www.pulumi.com/docs/iac/concepts/stacks/",
    stackCheck: (resources, reportOn) => {
      const found = new Map<string, number>();
      for (const resource of resources) found.set(keyOf(resource), (found.get(keyOf(resource)) ?? 0) + 1);
      for (const expected of stack.resources) {
        const times = found.get(keyOf(expected)) ?? 0;
        if (times === 0) reportOn(undefined).violation("", `has no ${expected.type} "${expected.name}"`);
        if (times > 1) reportOn(undefined).violation("", `has ${times} of ${expected.type} "${expected.name}"`);
      }
      for (const resource of resources.filter(({ type }) => type === stackType)) {
        const report = reportOn(resource);
        const outputs = asObject(resource.props);
        for (const name of Object.keys(outputs)) {
          const expected = stack.outputs[name];
          if (expected === undefined) report.violation(name, "is no output of this program");
          else
            // What a resource will be called is not known before it is there.
            guarded({ ...report, unknown: () => undefined }, () => {
              if (!isAbsent(outputs[name]) && outputs[name] !== expected)
                report.violation(name, "is not what the settings make it");
            });
        }
      }
    },
  };
}
