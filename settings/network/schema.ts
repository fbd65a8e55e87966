import { isIP } from "node:net";

import { z } from "zod";

import * as field from "../fields";
import { shown, wrongType } from "../fields/wording";
import { ifValid, refuse } from "../cross-field-check";

/** The whole internet is no destination: a rule with it would be no rule. */
const cidr = field
  .checkedText("a CIDR such as 10.20.0.0/16", (value, report) => {
    const [address = "", bits = "", ...rest] = value.split("/");
    const family = isIP(address);
    const most = family === 6 ? 128 : 32;
    if (family === 0 || rest.length > 0 || !/^\d{1,3}$/.test(bits) || Number(bits) > most)
      report(
        `${shown(value)} is not a CIDR`,
        "write address/bits, such as 10.20.0.0/16, or 10.20.0.7/32 for one address",
      );
    else if (Number(bits) === 0) report(`${shown(value)} is every address`, "write the addresses that are meant");
  })
  .meta({ pattern: "^[0-9A-Fa-f:.]+/(?!0{1,3}$)[0-9]{1,3}$" });

const port = z
  .number({ error: ({ input }) => field.message(wrongType(input, "a port"), "write a port such as 8080") })
  .refine((value) => Number.isInteger(value) && value >= 1 && value <= 65_535, {
    error: ({ input }) => field.message(`${shown(String(input))} is not a port`, "write 1 to 65535, such as 8080"),
  })
  .meta({ takes: "a port", minimum: 1, maximum: 65_535, multipleOf: 1 });

function oneOfTwo(
  { cidrs, podLabels }: { cidrs?: string[]; podLabels?: Record<string, string> },
  context: z.core.$RefinementCtx,
): void {
  const stated = Number((cidrs?.length ?? 0) > 0) + Number(Object.keys(podLabels ?? {}).length > 0);
  if (stated !== 1)
    refuse(
      context,
      "cidrs",
      stated === 0 ? "is missing, and so is podLabels" : "is given, and so is podLabels",
      "write one of them: cidrs for addresses, or podLabels for pods of this cluster",
    );
}

const destination = z
  .strictObject({
    cidrs: z.array(cidr).optional().meta({
      takes: "a list of CIDRs, such as `[192.0.2.7/32]`",
      description: "Addresses of a host outside of the cluster.",
      otherwise: "`podLabels` is required",
      ifWrong: "The NetworkPolicy blocks the host: nothing is sent there.",
    }),
    podLabels: field.kubernetesLabels.optional().meta({
      description: "Labels of the pods behind the host, if no cluster can be asked for its Service.",
      otherwise: "`cidrs` is required",
      ifWrong: "The NetworkPolicy blocks the pods: nothing is sent there.",
    }),
    namespace: field.objectName.optional().meta({
      description: "Namespace of those pods.",
      otherwise: "the namespace of the collectors",
      ifWrong: "The NetworkPolicy blocks the pods: nothing is sent there.",
    }),
    port: port.optional().meta({
      description: "Port on which those pods or addresses listen. A Service's own port is often another one.",
      otherwise: "the port of the URL",
      ifWrong: "The NetworkPolicy blocks the port: nothing is sent there.",
    }),
  })
  .superRefine(oneOfTwo, ifValid(["cidrs"], ["podLabels"]))
  .meta({ description: "What is behind one host: either `cidrs` or `podLabels`." });

const blocked = "The NetworkPolicy blocks the resolver: no host is found, and nothing is sent.";

/** Where a cluster's DNS is, if it is not where most have it. */
const resolver = z
  .strictObject({
    cidrs: z.array(cidr).optional().meta({
      takes: "a list of CIDRs, such as `[fd00:10::a/128]`",
      description: "Addresses of the resolver, such as a cache on the node.",
      otherwise: "`podLabels` is required",
      ifWrong: blocked,
    }),
    podLabels: field.kubernetesLabels.optional().meta({
      description: "Labels of the resolver's pods.",
      otherwise: "`cidrs` is required",
      ifWrong: blocked,
    }),
    namespace: field.objectName.default("kube-system").meta({
      description: "Namespace of those pods, such as `openshift-dns`.",
      ifWrong: blocked,
    }),
    port: port.default(53).meta({
      description: "Port on which they listen, by UDP and by TCP. OpenShift's listen on 5353.",
      ifWrong: blocked,
    }),
  })
  .superRefine(oneOfTwo, ifValid(["cidrs"], ["podLabels"]))
  .meta({ description: "One resolver: either `cidrs` or `podLabels`." });

/** A NetworkPolicy for the collectors. Off: whether a cluster enforces one depends on its network plugin. */
export const network = z
  .strictObject({
    enabled: field.flag.default(false).meta({
      description: "Creates a NetworkPolicy that allows only what the pipeline needs, in both directions.",
      ifWrong:
        "Off: nothing is restricted. On without a network plugin that enforces policies: nothing is restricted, either.",
    }),
    scrapeCidrs: z.array(cidr).default([]).meta({
      takes: "a list of CIDRs, such as `[10.20.0.0/16]`",
      description: "Addresses that may scrape the collectors, besides the pods behind `prometheusUrl`.",
      ifWrong:
        "Too few: Prometheus cannot read the collectors' own metrics. Empty although nobody else could read them: refused.",
    }),
    destinations: z.record(z.string(), destination).default({}).meta({
      takes: "an object: host, as in the URL, to its `cidrs` or `podLabels`",
      description:
        "What is behind a host that is outside of the cluster; if no cluster can be asked: behind every host.",
      ifWrong: "A host outside of the cluster without an entry is refused.",
    }),
    dns: z.array(resolver).default([]).meta({
      takes: "a list of resolvers",
      description:
        "Where the cluster's DNS is, beside pods with `k8s-app: kube-dns` in kube-system and the node's cache at 169.254.20.10.",
      ifWrong:
        "Empty where DNS is elsewhere (OpenShift, a cache on the node with an IPv6 address): no host is found, and nothing is sent.",
    }),
  })
  .prefault({})
  .meta({ description: "A NetworkPolicy for the collectors (docs/network-policy.md)." });
