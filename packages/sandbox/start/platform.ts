import { UserError, type Problem } from "../../../kit/user-error";

/** Throws {@link platformProblem}, if there is one, before anything is looked at or made. */
export function refuseOtherPlatforms(): void {
  const problem = platformProblem();
  if (problem !== undefined) throw new UserError([problem]);
}

/**
 * What a sandbox cannot be on, and what goes there all the same; undefined on Linux. It runs the collectors as a kubelet
 * would, in boxes of the Linux kernel, and keeps track of its processes by /proc.
 */
export function platformProblem(
  platform: NodeJS.Platform = process.platform,
  architecture: NodeJS.Architecture = process.arch,
): Problem | undefined {
  if (platform === "linux" && (architecture === "x64" || architecture === "arm64")) return undefined;
  const name = platform === "darwin" ? "macOS" : platform === "win32" ? "Windows" : platform;
  return {
    file: "this machine",
    key: "",
    problem: `is ${name} on ${architecture}; the sandbox (npm start and everything with sandbox in its name) takes Linux on x64 or arm64`,
    remedy:
      "deploy to a cluster of your own, kind for example, with the Pulumi CLI, which takes no sandbox: pulumi up --stack STACK " +
      "--policy-pack policy; or use Linux in a virtual machine or a container",
  };
}
