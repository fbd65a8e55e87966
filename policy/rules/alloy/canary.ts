/**
 * @severity high
 * @link https://grafana.com/docs/loki/latest/operations/loki-canary/
 */
import { onPods, positions, type PodRef } from "../../pods";
import type { Report, ResourceCheck, ResourceRule } from "../../rule";
import { asArray, asObject, eachItem, isAbsent, texts } from "../../values";
import { isWorkload, type CanaryWorkload } from "./workload";

// What a container may run, reach or read beside its arguments and its environment.
const closed = ["command", "volumeMounts", "volumeDevices", "lifecycle"];

// A canary that sends its lines itself watches no collector; one that takes any certificate gives its password away.
const refused: readonly { flag: RegExp; problem: string }[] = [
  {
    flag: /^--?push(=(?!f$|F$|0$|false$|FALSE$|False$)|$)/,
    problem: "sends lines to Loki itself, past the collectors",
  },
  { flag: /^--?insecure(=(?!f$|F$|0$|false$|FALSE$|False$)|$)/, problem: "takes any certificate for Loki's" },
];

/** The rules for collectors know files, tokens and a pipeline; the canary has none of them and may have none. */
export function canaryShape(canary: CanaryWorkload): ResourceRule {
  const ofCanary = (look: (pod: PodRef, report: Report) => void): ResourceCheck =>
    onPods((pod, report) => {
      if (isWorkload(pod.object, canary)) look(pod, report);
    });
  return {
    name: "alloy-canary",
    description: "The canary is one container that writes lines and asks Loki for them, without a volume or a token.",
    severity: "high",
    remediation: "Keep the canary as the program makes it, or turn alloy:canary off.",
    url: "https://grafana.com/docs/loki/latest/operations/loki-canary/",
    checks: [
      ofCanary((pod, report) => {
        if (asArray(pod.spec["volumes"]).length > 0)
          report.violation(`${pod.path}.volumes`, "gives the canary a volume, and it needs none");
      }),
      ...positions.map((position) =>
        ofCanary((pod, report) => {
          const path = `${pod.path}.${position}`;
          const [found, expected] = [asArray(pod.spec[position]).length, position === "containers" ? 1 : 0];
          if (found !== expected) report.violation(path, `holds ${found} containers instead of ${expected}`);
          eachItem(pod.spec[position], path, report, (item, itemPath) => {
            const container = asObject(item);
            if (container["name"] !== canary.container) report.violation(`${itemPath}.name`, "is not the canary's");
            for (const field of closed)
              if (!isAbsent(container[field]))
                report.violation(`${itemPath}.${field}`, "is nothing that the canary has");
          });
        }),
      ),
      ofCanary((pod, report) =>
        eachItem(pod.spec["containers"], `${pod.path}.containers`, report, (item, path) => {
          for (const problem of argumentProblems(texts(asObject(item)["args"]), canary))
            report.violation(`${path}.args`, problem);
        }),
      ),
    ],
  };
}

function argumentProblems(given: readonly string[], { address, tls }: CanaryWorkload): string[] {
  const own = refused.filter(({ flag }) => given.some((one) => flag.test(one))).map(({ problem }) => problem);
  const addresses = given.filter((one) => /^--?addr(=|$)/.test(one));
  const isAsked = addresses.length === 1 && addresses[0] === `-addr=${address}`;
  return [
    ...own,
    ...(isAsked ? [] : [`does not hold -addr=${address} once: another would be given its credential`]),
    ...(tls === given.includes("-tls") ? [] : [`${tls ? "lacks" : "holds"} -tls, unlike Loki's address`]),
  ];
}
