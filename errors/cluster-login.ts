import { inStackFile, type ErrorPlace, type KnownError } from "./known-error";

const key = "alloy:kubernetes.context";

const kubeconfigOf = ({ context }: ErrorPlace): string =>
  context === undefined ? "the kubeconfig's current context" : `context ${context} of the kubeconfig`;

/** How to get credentials anew, by the command that makes them. */
const logins: readonly [command: RegExp, login: string][] = [
  [/(^|\/)aws(\.exe)?$|aws-iam-authenticator/, "aws sso login (or export the role's AWS_… variables)"],
  [/gke-gcloud-auth-plugin|(^|\/)gcloud/, "gcloud auth login"],
  [/kubelogin/, "az login, or kubelogin convert-kubeconfig -l azurecli"],
  [/(^|\/)oci$/, "oci session authenticate"],
  [/(^|\/)tsh$/, "tsh login"],
  [/(^|\/)doctl$/, "doctl auth init"],
];

const loginOf = (command: string): string | undefined => logins.find(([form]) => form.test(command))?.[1];

/**
 * A kubeconfig that lets a command make the credentials (aws, gke-gcloud-auth-plugin, kubelogin). If that does not work
 * the plugin speaks of an unreachable cluster, although nobody has asked one.
 * Source of the words: k8s.io/client-go plugin/pkg/client/auth/exec, tools/clientcmd
 */
export const clusterLoginErrors: KnownError[] = [
  {
    pattern:
      /exec: executable "?([^\s":]+)"? not found|exec: fork\/exec (\S+): no such file|exec: "([^"]+)": executable file not found in \$PATH/,
    cannotTell: true,
    toProblem: ([, one, two, three], place) => {
      const command = one ?? two ?? three ?? "";
      return inStackFile(
        place,
        key,
        `${kubeconfigOf(place)} gets its credentials from the command ${command}, which is not installed here`,
        `install ${command} where this runs (a workflow needs it, too), then run the same command again`,
      );
    },
  },
  {
    pattern: /exec: executable (\S+) failed with exit code (\d+)|API server: command terminated with exit code (\d+)/,
    cannotTell: true,
    toProblem: ([, command, code, other], place) =>
      inStackFile(
        place,
        key,
        `the command ${command === undefined ? "" : `${command} `}from which ${kubeconfigOf(place)} gets its credentials failed (exit code ${code ?? other ?? ""})`,
        `its login has usually expired: ${loginOf(command ?? "") ?? "log in again"}; kubectl says more`,
      ),
  },
  {
    pattern:
      /exec plugin: invalid apiVersion "([^"]+)"|exec plugin is configured to use API version (\S+?), plugin returned version|no kind "ExecCredential" is registered for version "([^"]+)"/,
    cannotTell: true,
    toProblem: ([, one, two, three], place) =>
      inStackFile(
        place,
        key,
        `${kubeconfigOf(place)} was written for another version of the command that makes its credentials (${one ?? two ?? three ?? ""})`,
        "write it anew with that command's newest version (aws eks update-kubeconfig, gcloud container clusters get-credentials)",
      ),
  },
  {
    pattern: /[Nn]o Auth Provider found for name "([^"]+)"|the (gcp|azure) auth plugin has been removed/,
    cannotTell: true,
    toProblem: ([, one, two], place) => {
      const name = one ?? two ?? "";
      const plugin =
        name === "gcp" ? "gke-gcloud-auth-plugin" : name === "azure" ? "kubelogin" : "the plugin that replaces it";
      return inStackFile(
        place,
        key,
        `${kubeconfigOf(place)} uses the auth provider ${name}, which Kubernetes has taken away`,
        `install ${plugin} and write the kubeconfig anew (gcloud container clusters get-credentials, az aks get-credentials)`,
      );
    },
  },
];
