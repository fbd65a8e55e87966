import assert from "node:assert/strict";
import * as grpc from "@grpc/grpc-js";
import * as pb from "@pulumi/pulumi/proto/provider_pb";
import { ResourceProviderClient } from "@pulumi/pulumi/proto/provider_grpc_pb";
import { Status } from "@pulumi/pulumi/proto/status_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import type { PropertyMap } from "../../stand-ins/values";
import { fromStruct, toStruct } from "../../stand-ins/values";
import type { EngineLog } from "./engine";
import type { PluginProcess } from "./plugin-process";
import { startPlugin } from "./plugin-process";

/** An error that a plugin answered. `reasons`, `id` and `state` are there when the object exists but is not ready. */
export class PluginError extends Error {
  constructor(
    message: string,
    public readonly initFailed?: { id: string; state: PropertyMap; reasons: string[] },
  ) {
    super(message);
    this.name = "PluginError";
  }
}

/** What Diff answers, with kinds by name. */
export interface Diff {
  changed: boolean;
  replaces: string[];
  deleteBeforeReplace: boolean;
  /** Path -> kind, such as `update` or `add-replace`. */
  detailed: Record<string, string>;
}

const KINDS = ["add", "add-replace", "delete", "delete-replace", "update", "update-replace"];

/** A running plugin, driven as the engine drives it. */
export class Plugin {
  private constructor(
    private readonly process: PluginProcess | undefined,
    private readonly client: ResourceProviderClient,
  ) {}

  /** Starts the executable with an engine of its own to talk to. */
  static async start(executable: string, env: NodeJS.ProcessEnv): Promise<Plugin> {
    const started = await startPlugin(executable, env);
    return new Plugin(started, clientOf(started.port));
  }

  /** Talks to a plugin that this process serves itself. */
  static connect(port: number): Plugin {
    return new Plugin(undefined, clientOf(port));
  }

  /** Everything that the plugin printed, for tests that look for stacks and secrets. */
  get output(): readonly string[] {
    return this.process?.output ?? [];
  }

  /** What the plugin told its engine outside its answers. */
  get logs(): readonly EngineLog[] {
    return this.process?.engine.logs ?? [];
  }

  stop(): void {
    this.client.close();
    this.process?.stop();
  }

  async version(): Promise<string> {
    const info = await call<{ getVersion(): string }>((done) => this.client.getPluginInfo(new Empty(), done));
    return info.getVersion();
  }

  async checkConfig(news: PropertyMap): Promise<{ property: string; reason: string }[]> {
    const request = new pb.CheckRequest().setUrn("urn:pulumi:contract::contract::pulumi:providers:x::x");
    request.setOlds(toStruct({})).setNews(toStruct(news));
    const response = await call<pb.CheckResponse>((done) => this.client.checkConfig(request, done));
    return response.getFailuresList().map((f) => f.toObject());
  }

  async diffConfig(olds: PropertyMap, news: PropertyMap): Promise<{ changed: boolean; replaces: string[] }> {
    const request = new pb.DiffRequest().setUrn("urn:pulumi:contract::contract::pulumi:providers:x::x");
    request.setOlds(toStruct(olds)).setNews(toStruct(news)).setOldInputs(toStruct(olds));
    const response = await call<pb.DiffResponse>((done) => this.client.diffConfig(request, done));
    return {
      changed: response.getChanges() === pb.DiffResponse.DiffChanges.DIFF_SOME,
      replaces: response.getReplacesList(),
    };
  }

  /** Configures as the engine does: the arguments as a struct, and as text under `PACKAGE:config:KEY`. */
  async configure(pkg: string, args: Record<string, string>): Promise<pb.ConfigureResponse.AsObject> {
    const request = new pb.ConfigureRequest().setArgs(toStruct(args)).setAcceptsecrets(true).setAcceptresources(true);
    for (const [key, value] of Object.entries(args)) request.getVariablesMap().set(`${pkg}:config:${key}`, value);
    request.setSendsOldInputs(true).setSendsOldInputsToDelete(true);
    return (await call<pb.ConfigureResponse>((done) => this.client.configure(request, done))).toObject();
  }

  async check(
    urn: string,
    news: PropertyMap,
    olds: PropertyMap = {},
  ): Promise<{ inputs: PropertyMap; failures: { property: string; reason: string }[] }> {
    const request = new pb.CheckRequest().setUrn(urn).setOlds(toStruct(olds)).setNews(toStruct(news));
    request.setRandomseed(Buffer.from("0123456789abcdef0123456789abcdef"));
    const response = await call<pb.CheckResponse>((done) => this.client.check(request, done));
    return {
      inputs: fromStruct(response.getInputs()),
      failures: response.getFailuresList().map((f) => f.toObject()),
    };
  }

