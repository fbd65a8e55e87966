import { Alloy } from "@detectviz/alloy";
import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { collectors } from "./collectors";

const cluster = new kubernetes.Provider("cluster", {
  context: new pulumi.Config().require("context"),
  // A changed pipeline is written over the old one. Otherwise the old one is deleted first.
  enableConfigMapMutable: true,
  enableSecretMutable: true,
});

const alloy = new Alloy("alloy", collectors, { providers: [cluster] });

export const namespace = alloy.namespace;
export const configChecksum = alloy.configChecksum;
