import assert from "node:assert/strict";

import { sandbox, stackObjects, type LiveObject } from "./sandbox";

/** The collectors' ClusterRole. */
export interface Role extends LiveObject {
  rules: { apiGroups: string[]; resources: string[]; verbs: string[] }[];
}

/** `/pods/log get` for each verb on each resource that the role grants. */
export function granted({ rules }: Role): string[] {
  return rules
    .flatMap(({ apiGroups, resources, verbs }) =>
      apiGroups.flatMap((group) => resources.flatMap((name) => verbs.map((verb) => `${group}/${name} ${verb}`))),
    )
    .sort();
}

/**
 * Takes the right to read logs away from the collectors and starts them anew, since an open stream goes on.
 *
 * @returns the role as it was
 */
export async function takeAwayPodsLog(): Promise<Role> {
  const whole = await sandbox().get<Role>(stackObjects.ClusterRole);
  assert.ok(granted(whole).includes("/pods/log get"));
  // As the stack's own field manager: what is tested is a missing permission, not a conflict of two owners.
  const owner = whole.metadata.managedFields?.[0]?.manager ?? "";
  await sandbox().api.request(
    "PATCH",
    `${stackObjects.ClusterRole}?fieldManager=${encodeURIComponent(owner)}&force=true`,
    {
      type: "application/apply-patch+yaml",
      body: {
        apiVersion: "rbac.authorization.k8s.io/v1",
        kind: "ClusterRole",
        metadata: { name: whole.metadata.name, labels: whole.metadata.labels },
        rules: whole.rules.filter(({ resources }) => !resources.includes("pods/log")),
      },
    },
  );
  assert.ok(!granted(await sandbox().get<Role>(stackObjects.ClusterRole)).includes("/pods/log get"));
  await sandbox().restartCollectors();
  return whole;
}

/** Gives back what was taken, as a person would. */
export async function givePodsLogBack(): Promise<void> {
  const up = await sandbox().shell("pulumi up --refresh --yes --skip-preview --non-interactive");
  assert.equal(up.exitCode, 0, up.output);
}
