import * as pulumi from "@pulumi/pulumi";
import { MockMonitor } from "@pulumi/pulumi/runtime/mocks";
import { disconnect, setMockOptions } from "@pulumi/pulumi/runtime/settings";
import type { ReadResourceRequest, RegisterResourceRequest } from "@pulumi/pulumi/proto/resource_pb";

import type { Struct } from "google-protobuf/google/protobuf/struct_pb";

import { credentialFiles } from "../../pipeline/credential-files";
import { program, type Outside } from "../../program";
import { reportIn } from "../../kit/carried-report";
import { parseSettings, stackFile, shortStackName } from "../../settings/parse-settings";
import { withoutCluster } from "./without-cluster";

/** One resource as the program declares it: inputs with their secrets marked, and the options that matter. */
export interface RecordedResource {
  type: string;
  name: string;
  /** Logical name of the parent; empty for a child of the stack. */
  parent: string;
  /** An object that is only read. */
  read: boolean;
  custom: boolean;
  inputs: Record<string, unknown>;
  options: {
    protect: boolean;
    retainOnDelete: boolean;
    ignoreChanges: string[];
    /** Logical names, sorted. */
    dependsOn: string[];
    /** Logical name of the explicit provider; empty where there is none. */
    provider: string;
    timeouts: Record<string, string>;
    /** Names of the hooks that the engine calls before it creates the resource; left out where there are none. */
    beforeCreate?: string[];
  };
}

/** What a run of the program under mocks gave. */
export interface Recording {
  resources: RecordedResource[];
  outputs: Record<string, unknown>;
}

export interface RecordArgs {
  stack: string;
  /** As `pulumi.runtime.allConfig()` gives it. */
  config: Record<string, string>;
  /** Keys whose values are encrypted. */
  secretKeys?: ReadonlySet<string>;
  /** Pulumi ESC environments that add to the config, but not here. */
  environments?: readonly string[];
  /** True: what a server would fill in is unknown, as at the first preview. */
  preview?: boolean;
}

const secretSignature = "1b47061264138c4ac30d75fd1eb44270";
const signatureKey = "4dabf18193072939515e22adb298388d";

/** Types that the program may declare; any other is a mistake and ends the run. */
const knownTypes = [
  /^pulumi:pulumi:Stack$/,
  /^pulumi:providers:(kubernetes|vault|random)$/,
  /^detectviz:alloy:/,
  /^kubernetes:(core|apps|discovery\.k8s\.io|networking\.k8s\.io|rbac\.authorization\.k8s\.io|apiextensions\.k8s\.io|monitoring\.coreos\.com)\/v1:/,
  /^random:index\/randomPassword:RandomPassword$/,
  /^vault:(kv\/secretV2:SecretV2|index\/policy:Policy|kubernetes\/authBackendRole:AuthBackendRole)$/,
];

/** Functions that the program may call. */
const reads = ["vault:kv/getSecretV2:getSecretV2", "vault:kv/getSecretSubkeysV2:getSecretSubkeysV2"];

/** What has to look like PEM to be taken for a credential. */
const madeUpPem: Record<string, string> = Object.fromEntries(
  [
    ["cert", "CERTIFICATE"],
    ["key", "PRIVATE KEY"],
    ["ca", "CERTIFICATE"],
  ].map(([field = "", what = ""]) => [field, `-----BEGIN ${what}-----\nmade-up\n-----END ${what}-----\n`]),
);

/**
 * Runs the program without an engine, a cluster or a Vault, and records what it declares. Reads from Vault are answered
 * with made-up values, which are secret, so that nothing of them is ever shown.
 *
 * @throws UserError with all that is wrong with the settings, and with what only a cluster could tell
 */
