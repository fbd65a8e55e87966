// Asks rules of the installed package with the policy SDK of the program that it is installed in, and prints the answers.
const { unknownCheckingProxy } = require("@pulumi/policy");
const { collectorRules, kubernetesRules } = require("@detectviz/alloy/policy");

const args = { clusterName: "a", lokiTenant: "b", environment: "staging" };
const generic = kubernetesRules();
const rule = generic.find(({ name }) => name === "container-privileged");
const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

const pod = (privileged) => ({
  type: "kubernetes:core/v1:Pod",
  name: "bad",
  urn: "urn:pulumi:a::b::kubernetes:core/v1:Pod::bad",
  props: unknownCheckingProxy({ spec: { containers: [{ name: "c", image: "i:1", securityContext: { privileged } }] } }),
  opts: { protect: false },
  getConfig: () => ({}),
});

function ended(work) {
  try {
    work();
    return "";
  } catch (error) {
    return error;
  }
}

let refused = "";
rule.validateResource(pod(true), (text) => (refused = text));
const thrown = ended(() => rule.validateResource(pod(unknown), () => undefined));
const wrong = ended(() => collectorRules({ args: { ...args, lokiTenant: undefined } }));

console.log(
  JSON.stringify({
    names: {
      generic: generic.map(({ name }) => name),
      collectors: collectorRules({ args }).map(({ name }) => name),
    },
    refused,
    unknown: thrown.constructor?.name,
    wrong: wrong.message,
  }),
);
