/**
 * @severity critical
 * @link https://kubernetes.io/docs/concepts/overview/working-with-objects/
 */
import { compare } from "../../shape";
import type { Report, ResourceRule } from "../../rule";
import { settled } from "../../values";
import { withDanger } from "./dangers";
import type { ExpectedStack } from "./expected/expected";
import { indexOf } from "./resources";

/**
 * Compares inputs, before an operation: what a server fills in afterwards is not the stack's. A resource that is not
 * expected at all is for rule alloy-resources.
 */
export function expectedFields(stack: ExpectedStack): ResourceRule {
  const find = indexOf(stack);
  return {
    name: "alloy-fields",
    description: "Every object of the stack has the fields and values that follow from its settings, and no others.",
    severity: "critical",
    remediation:
      "Change the settings: each object is computed from them. A new field needs an entry in the pack's shape.",
    url: "https://kubernetes.io/docs/concepts/overview/working-with-objects/",
    checks: [
      (resource, report) => {
        const expected = find(resource);
        // A component's own inputs make nothing.
        if (expected === undefined || resource.type.startsWith("detectviz:")) return;
        const telling: Report = {
          ...report,
          violation: (path, problem, remedy) =>
            report.violation(path, withDanger(resource.type, path, problem), remedy),
        };
        compare(expected.props, () => settled(resource.props), "", telling);
      },
    ],
  };
}
