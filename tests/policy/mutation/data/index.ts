import type { Mutation } from "../mutation";
import { alertMutations } from "./alerts";
import { canaryMutations } from "./canary";
import { closedWorldMutations } from "./closed-world";
import { collectorMutations } from "./collectors";
import { containerMutations } from "./containers";
import { logFileMutations } from "./log-files";
import { dashboardMutations } from "./dashboard";
import { managedClusterMutations } from "./managed-cluster";
import { networkMutations } from "./network";
import { otherMutations } from "./others";
import { podMutations } from "./pods";
import { rbacMutations } from "./rbac";
import { reachMutations } from "./reach";

/** Every mutation that is written down here; those from outside are in pod-security.ts. */
export const mutations: readonly Mutation[] = [
  ...rbacMutations,
  ...podMutations,
  ...containerMutations,
  ...otherMutations,
  ...collectorMutations,
  ...networkMutations,
  ...canaryMutations,
  ...reachMutations,
  ...closedWorldMutations,
  ...managedClusterMutations,
  ...alertMutations,
  ...logFileMutations,
  ...dashboardMutations,
];
