import * as fs from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";

import { ensureTools, type EnsureOptions, type ToolName, type Tools } from "../toolchain/ensure";

/** A machine that has nothing but what a test puts on its PATH, and an empty cache. */
export interface FakeMachine {
  root: string;
  bin: string;
  cache: string;
  env: NodeJS.ProcessEnv;
  /** What `progress` was told, as `tool: text`. */
  said: string[];
  /** Writes an executable shell script; without `folder` it goes on PATH. */
  script(name: string, lines: string[], folder?: string): Promise<string>;
  ensure(names: ToolName[], options?: EnsureOptions): Promise<Tools>;
  /** One line a call of the fake `go build`. */
  builds(): Promise<string[]>;
  /** Names in a folder of the cache, empty where it does not exist. */
  cached(folder: string): Promise<string[]>;
  remove(): Promise<void>;
}

export async function fakeMachine(): Promise<FakeMachine> {
  const root = await fs.mkdtemp(path.join(os.tmpdir(), "toolchain-test-"));
  const bin = path.join(root, "bin");
  const cache = path.join(root, "cache");
  await fs.mkdir(bin);
  // No folder of the real machine is on PATH: scripts name the few programs that they use by full path.
  // Nothing is downloaded unless a test names a server of its own.
  const env = {
    PATH: bin,
    ALLOY_CACHE: cache,
    ALLOY_DOWNLOADS: "off",
    HOME: root,
    FAKE_LOG: path.join(root, "builds"),
  };
  const said: string[] = [];
  const lines = async (file: string): Promise<string[]> =>
    (await fs.readFile(file, "utf8").catch(() => "")).split("\n").filter(Boolean); // absent until the first build
  return {
    root,
    bin,
    cache,
    env,
    said,
    async script(name, body, folder = bin) {
      const file = path.join(folder, name);
      await fs.mkdir(folder, { recursive: true });
      await fs.writeFile(file, ["#!/bin/sh", ...body, ""].join("\n"), { mode: 0o755 });
      return file;
    },
    ensure: (names, options) =>
      ensureTools(names, (tool, text) => said.push(`${tool}: ${text}`), {
        env,
        freeBytes: () => Promise.resolve(1e12),
        ...options,
      }),
    builds: () => lines(env.FAKE_LOG),
    cached: (folder) => fs.readdir(path.join(cache, folder)).catch(() => []),
    remove: () => fs.rm(root, { recursive: true, force: true }),
  };
}

/**
 * A Go whose builds take `seconds` and give programs that tell their pinned version, or `says`. It writes its arguments and its module cache
 * to the log of builds, and its process id to `<root>/go.pid`.
 */
export function fakeGo(options: { version?: string; says?: string; seconds?: number } = {}): string[] {
  const { version = "1.26.8", says = "", seconds = 0 } = options;
  return [
    `if [ "$1" = version ]; then echo "go version go${version} linux/amd64"; exit 0; fi`,
    // Fetches the modules of a recipe before they are built.
    'if [ "$1" = list ]; then exit 0; fi',
    'echo "$$" > "$HOME/go.pid"',
    'echo "$@ GOFLAGS=$GOFLAGS GOTOOLCHAIN=$GOTOOLCHAIN CGO_ENABLED=$CGO_ENABLED" >> "$FAKE_LOG"',
    '/bin/mkdir -p "$GOMODCACHE/example.org"',
    `/bin/sleep ${seconds} > /dev/null 2>&1`, // as in Go itself, what it starts does not hold its output open,
    'for word in "$@"; do case "$word" in -o=*) out="${word#-o=}";; esac; done',
    'for word in "$@"; do case "$word" in',
    "  -*) ;;",
    '  *.*/*) name="${word%/v[0-9]}"; file="$out${name##*/}"',
    '    case "$file" in */server) told=3.7.3;; */kube-*) told=1.37.2;; */actionlint) told=1.7.12;; *) told=0.8.0;; esac',
    `    echo "#!/bin/sh" > "$file"; echo "echo version ${says || "$told"}" >> "$file"; /bin/chmod 755 "$file";;`,
    "esac; done",
  ];
}
