import * as grpc from "@grpc/grpc-js";
import * as pb from "@pulumi/pulumi/proto/provider_pb";
import { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import type { PluginAttach } from "@pulumi/pulumi/proto/plugin_pb";
import { ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import type { Host } from "./host";
import { engineHost, silentHost } from "./host";
import { checkResponse, diffRequest, diffResponse } from "./messages";
import type { Provider, ProviderFactory } from "./provider";
import { nameOf, typeOf } from "./provider";
import { messageOf, unary } from "./unary";
import { fromStruct, toStruct } from "./values";

/** The engine sends and receives whole states in one message; its own limit is 400 MiB. */
const MAX_MESSAGE = 400 * 1024 * 1024;

/**
 * Serves a provider over gRPC on a free loopback port.
 *
 * `@pulumi/pulumi/provider` is not used: it drops the arguments of `configure`, knows neither preview nor timeouts,
 * and answers errors with stacks.
 */
export async function serve(
  factory: ProviderFactory,
  engineAddress: string | undefined,
): Promise<{ port: number; stop: () => Promise<void> }> {
  let host: Host = engineAddress === undefined ? silentHost : engineHost(engineAddress);
  // The provider keeps its host for life, while Attach may bring another engine.
  const provider = factory({
    log: (severity, urn, message) => host.log(severity, urn, message),
    status: (urn, message) => host.status(urn, message),
  });
  const server = new grpc.Server({
    "grpc.max_receive_message_length": MAX_MESSAGE,
    "grpc.max_send_message_length": MAX_MESSAGE,
  });
  server.addService(ResourceProviderService, {
    ...unimplemented(),
    ...methods(provider),
    attach: unary((request: PluginAttach) => {
      host = engineHost(request.getAddress());
      return new Empty();
    }),
  });
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  const stop = (): Promise<void> =>
    new Promise((resolve) => {
      provider.cancel();
      server.forceShutdown();
      resolve();
    });
  return { port, stop };
}

/** Runs a plugin as the engine starts it: its address is the first argument, the port is the first line printed. */
export function main(factory: ProviderFactory): void {
  const address = process.argv[2];
  serve(factory, address).then(
    ({ port, stop }) => {
      process.stdout.write(`${port}\n`);
      for (const signal of ["SIGINT", "SIGTERM"] as const) {
        process.once(signal, () => void stop().finally(() => process.exit(0)));
      }
      exitWithParent();
    },
    (error: unknown) => {
      process.stderr.write(`the plugin cannot listen on 127.0.0.1: ${messageOf(error)}\n`);
      process.exit(1);
    },
  );
}

/** An engine that was killed cannot stop its plugins: leave when the process that started this one is gone. */
function exitWithParent(): void {
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) process.exit(0);
  }, 2000).unref();
}

function unimplemented(): grpc.UntypedServiceImplementation {
  return Object.fromEntries(
    Object.entries(ResourceProviderService).map(([name, definition]) => {
      const details = `${name} is not supported by the stand-in plugin`;
      const refusal = { code: grpc.status.UNIMPLEMENTED, details };
      const method: grpc.UntypedHandleCall = definition.responseStream
        ? (call: grpc.ServerWritableStream<unknown, unknown>) => void call.emit("error", refusal)
        : (_call: grpc.ServerUnaryCall<unknown, unknown>, done: grpc.sendUnaryData<unknown>) => done(refusal);
      return [name, method];
    }),
  );
}

