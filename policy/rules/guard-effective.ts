/**
 * @severity medium
 * @link https://kubernetes.io/docs/concepts/services-networking/network-policies/
 */
import { isEverybody, isEveryPort } from "../everybody";
import { isKind, onObjects, pathIn, type KubernetesObject } from "../kubernetes";
import type { Report, Rule } from "../rule";
import { asArray, asObject, at, eachItem, isAbsent, isObject, text, texts } from "../values";

/**
 * Labels that controllers put on pods when they run: a selector that wants them absent selects none of their pods.
 * Source: https://kubernetes.io/docs/reference/labels-annotations-taints/
 */
const given = [
  ...["controller-revision-hash", "pod-template-hash", "pod-template-generation", "batch.kubernetes.io/job-name"],
  ...["statefulset.kubernetes.io/pod-name", "apps.kubernetes.io/pod-index", "batch.kubernetes.io/controller-uid"],
];

export const guardEffective: Rule = {
  name: "guard-effective",
  description: "What looks like a guard holds something: a NetworkPolicy, a quota, a limit, a disruption budget.",
  severity: "medium",
  remediation: "Say what is meant, or take the object out: it makes readers believe in what is not there.",
  url: "https://kubernetes.io/docs/concepts/services-networking/network-policies/",
  checks: [
    onObjects(isNetworkPolicy, (object, report) => lookAtWays(object, "ingress", "from", report)),
    onObjects(isNetworkPolicy, (object, report) => lookAtWays(object, "egress", "to", report)),
    onObjects(isNetworkPolicy, (object, report) => {
      const path = pathIn(object, "spec", "podSelector", "matchExpressions");
      eachItem(at(object.props, "spec", "podSelector", "matchExpressions"), path, report, (item, itemPath) => {
        const { key, operator, values } = asObject(item);
        const isContradicted = asArray(at(object.props, "spec", "podSelector", "matchExpressions")).some((other) => {
          const { key: otherKey, operator: otherOperator, values: otherValues } = asObject(other);
          if (text(operator) !== "In" || otherKey !== key) return false;
          if (text(otherOperator) === "DoesNotExist") return true;
          return text(otherOperator) === "NotIn" && texts(values).every((one) => texts(otherValues).includes(one));
        });
        const isEmpty = text(operator) === "In" && asArray(values).length === 0;
        if (isEmpty || isContradicted || (text(operator) === "DoesNotExist" && given.includes(text(key))))
          report.violation(itemPath, "selects no pod that a controller runs");
      });
    }),
    // Source: https://docs.cilium.io/en/stable/security/policy/language/#entities-based
    ...["ingress", "egress"].map((direction) =>
      onObjects(
        (object) => isKind(object, "cilium.io", "CiliumNetworkPolicy", "CiliumClusterwideNetworkPolicy"),
        (object, report) =>
          eachItem(at(object.props, "spec", direction), pathIn(object, "spec", direction), report, (item, path) => {
            for (const field of ["fromEntities", "toEntities"])
              if (texts(asObject(item)[field]).some((entity) => entity === "all" || entity === "world"))
                report.violation(`${path}.${field}`, "names everybody");
            for (const field of ["fromCIDR", "toCIDR"])
              if (texts(asObject(item)[field]).some(isEverybody))
                report.violation(`${path}.${field}`, "names everybody");
          }),
      ),
    ),
    // Sources: istio.io, AuthorizationPolicy (a rule without fields matches every request), PeerAuthentication
    onObjects(
      (object) => isKind(object, "security.istio.io", "AuthorizationPolicy"),
      (object, report) => {
        const { action, rules } = asObject(object.props["spec"]);
        if (!isAbsent(action) && text(action) !== "ALLOW") return;
        eachItem(rules, pathIn(object, "spec", "rules"), report, (item, path) => {
          if (Object.values(asObject(item)).every((one) => isAbsent(one) || asArray(one).length === 0))
            report.violation(path, "lets everybody in");
        });
      },
    ),
    onObjects(
      (object) => isKind(object, "security.istio.io", "PeerAuthentication"),
      (object, report) => {
        if (at(object.props, "spec", "mtls", "mode") === "DISABLE")
          report.violation(pathIn(object, "spec", "mtls", "mode"), "takes everybody's word for who calls");
      },
    ),
    // Source: https://docs.tigera.io/calico/latest/reference/resources/networkpolicy
    ...["ingress", "egress"].map((direction) =>
      onObjects(
        ({ group, kind }) => /(^|\.)projectcalico\.org$/.test(group) && /^(Global)?NetworkPolicy$/.test(kind),
        (object, report) =>
          eachItem(at(object.props, "spec", direction), pathIn(object, "spec", direction), report, (item, path) => {
            const { action, ...bounds } = asObject(item);
            if (text(action) === "Allow" && Object.values(bounds).every(isAbsent))
              report.violation(path, "lets everything through");
          }),
      ),
    ),
    onObjects(
      (object) => isKind(object, "policy", "PodDisruptionBudget"),
      (object, report) => {
        const spec = asObject(object.props["spec"]);
        if (/^0+%?$/.test(String(spec["maxUnavailable"])))
          report.violation(pathIn(object, "spec", "maxUnavailable"), "lets no node be drained");
        else if (spec["minAvailable"] === "100%")
          report.violation(pathIn(object, "spec", "minAvailable"), "lets no node be drained");
        else if (isAbsent(spec["maxUnavailable"]) && isAbsent(spec["minAvailable"]))
          report.violation(pathIn(object, "spec", "maxUnavailable"), "is missing, and minAvailable too");
      },
    ),
    onObjects(
      (object) => isKind(object, "", "ResourceQuota"),
      (object, report) => {
        if (Object.keys(asObject(at(object.props, "spec", "hard"))).length === 0)
          report.violation(pathIn(object, "spec", "hard"), "limits nothing");
      },
    ),
    onObjects(
      (object) => isKind(object, "", "LimitRange"),
      (object, report) => {
        const limits = asArray(at(object.props, "spec", "limits"));
        const isBounded = limits.some((limit) =>
          ["max", "default", "defaultRequest", "min", "maxLimitRequestRatio"].some(
            (field) => Object.keys(asObject(at(limit, field))).length > 0,
          ),
        );
        if (!isBounded) report.violation(pathIn(object, "spec", "limits"), "limits nothing");
      },
    ),
  ],
};

function isNetworkPolicy(object: KubernetesObject): boolean {
  return isKind(object, "networking.k8s.io", "NetworkPolicy") || isKind(object, "extensions", "NetworkPolicy");
}

// A rule without peers is for everybody; without ports beside, it is no rule.
function lookAtWays(
  object: KubernetesObject,
  direction: "ingress" | "egress",
  peers: "from" | "to",
  report: Report,
): void {
  const spec = asObject(object.props["spec"]);
  const types = texts(spec["policyTypes"]);
  const isMeant = types.length === 0 || types.some((type) => type.toLowerCase() === direction);
  if (!isMeant) return;
  eachItem(spec[direction], pathIn(object, "spec", direction), report, (item, path) => {
    const rule = asObject(item);
    if (!isEveryPort(asArray(rule["ports"]))) return;
    const list = asArray(rule[peers]);
    if (list.length === 0) report.violation(path, "lets everything through");
    else if (list.some(isOpen)) report.violation(`${path}.${peers}`, "names everybody");
  });
}

function isOpen(peer: unknown): boolean {
  const { ipBlock } = asObject(peer);
  if (!isObject(ipBlock)) return false;
  return isEverybody(text(ipBlock["cidr"])) && asArray(ipBlock["except"]).length === 0;
}