export async function recordProgram({
  stack: fullName,
  config,
  secretKeys = new Set(),
  environments = [],
  preview = false,
}: RecordArgs): Promise<Recording> {
  const stack = shortStackName(fullName);
  const settings = parseSettings(config, stackFile(stack), secretKeys, environments);
  const fields = Object.values(credentialFiles(settings)).flatMap((file) => file.fields);
  // A resource that failed leaves those behind it waiting for ever: the first failure ends the run.
  let end: (failure: Error) => void = () => undefined;
  const failed = new Promise<never>((_, reject) => (end = reject));
  const fail = (problem: string | Error): never => {
    const failure = typeof problem === "string" ? new Error(problem) : problem;
    end(failure);
    throw failure;
  };
  const mocks: pulumi.runtime.Mocks = {
    newResource: (args) => {
      if (!knownTypes.some((known) => known.test(args.type))) fail(`the program declares an unknown type ${args.type}`);
      const inputs = args.inputs as Record<string, unknown>;
      if (args.id && /:(Service|EndpointSlice)$/.test(args.type)) fail(withoutCluster(stack, settings));
      const known = args.id ? { metadata: { name: args.id } } : inputs; // an object that is read has its own name
      const state = args.type.startsWith("random:") && !preview ? { ...known, result: "made-up" } : known;
      const id =
        args.id || (preview && args.custom && !args.type.startsWith("pulumi:") ? undefined : `${args.name}-id`);
      return { id, state };
    },
    call: (args) => {
      if (!reads.includes(args.token)) fail(`the program calls an unknown function ${args.token}`);
      if (logicalName(args.provider ?? "") !== "vault") fail("the program reads from Vault without its provider");
      // The one answers values, the other only their names.
      const value = (field: string): string | null =>
        args.token.includes("Subkeys") ? null : (madeUpPem[field] ?? "made-up");
      return { dataJson: JSON.stringify(Object.fromEntries(fields.map((field) => [field, value(field)]))) };
    },
  };
  await pulumi.runtime.setMocks(mocks, "alloy", stack, preview);
  const monitor = new RecordingMonitor(mocks);
  setMockOptions(monitor, "alloy", stack, preview);
  pulumi.runtime.setAllConfig(config, [...secretKeys]);
  try {
    const outputs = await withShortStacks(async () => {
      const ended = await Promise.race([pulumi.runtime.runInPulumiStack(() => program(offline)), failed]);
      await Promise.race([disconnect(), failed]);
      return ended;
    });
    return { resources: monitor.recorded, outputs: outputs ?? {} };
  } catch (error) {
    // For the engine the program ends by an error of the SDK's; here a person reads what it stands for.
    throw reportIn(error) ?? error;
  }
}

/**
 * The SDK writes a stack trace down for each of its promises, and each line is looked up in a source map, which takes
 * two thirds of a recording's time. With one line an error still says where it was thrown.
 */
async function withShortStacks<T>(work: () => Promise<T>): Promise<T> {
  const usual = Error.stackTraceLimit;
  Error.stackTraceLimit = 1;
  try {
    return await work();
  } finally {
    Error.stackTraceLimit = usual;
  }
}

/** No Vault is asked, and no plugin is started. */
const offline: Outside = { testLogin: () => Promise.resolve(), checkPlugins: () => Promise.resolve() };

type Callback = (error: unknown, response: unknown) => void;

/** Keeps what the mocks do not hand on: options, parents and the marks of secrets. */
class RecordingMonitor extends MockMonitor {
  readonly recorded: RecordedResource[] = [];

  override async readResource(req: ReadResourceRequest, callback: Callback): Promise<void> {
    this.recorded.push({
      ...identityOf(req),
      read: true,
      custom: true,
      inputs: plain(req.getProperties()),
      options: {
        ...noOptions,
        provider: logicalName(req.getProvider()),
        dependsOn: namesOf(req.getDependenciesList()),
      },
    });
    return super.readResource(req, callback);
  }

  override async registerResource(req: RegisterResourceRequest, callback: Callback): Promise<void> {
    this.recorded.push({
      ...identityOf(req),
      read: false,
      custom: req.getCustom(),
      inputs: plain(req.getObject()),
      options: optionsOf(req),
    });
    return super.registerResource(req, callback);
  }

  /** Taken note of with the resource, and never called: no engine creates anything here. */
  registerResourceHook(_request: unknown, callback: Callback): void {
    callback(null, {});
  }
}

const noOptions = { protect: false, retainOnDelete: false, ignoreChanges: [], timeouts: {} };

function plain(struct: Struct | undefined): Record<string, unknown> {
  return struct?.toJavaScript() ?? {};
}

function identityOf(req: { getType(): string; getName(): string; getParent(): string }) {
  return { type: req.getType(), name: req.getName(), parent: logicalName(req.getParent()) };
}

function optionsOf(req: RegisterResourceRequest): RecordedResource["options"] {
  const timeouts = req.getCustomtimeouts()?.toObject() ?? {};
  const beforeCreate = req.getHooks()?.getBeforeCreateList() ?? [];
  return {
    protect: req.getProtect() ?? false,
    retainOnDelete: req.getRetainondelete() ?? false,
    ignoreChanges: req.getIgnorechangesList(),
    dependsOn: namesOf(req.getDependenciesList()),
    provider: logicalName(req.getProvider()),
    ...(beforeCreate.length > 0 && { beforeCreate }),
    timeouts: Object.fromEntries(
      Object.entries(timeouts)
        .filter(([, value]) => value !== "")
        .map(([operation, value]) => [operation, String(value)]),
    ),
  };
}

function namesOf(urns: readonly string[]): string[] {
  return [...new Set(urns.map(logicalName))].sort();
}

// A URN ends in the logical name; a provider's reference has its id behind that.
function logicalName(urn: string): string {
  if (urn === "") return "";
  const parts = urn.split("::");
  return parts[3] ?? "";
}

/** True for a value that the program marked secret. */
export function isMarkedSecret(value: unknown): value is { value: unknown } {
  return (
    typeof value === "object" && value !== null && (value as Record<string, unknown>)[signatureKey] === secretSignature
  );
}