function methods(provider: Provider): grpc.UntypedServiceImplementation {
  const supported = (token: string): string => {
    if (!provider.supports(token)) throw new Error(`${token} is not supported by the stand-in plugin`);
    return token;
  };
  return {
    getPluginInfo: unary(() => new PluginInfo().setVersion(provider.version)),
    checkConfig: unary((q: pb.CheckRequest) =>
      checkResponse(q.getNews(), provider.checkConfig(fromStruct(q.getNews()))),
    ),
    diffConfig: unary((q: pb.DiffRequest) =>
      diffResponse(provider.diffConfig(fromStruct(q.getOlds()), fromStruct(q.getNews()))),
    ),
    configure: unary(
      async (q: pb.ConfigureRequest) => {
        await provider.configure(fromStruct(q.getArgs()));
        return new pb.ConfigureResponse()
          .setAcceptsecrets(true)
          .setSupportspreview(true)
          .setSupportsAutonamingConfiguration(true);
      },
      (q) => [fromStruct(q.getArgs())],
    ),
    check: unary(
      async (q: pb.CheckRequest) => {
        const type = supported(typeOf(q.getUrn()));
        const autonaming = q.getAutonaming();
        const modes = ["propose", "enforce", "disable"] as const;
        const { inputs, failures } = await provider.check({
          urn: q.getUrn(),
          type,
          name: nameOf(q.getUrn()),
          olds: fromStruct(q.getOlds()),
          news: fromStruct(q.getNews()),
          randomSeed: Buffer.from(q.getRandomseed() as Uint8Array),
          autonaming: autonaming && {
            mode: modes[autonaming.getMode()] ?? "propose",
            proposedName: autonaming.getProposedName(),
          },
        });
        return checkResponse(toStruct(inputs), failures);
      },
      (q) => [fromStruct(q.getNews())],
    ),
    diff: unary(
      async (q: pb.DiffRequest) =>
        diffResponse(await provider.diff({ ...diffRequest(q), type: supported(typeOf(q.getUrn())) })),
      (q) => [fromStruct(q.getOlds()), fromStruct(q.getNews())],
    ),
    create: unary(
      async (q: pb.CreateRequest) => {
        const { id, state } = await provider.create({
          urn: q.getUrn(),
          type: supported(typeOf(q.getUrn())),
          inputs: fromStruct(q.getProperties()),
          timeout: q.getTimeout(),
          preview: q.getPreview(),
        });
        return new pb.CreateResponse().setId(id).setProperties(toStruct(state));
      },
      (q) => [fromStruct(q.getProperties())],
    ),
    read: unary(
      async (q: pb.ReadRequest) => {
        const { id, state, inputs } = await provider.read({
          urn: q.getUrn(),
          type: supported(typeOf(q.getUrn())),
          id: q.getId(),
          state: fromStruct(q.getProperties()),
          inputs: fromStruct(q.getInputs()),
        });
        const response = new pb.ReadResponse().setId(id);
        return id === "" ? response : response.setProperties(toStruct(state)).setInputs(toStruct(inputs));
      },
      (q) => [fromStruct(q.getProperties()), fromStruct(q.getInputs())],
    ),
    update: unary(
      async (q: pb.UpdateRequest) => {
        const state = await provider.update({
          ...diffRequest(q),
          type: supported(typeOf(q.getUrn())),
          timeout: q.getTimeout(),
          preview: q.getPreview(),
        });
        return new pb.UpdateResponse().setProperties(toStruct(state));
      },
      (q) => [fromStruct(q.getOlds()), fromStruct(q.getNews())],
    ),
    delete: unary(
      async (q: pb.DeleteRequest) => {
        await provider.delete({
          urn: q.getUrn(),
          type: supported(typeOf(q.getUrn())),
          id: q.getId(),
          state: fromStruct(q.getProperties()),
          timeout: q.getTimeout(),
        });
        return new Empty();
      },
      (q) => [fromStruct(q.getProperties())],
    ),
    invoke: unary(
      async (q: pb.InvokeRequest) => {
        const result = await provider.invoke(supported(q.getTok()), fromStruct(q.getArgs()));
        return new pb.InvokeResponse().setReturn(toStruct(result));
      },
      (q) => [fromStruct(q.getArgs())],
    ),
    cancel: unary(() => {
      provider.cancel();
      return new Empty();
    }),
  };
}
