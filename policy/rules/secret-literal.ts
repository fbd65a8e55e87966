/**
 * @severity critical
 * @link https://kubernetes.io/docs/concepts/security/secrets-good-practices/
 */
import { isKind, onObjects, pathIn } from "../kubernetes";
import { handlers, onContainers, onPods, podOf } from "../pods";
import type { Report, Rule } from "../rule";
import { isReference, isSecretName, secretAssignments, secretFlag, secretForm } from "../secrets";
import { asArray, asObject, at, eachEntry, eachItem, guarded, isAbsent, text } from "../values";

const toFile = "Put it into a Secret and mount that as a file.";

function lookAtText(value: string, path: string, report: Report): void {
  const form = secretForm(value);
  if (form) report.violation(path, `holds ${form}`, toFile);
  for (const name of secretAssignments(value)) report.violation(path, `sets ${name} to a literal`, toFile);
}

function lookAtCommand(command: unknown, path: string, report: Report): void {
  eachItem(command, path, report, (item, itemPath, index) => {
    lookAtText(text(item), itemPath, report);
    const flag = secretFlag(text(item));
    if (flag === undefined) return;
    const value = text(asArray(command)[index + 1]);
    if (!value.startsWith("-") && !isReference(value))
      report.violation(`${path}[${index + 1}]`, `sets ${flag} to a literal`, toFile);
  });
}

function lookAtHeader(header: unknown, path: string, report: Report): void {
  const name = text(asObject(header)["name"]);
  const value = text(asObject(header)["value"]);
  const form = secretForm(`${name}: ${value}`);
  if (form) report.violation(`${path}.value`, `holds ${form}`, toFile);
  else if (isSecretName(name) && !isReference(value))
    report.violation(`${path}.value`, `sets ${name} to a literal`, toFile);
}

function lookAtAnnotations(annotations: unknown, path: string, report: Report): void {
  eachEntry(annotations, path, report, (value, entryPath) => {
    const form = secretForm(text(value));
    if (form) report.violation(entryPath, `holds ${form}`, toFile);
  });
}

export const secretLiteral: Rule = {
  name: "secret-literal",
  description: "No secret is written out in an environment variable, a command, an annotation or a ConfigMap.",
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
      onContainers(({ container, path }, report) => lookAtCommand(container[field], `${path}.${field}`, report)),
    ),
    ...handlers.flatMap((handler) => [
      onContainers(({ container, path }, report) =>
        lookAtCommand(
          at(container, ...handler, "exec", "command"),
          [path, ...handler, "exec.command"].join("."),
          report,
        ),
      ),
      onContainers(({ container, path }, report) => {
        const headers = at(container, ...handler, "httpGet", "httpHeaders");
        eachItem(headers, [path, ...handler, "httpGet.httpHeaders"].join("."), report, (header, headerPath) =>
          lookAtHeader(header, headerPath, report),
        );
      }),
    ]),
    onPods((pod, report) => {
      if (pod.metadataPath !== pathIn(pod.object, "metadata"))
        lookAtAnnotations(pod.metadata()["annotations"], `${pod.metadataPath}.annotations`, report);
    }),
    onObjects(
      () => true,
      (object, report) => {
        // What a load balancer or a certificate will be called is rightly unknown in a preview; it is looked at when
        // the object is made.
        const passing: Report = podOf(object) === undefined ? { ...report, unknown: () => undefined } : report;
        const path = pathIn(object, "metadata", "annotations");
        guarded(passing, () => lookAtAnnotations(at(object.props, "metadata", "annotations"), path, passing));
      },
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
        eachEntry(object.props["binaryData"], pathIn(object, "binaryData"), report, (value, path, key) => {
          const decoded = Buffer.from(text(value), "base64").toString("latin1");
          if (isSecretName(key) && !isReference(decoded))
            report.violation(path, "is named like a secret and holds a literal", "Move this key into a Secret.");
          else lookAtText(decoded, path, report);
        }),
    ),
  ],
};
