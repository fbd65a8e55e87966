import * as fs from "node:fs";
import * as path from "node:path";

import { cacheRoot } from "../../kit/folders";
import { findExecutable, isExecutable } from "../../plugins/plugins-on-path";

/** An Alloy on this machine. */
export interface LocalAlloy {
  file: string;
  /** `1.18.1` */
  version: string;
  /**
   * It was built for the sandbox, with the components of this program's own pipeline. That it does not know another one
   * says nothing of the image.
   */
  partial: boolean;
}

/**
 * An Alloy that can judge a pipeline: from PATH, else the one that a sandbox has left in its cache (`ALLOY_CACHE`), the
 * image's own version first. What does not say that it is Grafana Alloy is passed over: other programs have that name.
 *
 * @param wanted the image's version, such as `1.18.1`; undefined if it names none
 */
export async function findAlloy(
  wanted: string | undefined,
  env: NodeJS.ProcessEnv = process.env,
): Promise<LocalAlloy | undefined> {
  const onPath = findExecutable("alloy", env);
  const files = [...(onPath === undefined ? [] : [onPath]), ...cached(env)];
  const asked = await Promise.all(files.map((file) => ask(file, env)));
  const found = asked.filter((alloy) => alloy !== undefined);
  return found.find(({ version }) => version === wanted) ?? found[0];
}

const builtFolder = (env: NodeJS.ProcessEnv): string => path.join(cacheRoot(env), "tools");

/** Executables of finished tools, the downloaded ones first. */
function cached(env: NodeJS.ProcessEnv): string[] {
  const folders = [path.join(cacheRoot(env), "released"), builtFolder(env)];
  return folders.flatMap((folder) =>
    namesIn(folder)
      .filter((name) => /^alloy-\d/.test(name))
      .flatMap((name) =>
        namesIn(path.join(folder, name))
          .filter((file) => /^alloy(-[a-z]+-[a-z0-9]+)?$/.test(file))
          .map((file) => path.join(folder, name, file)),
      )
      .filter(isExecutable),
  );
}

function namesIn(folder: string): string[] {
  try {
    return fs.readdirSync(folder);
  } catch {
    return []; // whatever the reason, there is no Alloy to be had from it
  }
}

async function ask(file: string, env: NodeJS.ProcessEnv): Promise<LocalAlloy | undefined> {
  const { execa } = await import("execa"); // a static import of it fails under tsx
  const { stdout = "" } = await execa(file, ["--version"], {
    ...{ env: { PATH: env["PATH"] ?? "" }, extendEnv: false },
    ...{ reject: false, stdin: "ignore", timeout: 10_000 },
  });
  const version = /^alloy, version v?(\d+\.\d+\.\d+)/.exec(stdout)?.[1];
  return version === undefined
    ? undefined
    : { file, version, partial: file.startsWith(`${builtFolder(env)}${path.sep}`) };
}
