import { z } from "zod";

import * as field from "../fields";
import { message, shown, wrongType } from "../fields/wording";

/** What the collectors tell Prometheus beside the samples. */

/** `alloy:prometheusTenant`. */
export const prometheusTenant = field.tenant.optional().meta({
  description: "Tenant in Mimir, Cortex or Thanos: header X-Scope-OrgID of remote write.",
  otherwise: "no tenant is named",
  ifWrong: "Metrics go to another tenant. Left out for a Mimir with tenants: it answers 401 `no org id`.",
});

// Who may write, and what the protocol itself says. Source: RFC 9110; prometheus.io, remote write 1.0
const reserved: readonly { names: RegExp; problem: string; remedy: string }[] = [
  { names: /^x-scope-orgid$/i, problem: "names a tenant", remedy: "write alloy:prometheusTenant" },
  {
    names: /auth|token|secret|password|cookie|credential|session|signature|jwt|(^|[-_])(api)?-?key$/i,
    problem: "looks like a credential, and anybody could read it in the ConfigMap",
    remedy: "use alloy:credentials.prometheus (basic, bearer or mtls) or alloy:prometheusIdentity",
  },
  {
    names: /^(host|user-agent|connection|content-.*|transfer-.*|te|upgrade|x-prometheus-.*|x-amz-.*)$/i,
    problem: "belongs to the protocol",
    remedy: "leave it out",
  },
];

/** `alloy:prometheusHeaders`: plain values only, since the ConfigMap holds them. */
export const prometheusHeaders = z
  .record(
    z.string().regex(/^[A-Za-z0-9-]{1,100}$/, {
      error: message("is not the name of a header", "use letters, digits and dashes"),
    }),
    z
      .string({ error: ({ input }) => message(wrongType(input, "text"), "put it in quotes") })
      .regex(/^[\x20-\x7e]{1,1000}$/, {
        error: ({ input }) =>
          message(`${shown(input)} cannot be the value of a header`, "write one line of plain text"),
      }),
  )
  .superRefine((headers, context) => {
    for (const name of Object.keys(headers)) {
      const found = reserved.find(({ names }) => names.test(name));
      if (found !== undefined)
        context.addIssue({ code: "custom", path: [name], message: message(found.problem, found.remedy) });
    }
  })
  .default({})
  .meta({
    takes: "an object: name of the header to its value, such as `X-Cluster-Region: eu`",
    description: "More headers of remote write, for a gateway that routes by them. Their values are no secrets.",
    ifWrong: "Prometheus or the gateway in front of it refuses the samples. The name of a credential is refused.",
  });

/** The headers that remote write sends, sorted by name; empty where the settings name none. */
export function remoteWriteHeaders({
  prometheusTenant: tenant,
  prometheusHeaders: more,
}: {
  prometheusTenant?: string;
  prometheusHeaders: Readonly<Record<string, string>>;
}): [name: string, value: string][] {
  return Object.entries({ ...more, ...(tenant !== undefined && { "X-Scope-OrgID": tenant }) }).sort(([a], [b]) =>
    a < b ? -1 : 1,
  );
}
