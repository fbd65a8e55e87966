/**
 * What a server of the sandbox may know of the shell that starts it: where programs and folders are, the language and
 * the time zone. A server reads its configuration from its arguments and files; from the shell it would also take what
 * nobody meant for it. etcd reads `ETCD_…`, OpenBao `VAULT_…` and `BAO_…`, and a token or a cloud's keys would lie in
 * `/proc/PID/environ` and in crash reports for as long as the sandbox runs.
 */
const passedOn = [
  "PATH",
  "HOME",
  "USER",
  "LOGNAME",
  "TMPDIR",
  "TMP",
  "TEMP",
  "TZ",
  "LANG",
  "LANGUAGE",
  // Where the loader and Go's certificate pool look on machines that keep them elsewhere (NixOS, a user's own prefix).
  "LD_LIBRARY_PATH",
  "SSL_CERT_FILE",
  "SSL_CERT_DIR",
];

const isPassedOn = (name: string): boolean => passedOn.includes(name) || name.startsWith("LC_");

/** The variables of `env` that a server gets; everything else stays behind, whatever it is called. */
export function cleanEnvironment(env: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => isPassedOn(name)));
}
