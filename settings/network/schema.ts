import { isIP } from "node:net";

import { z } from "zod";

import * as field from "../fields";
import { shown, valueKind } from "../fields/wording";
import { reading, refuse } from "../cross-field-check";

/** The whole internet is no destination: a rule with it would be no rule. */
const cidr = field.checkedText("a CIDR such as 10.20.0.0/16", (value, report) => {
  const [address = "", bits = "", ...rest] = value.split("/");
  const family = isIP(address);
  const most = family === 6 ? 128 : 32;
  if (family === 0 || rest.length > 0 || !/^\d{1,3}$/.test(bits) || Number(bits) > most)
    report(
      `${shown(value)} is not a CIDR`,
      "write address/bits, such as 10.20.0.0/16, or 10.20.0.7/32 for one address",
    );
  else if (Number(bits) === 0) report(`${shown(value)} is every address`, "write the addresses that are meant");
});

const port = z
  .number({ error: ({ input }) => field.message(`is ${valueKind(input)} where a port belongs`, "write 8080") })
  .refine((value) => Number.isInteger(value) && value >= 1 && value <= 65_535, {
    error: ({ input }) => field.message(`${shown(String(input))} is not a port`, "write 1 to 65535, such as 8080"),
  });

const destination = z
  .strictObject({
    /** Addresses that the host has; for a host outside of the cluster. */
    cidrs: z.array(cidr).optional(),
    /** Labels of the pods behind the host, where no cluster is at hand to ask for its Service. */
    podLabels: field.kubernetesLabels.optional(),
    /** Namespace of those pods; default: that of the collectors. */
    namespace: field.objectName.optional(),
    /** Port on which those pods or addresses listen; default: the URL's. A Service's port is often another one. */
    port: port.optional(),
  })
  .superRefine(
    ({ cidrs, podLabels }, context) => {
      const stated = Number((cidrs?.length ?? 0) > 0) + Number(Object.keys(podLabels ?? {}).length > 0);
      if (stated !== 1)
        refuse(
          context,
          "cidrs",
          stated === 0 ? "is missing, and podLabels too" : "is given, and podLabels too",
          "write one of them: cidrs for addresses, podLabels for pods of this cluster",
        );
    },
    reading(["cidrs"], ["podLabels"]),
  );

/** A NetworkPolicy for the collectors. Off: whether a cluster enforces one depends on its network plugin. */
export const network = z
  .strictObject({
    /** Deny everything but what the pipeline needs, in both directions. */
    enabled: field.flag.default(false),
    /** Who may scrape port 12345 beside the pods behind alloy:prometheusUrl. */
    scrapeCidrs: z.array(cidr).default([]),
    /** By host as it stands in a URL, where the cluster cannot be asked: what the host leads to. */
    destinations: z.record(z.string(), destination).default({}),
  })
  .prefault({});
