/** A pipeline with the addresses of a played API server and a played Loki. */
export function wired(text: string, apiServer: string, lokiUrl: string): string {
  return text
    .replace('discovery.kubernetes "pods" {\n', (block) => `${block}\tapi_server = "${apiServer}"\n`)
    .replace(
      'loki.source.kubernetes "pods" {\n',
      (block) => `${block}\tclient {\n\t\tapi_server = "${apiServer}"\n\t}\n`,
    )
    .replace("http://loki.bench.svc:3100/loki/api/v1/push", lokiUrl);
}