  async diff(
    urn: string,
    id: string,
    olds: PropertyMap,
    oldInputs: PropertyMap,
    news: PropertyMap,
    ignoreChanges: string[] = [],
  ): Promise<Diff> {
    const request = new pb.DiffRequest().setUrn(urn).setId(id).setOlds(toStruct(olds)).setNews(toStruct(news));
    request.setOldInputs(toStruct(oldInputs)).setIgnorechangesList(ignoreChanges);
    const response = await call<pb.DiffResponse>((done) => this.client.diff(request, done));
    const detailed: Record<string, string> = {};
    response.getDetaileddiffMap().forEach((entry, path) => {
      detailed[path] = KINDS[entry.getKind()] ?? "?";
    });
    return {
      changed: response.getChanges() === pb.DiffResponse.DiffChanges.DIFF_SOME,
      replaces: response.getReplacesList(),
      deleteBeforeReplace: response.getDeletebeforereplace(),
      detailed,
    };
  }

  async create(
    urn: string,
    inputs: PropertyMap,
    { preview = false, timeout = 0 } = {},
  ): Promise<{ id: string; state: PropertyMap }> {
    const request = new pb.CreateRequest().setUrn(urn).setProperties(toStruct(inputs));
    request.setPreview(preview).setTimeout(timeout);
    const response = await call<pb.CreateResponse>((done) => this.client.create(request, done));
    return { id: response.getId(), state: fromStruct(response.getProperties()) };
  }

  async read(
    urn: string,
    id: string,
    state: PropertyMap = {},
    inputs: PropertyMap = {},
  ): Promise<{ id: string; state: PropertyMap; inputs: PropertyMap }> {
    const request = new pb.ReadRequest()
      .setUrn(urn)
      .setId(id)
      .setProperties(toStruct(state))
      .setInputs(toStruct(inputs));
    const response = await call<pb.ReadResponse>((done) => this.client.read(request, done));
    return {
      id: response.getId(),
      state: fromStruct(response.getProperties()),
      inputs: fromStruct(response.getInputs()),
    };
  }

  async update(
    urn: string,
    id: string,
    olds: PropertyMap,
    oldInputs: PropertyMap,
    news: PropertyMap,
    { preview = false, timeout = 0, ignoreChanges = [] as string[] } = {},
  ): Promise<PropertyMap> {
    const request = new pb.UpdateRequest().setUrn(urn).setId(id).setOlds(toStruct(olds)).setNews(toStruct(news));
    request
      .setOldInputs(toStruct(oldInputs))
      .setPreview(preview)
      .setTimeout(timeout)
      .setIgnorechangesList(ignoreChanges);
    const response = await call<pb.UpdateResponse>((done) => this.client.update(request, done));
    return fromStruct(response.getProperties());
  }

  async delete(urn: string, id: string, state: PropertyMap, { timeout = 0, oldInputs = {} } = {}): Promise<void> {
    const request = new pb.DeleteRequest().setUrn(urn).setId(id).setProperties(toStruct(state)).setTimeout(timeout);
    request.setOldInputs(toStruct(oldInputs));
    await call<Empty>((done) => this.client.delete(request, done));
  }

  async invoke(token: string, args: PropertyMap): Promise<PropertyMap> {
    const request = new pb.InvokeRequest().setTok(token).setArgs(toStruct(args));
    const response = await call<pb.InvokeResponse>((done) => this.client.invoke(request, done));
    const failures = response.getFailuresList().map((f) => f.getReason());
    if (failures.length > 0) throw new PluginError(failures.join("; "));
    return fromStruct(response.getReturn());
  }

  async cancel(): Promise<void> {
    await call<Empty>((done) => this.client.cancel(new Empty(), done));
  }
}

function clientOf(port: number): ResourceProviderClient {
  return new ResourceProviderClient(`127.0.0.1:${port}`, grpc.credentials.createInsecure(), {
    "grpc.max_receive_message_length": 64 * 1024 * 1024,
  });
}

function call<Response>(
  send: (done: (error: grpc.ServiceError | null, response: Response) => void) => unknown,
): Promise<Response> {
  return new Promise((resolve, reject) => {
    send((error, response) => {
      if (error === null) resolve(response);
      else reject(new PluginError(error.details, initFailed(error)));
    });
  });
}

function initFailed(error: grpc.ServiceError): PluginError["initFailed"] {
  const [packed] = error.metadata.get("grpc-status-details-bin");
  if (!(packed instanceof Buffer)) return undefined;
  for (const any of Status.deserializeBinary(packed).getDetailsList()) {
    if (any.getTypeName() !== "pulumirpc.ErrorResourceInitFailed") continue;
    const detail = pb.ErrorResourceInitFailed.deserializeBinary(any.getValue_asU8());
    return { id: detail.getId(), state: fromStruct(detail.getProperties()), reasons: detail.getReasonsList() };
  }
  return undefined;
}

/** A URN of the given type; the name is what autonaming starts from. */
export function urn(type: string, name = "contract"): string {
  return `urn:pulumi:contract::contract::${type}::${name}`;
}

/** The error that a call must answer; fails when it succeeds. */
export async function failure(promise: Promise<unknown>): Promise<PluginError> {
  try {
    await promise;
  } catch (error) {
    assert.ok(error instanceof PluginError, String(error));
    return error;
  }
  throw new assert.AssertionError({ message: "it succeeded where it has to fail" });
}
