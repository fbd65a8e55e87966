import { z } from "zod";

import * as field from "../fields";
import { message, wrongType } from "../fields/wording";

/** Labels and annotations that somebody else asks for: an organisation, a mesh, an autoscaler. */

interface Taken {
  keys: RegExp;
  problem: string;
  remedy: string;
}

const written = "leave it out: the program writes it";

/** Keys that are not a person's to set here: the program's own, the cluster's, and those with a setting of their own. */
const taken: readonly Taken[] = [
  {
    keys: /^app\.kubernetes\.io\/(name|instance|component|part-of|managed-by)$/,
    problem: "is a label of the program's own, by which Services, dashboards and the DaemonSet find the pods",
    remedy: "choose another key",
  },
  { keys: /^detectviz\.io\//, problem: "belongs to the program", remedy: written },
  { keys: /^pulumi\.com\//, problem: "tells Pulumi's provider what to do", remedy: "use alloy:rollout for waiting" },
  {
    keys: /^pod-security\.kubernetes\.io\//,
    problem: "decides which pods the namespace admits",
    remedy: `${written}, and a namespace with other labels is set by alloy:namespace: { managed: false }`,
  },
  {
    keys: /^(controller-revision-hash|pod-template-(hash|generation)|deprecated\.daemonset\.template\.generation|kubernetes\.io\/metadata\.name|kubectl\.kubernetes\.io\/last-applied-configuration)$/,
    problem: "is written by Kubernetes itself",
    remedy: "leave it out",
  },
  {
    keys: /^(eks\.amazonaws\.com\/role-arn|azure\.workload\.identity\/(client-id|use))$/,
    problem: "gives the pods a role in the cloud",
    remedy: "write alloy:prometheusIdentity, from which the program makes it",
  },
];

/** Reports each key that is not free. */
function refuseTaken(record: Readonly<Record<string, unknown>>, context: z.core.$RefinementCtx): void {
  for (const key of Object.keys(record)) {
    const found = taken.find(({ keys }) => keys.test(key));
    if (found !== undefined)
      context.addIssue({ code: "custom", path: [key], message: message(found.problem, found.remedy) });
  }
}

/** Labels that are added to the program's own. */
export const moreLabels = field.kubernetesLabels.superRefine(refuseTaken).meta({
  takes: 'an object: name of the label to its value, such as `cost-center: "4711"`',
});

/** Annotations; a value is any text. Source: kubernetes.io, Annotations, syntax and character set */
export const moreAnnotations = z
  .record(
    z.string().regex(field.metadataNameForm, {
      error: message("is not the name of an annotation", "write it as owner, or example.com/owner"),
    }),
    z.string({
      error: ({ input }) => message(wrongType(input, "text"), "put it in quotes"),
    }),
  )
  .superRefine(refuseTaken)
  .meta({ takes: 'an object: name of the annotation to its text, such as `sidecar.istio.io/inject: "false"`' });
