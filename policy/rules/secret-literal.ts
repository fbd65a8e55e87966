/**
 * @severity critical
 * @link https://kubernetes.io/docs/concepts/security/secrets-good-practices/
 */
import { isKind, onObjects, pathIn } from "../kubernetes";
import { onContainers, onPods } from "../pods";
import type { Report, Rule } from "../rule";
import { isReference, isSecretName, secretAssignments, secretForm } from "../secrets";
import { asObject, eachEntry, eachItem, isAbsent, text } from "../values";

const toFile = "Put it into a Secret and mount that as a file.";

function lookAtText(value: string, path: string, report: Report): void {
  const form = secretForm(value);
  if (form) report.violation(path, `holds ${form}`, toFile);
  for (const name of secretAssignments(value)) report.violation(path, `sets ${name} to a literal`, toFile);
}

export const secretLiteral: Rule = {
  name: "secret-literal",
  description: "No secret is written out in an environment variable, an argument or a ConfigMap.",
  severity: "critical",
  remediation: "Put it into a Secret: everybody who may read pods or ConfigMaps reads this.",
  url: "https://kubernetes.io/docs/concepts/security/secrets-good-practices/",
  checks: [
    onContainers(({ container, path }, report) =>
      eachItem(container["env"], `${path}.env`, report, (item, itemPath) => {
        const { name, value } = asObject(item);
        if (isAbsent(value) || value === "") return;
        const literal = String(value);
        const form = secretForm(literal);
        if (form) report.violation(`${itemPath}.value`, `holds ${form}`, toFile);
        else if (isSecretName(text(name)) && !isReference(literal))
          report.violation(`${itemPath}.value`, `sets ${text(name)} to a literal`, toFile);
      }),
    ),
    ...["command", "args"].map((field) =>
      onContainers(({ container, path }, report) =>
        eachItem(container[field], `${path}.${field}`, report, (item, itemPath) =>
          lookAtText(text(item), itemPath, report),
        ),
      ),
    ),
    onPods((pod, report) =>
      eachEntry(pod.metadata()["annotations"], `${pod.metadataPath}.annotations`, report, (value, path) => {
        const form = secretForm(text(value));
        if (form) report.violation(path, `holds ${form}`, toFile);
      }),
    ),
    onObjects(
      (object) => isKind(object, "", "ConfigMap"),
      (object, report) =>
        eachEntry(object.props["data"], pathIn(object, "data"), report, (value, path, key) => {
          if (isSecretName(key) && !isReference(text(value)))
            report.violation(path, "is named like a secret and holds a literal", "Move this key into a Secret.");
          else lookAtText(text(value), path, report);
        }),
    ),
    onObjects(
      (object) => isKind(object, "", "ConfigMap"),
      (object, report) =>
        eachEntry(object.props["binaryData"], pathIn(object, "binaryData"), report, (value, path) =>
          lookAtText(Buffer.from(text(value), "base64").toString("latin1"), path, report),
        ),
    ),
  ],
};
