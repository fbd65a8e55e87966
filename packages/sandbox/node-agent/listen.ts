/** How the one listener of a collector was moved: three pods share 127.0.0.1. */
export interface Listener {
  args: string[];
  /** Port in the pod's own args; what probes and container ports name. */
  podPort: number;
  /** Port on 127.0.0.1 of this machine. */
  localPort: number;
  /** The args listen on loopback only: in a real pod nothing outside the container would reach it, probes neither. */
  loopbackOnly: boolean;
}

const flag = "--server.http.listen-addr";

/** The port that the args listen on, undefined where they do not say. Takes `--flag=value` and `--flag value`. */
export function listenPort(args: readonly string[]): number | undefined {
  const address = listenAddress(args);
  const port = Number(address?.slice(address.lastIndexOf(":") + 1));
  return address === undefined || !Number.isInteger(port) || port <= 0 ? undefined : port;
}

/** The same args, listening on 127.0.0.1:`localPort`; undefined where they have no listener to move. */
export function moveListener(args: readonly string[], localPort: number): Listener | undefined {
  const podPort = listenPort(args);
  if (podPort === undefined) return undefined;
  const host = (listenAddress(args) ?? "").replace(/:\d+$/, "").replace(/^\[|\]$/g, "");
  const moved = `127.0.0.1:${localPort}`;
  return {
    args: args.map((arg, index) => {
      if (arg.startsWith(`${flag}=`)) return `${flag}=${moved}`;
      return args[index - 1] === flag ? moved : arg;
    }),
    podPort,
    localPort,
    loopbackOnly: host === "localhost" || host === "::1" || host.startsWith("127."),
  };
}

function listenAddress(args: readonly string[]): string | undefined {
  const joined = args.find((arg) => arg.startsWith(`${flag}=`));
  if (joined !== undefined) return joined.slice(flag.length + 1);
  const index = args.indexOf(flag);
  return index === -1 ? undefined : args[index + 1];
}
